/** A message that was written here and that the server has not taken yet. */
import type { Problem } from "~/api/problem";
import type { Chat, Media, Message, SendBody } from "~/api/types";
import { mediaOf } from "~/live/patch";
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
  /** Where it stands among all that was written in this browser. */
  readonly place: number;
  readonly chat: Pick<Chat, "id" | "account_id" | "address">;
  readonly draft: Draft;
  readonly at: string;
  /** The newest message that was known when this one was written. */
  readonly after: string;
  /** The uploaded file, so that a retry does not upload it again. */
  readonly media?: Media["media_id"] | undefined;
  /** Why it could not be handed over, and waits for a person to decide. */
  readonly problem?: Problem | undefined;
  /** The server could not be reached. It is tried again by itself. */
  readonly isWaiting?: boolean | undefined;
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
export function notYetListed(outbox: readonly Pending[], messages: Message[]): Pending[] {
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
