/** Keeps the query cache in step with the server while somebody is logged in. */
import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useEffectEvent, useState } from "react";
import { keys, meQuery } from "~/api/queries";
import type { LoggedEvent } from "~/api/types";
import { followCounters } from "./counters";
import { follow } from "./follow";
import { putPresence } from "./presence";
import { readSettings } from "./settings";
import { type LiveState, openStream } from "./stream";

type Listener = (event: LoggedEvent) => void;

const LiveContext = createContext<LiveState>("connecting");
const ListenersContext = createContext(new Set<Listener>());

export function Live({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [state, setState] = useState<LiveState>("connecting");
  const [listeners] = useState(() => new Set<Listener>());

  useEffect(() => {
    let begun = false;
    const follower = follow(client);
    const counters = followCounters(client);
    const close = openStream({
      onEvent: (event) => {
        follower.apply(event);
        counters.apply(event);
        for (const listener of listeners) listener(event);
      },
      onQr: (accountId) => void client.invalidateQueries({ queryKey: keys.qr(accountId) }),
      onPresence: (presence) => putPresence(client, presence),
      onSettings: (what) => readSettings(client, what),
      onResync: () => void client.invalidateQueries(),
      // A stream does not tell why it was refused. If the log-in has ended, this finds it out.
      onRefused: () => void client.invalidateQueries({ queryKey: meQuery.queryKey }),
      onState: (next) => {
        setState(next);
        if (next !== "live") return;
        // What was read before the stream began may have changed in between. After a gap the log is replayed, but not
        // all that is shown is in the log, and a log-in can have new rights.
        void client.invalidateQueries(
          begun ? {} : { predicate: (query) => query.queryKey[0] !== "me" && query.queryKey[0] !== "qr" },
        );
        begun = true;
      },
    });
    return () => {
      close();
      follower.stop();
      counters.stop();
    };
  }, [client, listeners]);

  return (
    <LiveContext value={state}>
      <ListenersContext value={listeners}>{children}</ListenersContext>
    </LiveContext>
  );
}

/** Hears every event as it comes, after the cache knows it. Some come again after a gap. */
export function useLiveEvents(listener: Listener): void {
  const listeners = useContext(ListenersContext);
  const latest = useEffectEvent(listener);
  useEffect(() => {
    const hear: Listener = (event) => latest(event);
    listeners.add(hear);
    return () => {
      listeners.delete(hear);
    };
  }, [listeners]);
}

/** Whether live events arrive right now. */
export function useLive(): LiveState {
  return useContext(LiveContext);
}

/** How often an open page is read again while no live events arrive: a proxy may not let them through. */
const POLL_MS = 5_000;

/** The interval for what live events would keep fresh; false while they arrive. */
export function usePolling(): number | false {
  return useLive() === "lost" ? POLL_MS : false;
}
