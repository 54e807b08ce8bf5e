import { Skeleton, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { Chat, Note } from "~/api/types";
import { ProblemAlert } from "~/ui/ProblemAlert";
import { useHeld } from "~/ui/undo";
import { NoteCard } from "./NoteCard";
import { type About, notesQuery } from "./queries";
import { Nothing, Section } from "./Section";

/** Pinned ones first, then the newest. */
function inOrder(notes: Note[]): Note[] {
  return notes.toSorted((a, b) => Number(b.is_pinned) - Number(a.is_pinned));
}

export function Notes({ about, chat }: { about: About; chat: Chat }) {
  const { t } = useTranslation();
  const notes = useQuery(notesQuery(about, chat.id));
  const held = useHeld();
  const shown = notes.data?.filter(({ id }) => !held.has(id));
  return (
    <Section title={t("note.title")}>
      {notes.error && !notes.data && <ProblemAlert error={notes.error} retry={() => void notes.refetch()} />}
      {notes.isPending && <Skeleton h={60} />}
      {shown?.length === 0 && <Nothing text={t("note.empty")} />}
      <Stack gap="xs">
        {shown && inOrder(shown).map((note) => <NoteCard key={note.id} note={note} about={about} chatId={chat.id} />)}
      </Stack>
    </Section>
  );
}
