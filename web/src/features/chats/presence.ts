/** Who of the colleagues looks at a chat or writes in it, and telling them what we do. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { api } from "~/api/client";
import { keys } from "~/api/queries";
import type { PresenceState } from "~/api/types";
import type { Present } from "~/live/presence";

/** It is told again before colleagues take us for gone. */
const AGAIN_MS = 12_000;
/** Whoever has not pressed a key for so long does not write. */
const PAUSE_MS = 5_000;

/** The colleagues in a chat right now. */
export function usePresent(chatId: string): Present[] {
  const known = useQuery<Present[]>({
    queryKey: keys.presence(chatId),
    queryFn: () => [],
    enabled: false,
    initialData: [],
  }).data;
  const [now, setNow] = useState(() => Date.now());
  const ends = known.map((present) => present.until).filter((until) => until > now);
  const next = ends.length > 0 ? Math.min(...ends) : undefined;
  useEffect(() => {
    if (next === undefined) return;
    const timer = setTimeout(() => setNow(Date.now()), Math.max(0, next - Date.now()) + 1);
    return () => clearTimeout(timer);
  }, [next]);
  return known.filter((present) => present.until > now);
}

/** Tells colleagues that we look at this chat for as long as it is in front of us, and that we write when we do. */
export function useTellPresence(chatId: string): { onTyping(): void } {
  const client = useQueryClient();
  const teller = useRef<ReturnType<typeof tell>>(undefined);
  useEffect(() => {
    const current = tell(chatId);
    teller.current = current;
    // Somebody who comes in shall not have to wait for our next word.
    const stop = client.getQueryCache().subscribe((change) => {
      const [name, id] = change.query.queryKey;
      if (change.type === "updated" && name === "presence" && id === chatId) current.meet(change.query.state.data);
    });
    return () => {
      stop();
      current.stop();
    };
  }, [chatId, client]);
  return { onTyping: () => teller.current?.type() };
}

function tell(chatId: string) {
  let state: PresenceState = "gone";
  let met = new Set<string>();
  let pause: ReturnType<typeof setTimeout> | undefined;

  const say = (next: PresenceState) => {
    state = next;
    // A courtesy: whether it arrives matters to nobody here.
    api
      .POST("/v1/chats/{id}/presence", { params: { path: { id: chatId } }, body: { state: next } })
      .catch(() => undefined);
  };
  const follow = () => {
    clearTimeout(pause);
    if (document.visibilityState === "visible") say("viewing");
    else if (state !== "gone") say("gone");
  };
  const again = setInterval(() => {
    if (state !== "gone") say(state);
  }, AGAIN_MS);
  document.addEventListener("visibilitychange", follow);
  follow();

  return {
    type: () => {
      clearTimeout(pause);
      pause = setTimeout(() => say("viewing"), PAUSE_MS);
      if (state !== "typing") say("typing");
    },
    meet: (present: unknown) => {
      const ids = new Set(((present as Present[] | undefined) ?? []).map((each) => each.id));
      const isNew = [...ids].some((id) => !met.has(id));
      met = ids;
      if (isNew && state !== "gone") say(state);
    },
    stop: () => {
      clearTimeout(pause);
      clearInterval(again);
      document.removeEventListener("visibilitychange", follow);
      if (state !== "gone") say("gone");
    },
  };
}
