import { Avatar } from "@mantine/core";
import type { Chat } from "~/api/types";
import { IconUsers } from "~/ui/icons";
import { lettersOf } from "~/ui/names";

/** Initials on a colour that stays the same for a chat. */
export function ChatAvatar({ chat, size }: { chat: Chat; size: number }) {
  if (chat.is_group) {
    return (
      <Avatar size={size} radius="xl" color="indigo" aria-hidden>
        <IconUsers size={size / 2} />
      </Avatar>
    );
  }
  const isNumber = /^[+\d]/.test(chat.name);
  return (
    <Avatar
      size={size}
      radius="xl"
      name={isNumber ? undefined : lettersOf(chat.name)}
      color={isNumber ? "gray" : "initials"}
      allowedInitialsColors={["blue", "indigo", "violet", "grape", "pink", "red", "teal"]}
      aria-hidden
    />
  );
}
