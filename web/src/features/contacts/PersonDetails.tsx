import { Skeleton, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { Chat } from "~/api/types";
import { ProblemAlert } from "~/ui/ProblemAlert";
import { Actions } from "./Actions";
import { DonorCard } from "./DonorCard";
import { Fields } from "./Fields";
import { Identity } from "./Identity";
import { Notes } from "./Notes";
import { contactQuery } from "./queries";
import { Reminders } from "./Reminders";
import { Timeline } from "./Timeline";

/** Everything about a person, in the order in which it is used. */
export function PersonDetails({ chat, contactId }: { chat: Chat; contactId: string }) {
  const contact = useQuery(contactQuery(contactId));
  if (contact.error && !contact.data) {
    return <ProblemAlert error={contact.error} retry={() => void contact.refetch()} />;
  }
  if (!contact.data) {
    return (
      <Stack>
        <Skeleton h={24} w="70%" />
        <Skeleton h={16} w="50%" />
        <Skeleton h={140} />
      </Stack>
    );
  }
  const about = { contactId };
  return (
    <Stack gap="md">
      <Identity contact={contact.data} />
      <DonorCard contactId={contactId} />
      <Actions about={about} chat={chat} contact={contact.data} />
      <Reminders about={about} />
      <Notes about={about} chat={chat} />
      <Timeline contactId={contactId} />
      <Fields contact={contact.data} />
    </Stack>
  );
}
