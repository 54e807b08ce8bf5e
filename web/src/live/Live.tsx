/** Keeps the query cache in step with the server while somebody is logged in. */
import { useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useState } from "react";
import { keys } from "~/api/queries";
import { follow } from "./follow";
import { type LiveState, openStream } from "./stream";

const LiveContext = createContext<LiveState>("connecting");

export function Live({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [state, setState] = useState<LiveState>("connecting");

  useEffect(() => {
    let begun = false;
    const follower = follow(client);
    const close = openStream({
      onEvent: follower.apply,
      onQr: (accountId) => void client.invalidateQueries({ queryKey: keys.qr(accountId) }),
      onResync: () => void client.invalidateQueries(),
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
    };
  }, [client]);

  return <LiveContext value={state}>{children}</LiveContext>;
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
