/**
 * Events and answers cross on their way: an answer that left the server before an event may arrive after it. So events
 * that come while something is being read are applied once more to what was read.
 */
import type { QueryClient } from "@tanstack/react-query";
import type { LoggedEvent } from "~/api/types";
import { applyEvent } from "./patch";

export interface Follower {
  /** Applies an event to the cache, and to every answer that is on its way. */
  apply(event: LoggedEvent): void;
  stop(): void;
}

export function follow(client: QueryClient): Follower {
  /** What came while at least one query was being read. */
  let recent: LoggedEvent[] = [];
  /** For each query that is being read, how many of `recent` had come when it began. */
  const begun = new Map<string, number>();

  const ended = (query: string): LoggedEvent[] => {
    const from = begun.get(query);
    begun.delete(query);
    const missed = from === undefined ? [] : recent.slice(from);
    if (begun.size === 0) recent = [];
    return missed;
  };

  const stop = client.getQueryCache().subscribe((change) => {
    const query = change.query.queryHash;
    if (change.type === "removed") ended(query);
    if (change.type !== "updated") return;
    const { action } = change;
    if (action.type === "fetch") begun.set(query, recent.length);
    else if (action.type === "error") ended(query);
    else if (action.type === "success" && !action.manual) {
      for (const event of ended(query)) applyEvent(client, event, "again");
    }
  });

  return {
    apply: (event) => {
      if (begun.size > 0) recent.push(event);
      applyEvent(client, event, "first");
    },
    stop,
  };
}
