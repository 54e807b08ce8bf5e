import { Stack, Title } from "@mantine/core";
import type { Chat } from "~/api/types";
import { Actions } from "./Actions";
import { Notes } from "./Notes";
import { Reminders } from "./Reminders";

/** What colleagues know about a group. */
export function GroupDetails({ chat }: { chat: Chat }) {
  const about = { chatId: chat.id };
  return (
    <Stack gap="md">
      <Title order={3} size="h4" dir="auto">
        {chat.name}
      </Title>
      <Actions about={about} chat={chat} />
      <Reminders about={about} />
      <Notes about={about} chat={chat} />
    </Stack>
  );
}
