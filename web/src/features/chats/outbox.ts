/**
 * Messages on their way to the server. They are shown at once, leave one after the other per chat, and carry an
 * idempotency key, so that a retry after a lost answer never sends twice.
 */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, ask } from "~/api/client";
import { newKey } from "~/api/idempotency";
import { Problem } from "~/api/problem";
import type { Chat, Media, Message, SendBody } from "~/api/types";
import { upload } from "~/api/upload";
import { isPassing } from "~/app/queryClient";
import { mediaOf, putMessage } from "~/live/patch";
import { kindOf } from "./files";

export interface Draft {
  readonly text: string;
  readonly file?: File | undefined;
  /** The file is a voice note that was recorded here. */
  readonly isVoice?: boolean | undefined;
  readonly replyTo?: Message | undefined;
  /** Not before this moment. */
  readonly sendAt?: string | undefined;
}

export interface Pending {
  /** The idempotency key. */
  readonly key: string;
  readonly draft: Draft;
  readonly at: string;
  /** The newest message that was known when this one was written. */
  readonly after: string;
  /** The uploaded file, so that a retry does not upload it again. */
  readonly media?: Media["media_id"] | undefined;
  /** Why it could not be handed over. */
  readonly problem?: Problem | undefined;
}

const TRIES = 4;

/** What was cancelled before the server had it. */
const cancelled = () => new DOMException("cancelled", "AbortError");

/** The uploads that run, by the key of their message. */
const uploads = new Map<string, AbortController>();

const progressKey = (key: string) => ["upload", key] as const;

/** How much of a message's file is on the server, from 0 to 1; undefined while it waits for its turn. */
export function useProgress(key: string): number | undefined {
  return (
    useQuery<number | null>({
      queryKey: progressKey(key),
      queryFn: () => null,
      enabled: false,
      initialData: null,
    }).data ?? undefined
  );
}

const outboxKey = (chatId: string) => ["outbox", chatId] as const;

/** Messages of this chat that the server has not taken yet, oldest first. */
export function useOutbox(chatId: string): Pending[] {
  return useQuery<Pending[]>({
    queryKey: outboxKey(chatId),
    queryFn: () => [],
    initialData: [],
    // What is known only here is never read again: that would forget it.
    enabled: false,
    gcTime: Number.POSITIVE_INFINITY,
    structuralSharing: false,
  }).data;
}

export function useSend(chat: Pick<Chat, "id" | "account_id" | "address">) {
  const client = useQueryClient();
  const change = (update: (all: Pending[]) => Pending[]) =>
    client.setQueryData<Pending[]>(outboxKey(chat.id), (all) => update(all ?? []));

  const mutation = useMutation({
    scope: { id: `send ${chat.id}` },
    mutationFn: async (pending: Pending) => {
      const { file } = pending.draft;
      const now = client.getQueryData<Pending[]>(outboxKey(chat.id))?.find((other) => other.key === pending.key);
      // Cancelled while it waited for its turn.
      if (!now) throw cancelled();
      let { media } = now;
      if (file && !media) {
        media = await store(pending.key, file);
        change((all) => all.map((other) => (other.key === pending.key ? { ...other, media } : other)));
      }
      return ask(
        api.POST("/v1/messages", {
          body: bodyOf(chat, pending.draft, media),
          headers: { "Idempotency-Key": pending.key },
        }),
      );
    },
    retry: (failures, error) => failures < TRIES && !isCancelled(error) && isPassing(error),
    onMutate: (pending) => {
      const clean = { ...pending, problem: undefined };
      change((all) =>
        all.some((other) => other.key === pending.key)
          ? all.map((other) => (other.key === pending.key ? { ...other, problem: undefined } : other))
          : [...all, clean],
      );
    },
    onSuccess: (message, pending) => {
      change((all) => all.filter((other) => other.key !== pending.key));
      putMessage(client, message);
    },
    onError: (error, pending) => {
      const problem = Problem.from(error);
      change((all) => all.map((other) => (other.key === pending.key ? { ...other, problem } : other)));
    },
  });

  /** Uploads a file, in a way that can be watched and cancelled. */
  const store = async (key: string, file: File) => {
    const controller = new AbortController();
    uploads.set(key, controller);
    const onProgress = (part: number) => client.setQueryData(progressKey(key), part);
    onProgress(0);
    try {
      return (await upload(file, { onProgress, signal: controller.signal })).id;
    } finally {
      uploads.delete(key);
      client.setQueryData(progressKey(key), null);
    }
  };

  return {
    /** Several leave in their order. */
    send: (drafts: Draft[], after: string) => {
      for (const draft of drafts) mutation.mutate({ key: newKey(), draft, at: new Date().toISOString(), after });
    },
    retry: (pending: Pending) => mutation.mutate(pending),
    /** Forgets it, and stops its upload. */
    discard: (pending: Pending) => {
      change((all) => all.filter((other) => other.key !== pending.key));
      uploads.get(pending.key)?.abort();
    },
  };
}

function isCancelled(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

/** The body of `POST /v1/messages` for a draft. */
export function bodyOf(
  chat: { account_id: string; address: string },
  draft: Draft,
  mediaId: string | undefined,
): SendBody {
  const head = {
    account_id: chat.account_id,
    to: chat.address,
    reply_to: draft.replyTo?.id,
    send_at: draft.sendAt,
  };
  if (!draft.file) return { ...head, type: "text", text: { body: draft.text } };
  const caption = draft.text === "" ? undefined : draft.text;
  const media = { media_id: mediaId };
  switch (kindOf(draft.file)) {
    case "image":
      return { ...head, type: "image", image: { ...media, caption } };
    case "video":
      return { ...head, type: "video", video: { ...media, caption } };
    case "audio":
      return { ...head, type: "audio", audio: draft.isVoice ? { ...media, voice: true } : media };
    case "document":
      return { ...head, type: "document", document: { ...media, caption, file_name: draft.file.name } };
  }
}

/** Those that are not among the messages yet: the live event of a message may come before the answer of its call. */
export function notYetListed(outbox: Pending[], messages: Message[]): Pending[] {
  const taken = new Set<string>();
  return outbox.filter((pending) => {
    if (pending.problem) return true;
    const twin = messages.find(
      (message) =>
        message.direction === "out" && message.id > pending.after && !taken.has(message.id) && isSame(message, pending),
    );
    if (twin) taken.add(twin.id);
    return !twin;
  });
}

function isSame(message: Message, pending: Pending): boolean {
  if (pending.draft.file) return pending.media !== undefined && mediaOf(message)?.media_id === pending.media;
  return "text" in message && message.text.body === pending.draft.text;
}
