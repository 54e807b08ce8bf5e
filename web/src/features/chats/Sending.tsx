/** Hands over what was written, whichever page is open, and says how far it is. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useMemo, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { api, ask } from "~/api/client";
import { Problem } from "~/api/problem";
import { meQuery } from "~/api/queries";
import type { Chat } from "~/api/types";
import { upload } from "~/api/upload";
import { useLive } from "~/live/Live";
import { putMessage } from "~/live/patch";
import { notifyUndo } from "~/ui/notify";
import { type HandOver, Outbox } from "./outbox";
import { bodyOf, type Draft, type Pending } from "./pending";

const OutboxContext = createContext<Outbox | undefined>(undefined);

const progressKey = (key: string) => ["upload", key] as const;

export function Sending({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const user = useQuery(meQuery).data?.user?.id ?? "";
  const live = useLive();

  const outbox = useMemo(() => {
    const store = async (key: string, file: File, signal: AbortSignal) => {
      const begun = Date.now();
      const onProgress = (part: number) =>
        client.setQueryData<Progress>(progressKey(key), { part, ms: Date.now() - begun });
      onProgress(0);
      try {
        return (await upload(file, { onProgress, signal })).id;
      } finally {
        client.setQueryData(progressKey(key), null);
      }
    };
    const handOver: HandOver = async ({ key, chat, draft, media }, { signal, uploaded }) => {
      try {
        let stored = media;
        if (draft.file && stored === undefined) {
          stored = await store(key, draft.file, signal);
          uploaded(stored);
        }
        const headers = { "Idempotency-Key": key };
        putMessage(client, await ask(api.POST("/v1/messages", { body: bodyOf(chat, draft, stored), headers })));
      } catch (error) {
        // If the log-in has ended, this finds it out.
        if (Problem.from(error).status === 401) void client.invalidateQueries({ queryKey: meQuery.queryKey });
        throw error;
      }
    };
    return new Outbox(user, handOver);
  }, [client, user]);

  useEffect(() => outbox.start(), [outbox]);
  useEffect(() => {
    if (live === "live") outbox.wake();
  }, [live, outbox]);

  return <OutboxContext value={outbox}>{children}</OutboxContext>;
}

/** What the person who is logged in wrote and the server does not have yet. */
export function useOutbox(): Outbox {
  const outbox = useContext(OutboxContext);
  if (!outbox) throw new Error("nobody is logged in");
  return outbox;
}

/** Messages of this chat that the server has not taken yet, oldest first. */
export function usePending(chatId: string): readonly Pending[] {
  const outbox = useOutbox();
  return useSyncExternalStore(outbox.subscribe, () => outbox.of(chatId));
}

/** How many messages have not left, in all chats. */
export function usePendingCount(): number {
  const outbox = useOutbox();
  return useSyncExternalStore(outbox.subscribe, outbox.count);
}

export function useSend(chat: Pick<Chat, "id" | "account_id" | "address">) {
  const { t } = useTranslation();
  const outbox = useOutbox();
  return {
    /** Several leave in their order. */
    send: (drafts: readonly Draft[], after: string) => outbox.add(chat, drafts, after),
    retry: (pending: Pending) => outbox.retry(pending.key),
    discard: (pending: Pending) => {
      outbox.discard(pending.key);
      notifyUndo(t("composer.willNotLeave"), () => outbox.restore(pending), "if_lost");
    },
  };
}

/** How far an upload is. */
interface Progress {
  /** How much of the file is on the server, from 0 to 1. */
  readonly part: number;
  /** How long that took. */
  readonly ms: number;
}

/** How far the upload of a message's file is; undefined while it waits for its turn. */
export function useProgress(key: string): Progress | undefined {
  return (
    useQuery<Progress | null>({
      queryKey: progressKey(key),
      queryFn: () => null,
      enabled: false,
      initialData: null,
    }).data ?? undefined
  );
}
