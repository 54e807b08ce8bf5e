/** What colleagues do in a chat, as the live stream says. It is kept nowhere else and holds for half a minute. */
import type { QueryClient } from "@tanstack/react-query";
import { keys } from "~/api/queries";
import type { ChatPresence } from "~/api/types";

/** Whoever is not heard of for so long is gone. */
export const PRESENT_MS = 30_000;

export interface Present {
  readonly id: string;
  readonly name: string;
  readonly isTyping: boolean;
  readonly until: number;
}

export function putPresence(client: QueryClient, presence: ChatPresence, now: number = Date.now()): void {
  client.setQueryData<Present[]>(keys.presence(presence.chat_id), (known) => {
    const others = (known ?? []).filter((other) => other.id !== presence.user_id && other.until > now);
    if (presence.state === "gone") return others;
    const { user_id: id, name, state } = presence;
    return [...others, { id, name, isTyping: state === "typing", until: now + PRESENT_MS }];
  });
}
