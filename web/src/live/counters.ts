/** The counters of chats are read again when something happened that may change them, but not for each of many events. */
import type { QueryClient } from "@tanstack/react-query";
import { keys } from "~/api/queries";
import type { LoggedEvent } from "~/api/types";

/** They are read at most this often. */
const PAUSE_MS = 1_000;

const CHANGING: Partial<Record<LoggedEvent["type"], true>> = {
  "message.received": true,
  // May have made a chat.
  "message.queued": true,
  "message.sent": true,
  "chat.updated": true,
  "contact.merged": true,
  "contact.erased": true,
  "account.deleted": true,
};

export interface CounterFollower {
  apply(event: LoggedEvent): void;
  stop(): void;
}

export function followCounters(client: QueryClient): CounterFollower {
  let pause: ReturnType<typeof setTimeout> | undefined;
  let missed = false;

  const read = () => {
    missed = false;
    void client.invalidateQueries({ queryKey: keys.counters });
    pause = setTimeout(() => {
      pause = undefined;
      if (missed) read();
    }, PAUSE_MS);
  };

  return {
    apply: (event) => {
      if (!CHANGING[event.type]) return;
      if (pause === undefined) read();
      else missed = true;
    },
    stop: () => clearTimeout(pause),
  };
}
