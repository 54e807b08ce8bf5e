/** The notes that are shown in a thread. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Chat, Note } from "~/api/types";
import { useHeld } from "~/ui/undo";
import { type About, notesQuery } from "./queries";

/** What notes in a chat are about: the person, or the group. */
export function aboutOfChat(chat: Chat): About {
  return chat.contact_id ? { contactId: chat.contact_id } : { chatId: chat.id };
}

/** The notes of a chat, oldest first. */
export function useThreadNotes(chat: Chat): Note[] {
  const notes = useQuery(notesQuery(aboutOfChat(chat), chat.id)).data;
  const held = useHeld();
  return useMemo(() => notes?.filter(({ id }) => !held.has(id)).toReversed() ?? [], [notes, held]);
}
