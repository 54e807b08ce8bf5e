/** The lines of a thread: what stands in it, in which order, and what stands above each. */
import type { ChatLogEntry, Message, Note } from "~/api/types";
import { mediaOf, momentOf } from "~/live/patch";
import { seen } from "~/ui/names";
import { dayNumber } from "~/ui/time";
import type { Pending } from "./pending";

/** A message, what was done with the chat, what a colleague wrote down, or what has not left yet. */
export type Said =
  | { readonly message: Message }
  | { readonly entry: ChatLogEntry }
  | { readonly note: Note }
  | { readonly pending: Pending };

/** One line with what stands above it. */
export type Line = Said & {
  readonly key: string;
  readonly at: string;
  /** The first of its day; not said of the first line while what came before it is not known. */
  readonly isNewDay: boolean;
  /** The first that nobody had read when the thread was opened. */
  readonly isFirstNew: boolean;
  /** The first of a group of messages of one side. */
  readonly isFirst: boolean;
};

interface Parts {
  /** Oldest first. */
  messages: Message[];
  log: ChatLogEntry[];
  notes: Note[];
  pending: readonly Pending[];
  /** Whether these are all messages of the chat. */
  complete: boolean;
  /** The first message that nobody had read. */
  firstNew: string | undefined;
}

/** The lines in the order of their times. Notes from before the oldest message come with that page. */
export function linesOf({ messages, log, notes, pending, complete, firstNew }: Parts): Line[] {
  const said = messages
    .filter((message) => !("reaction" in message))
    .map((message): Placed => ({ at: momentOf(message), message }));
  const start = complete ? "" : said[0]?.at;
  const put = (line: Placed) => said.splice(said.findLastIndex((earlier) => earlier.at <= line.at) + 1, 0, line);
  for (const entry of log) put({ at: entry.at, entry });
  if (start !== undefined) {
    for (const note of notes) if (note.created_at >= start) put({ at: note.created_at, note });
  }
  const lines = said.map((line, index): Line => {
    const before = said[index - 1];
    return {
      ...line,
      key: keyOf(line),
      isNewDay: before ? dayNumber(before.at) !== dayNumber(line.at) : complete,
      isFirstNew: "message" in line && line.message.id === firstNew,
      isFirst: !("message" in line) || !follows(before, line.message) || line.message.id === firstNew,
    };
  });
  const waiting = pending.map(
    (each): Line => ({
      pending: each,
      key: each.key,
      at: each.at,
      isNewDay: false,
      isFirstNew: false,
      isFirst: true,
    }),
  );
  return [...lines, ...waiting];
}

type Placed = { at: string } & Said;

function keyOf(line: Placed): string {
  if ("message" in line) return line.message.id;
  if ("entry" in line) return line.entry.id;
  return "note" in line ? line.note.id : line.pending.key;
}

/** How close messages of one side must be to stand as a group. */
const GROUP_MS = 5 * 60_000;

function follows(before: Placed | undefined, later: Message): boolean {
  const earlier = before && "message" in before ? before.message : undefined;
  return (
    earlier !== undefined &&
    earlier.direction === later.direction &&
    earlier.sender === later.sender &&
    Date.parse(momentOf(later)) - Date.parse(momentOf(earlier)) < GROUP_MS &&
    dayNumber(momentOf(later)) === dayNumber(momentOf(earlier))
  );
}

/** The newest reaction of each person, by the message it is on. */
export function reactionsByMessage(messages: Message[]): Map<string, string[]> {
  const byWaId = new Map(messages.map((message) => [message.wa_id, message.id]));
  const latest = new Map<string, Map<string, string>>();
  for (const message of messages) {
    if (!("reaction" in message)) continue;
    const { message_id, wa_id, emoji } = message.reaction;
    const target = message_id ?? (wa_id ? byWaId.get(wa_id) : undefined);
    if (!target) continue;
    const people = latest.get(target) ?? new Map<string, string>();
    people.set(message.direction === "out" ? "" : (message.sender ?? ""), emoji);
    latest.set(target, people);
  }
  return new Map([...latest].map(([target, people]) => [target, [...people.values()].filter((emoji) => seen(emoji))]));
}

/** What a thread was when somebody opened it. */
export interface Opened {
  /** How many messages nobody had read. */
  readonly unread: number;
  /** When the newest message of the chat was said. */
  readonly at: string;
}

/**
 * The first message that nobody had read when the thread was opened; undefined while it is further up than what is loaded.
 * What the server counts as unread is counted here.
 */
export function firstNewOf(newestFirst: readonly Message[], opened: Opened): string | undefined {
  let left = opened.unread;
  if (left <= 0) return undefined;
  for (const message of newestFirst) {
    if (message.direction !== "in" || "reaction" in message || "group_change" in message) continue;
    // It came since.
    if (momentOf(message) > opened.at) continue;
    left -= 1;
    if (left === 0) return message.id;
  }
  return undefined;
}

/** What a line will take until it is measured; near enough that little moves when it is. */
export function estimate(line: Line | undefined): number {
  if (!line) return BUBBLE_PX;
  const above = (line.isNewDay ? 44 : 0) + (line.isFirstNew ? 40 : 0);
  if ("entry" in line) return above + 33;
  if ("note" in line) return above + 80 + textPx(line.note.body);
  if ("pending" in line)
    return above + BUBBLE_PX + (line.pending.draft.file ? 60 : 0) + textPx(line.pending.draft.text);
  const { message } = line;
  if ("group_change" in message) return above + 33;
  const base = above + BUBBLE_PX + (message.reply_to ? 50 : 0) + (line.isFirst ? 7 : 0);
  if ("text" in message) return base + textPx(message.text.body);
  const media = mediaOf(message);
  if (!media) return base;
  const file = message.type === "image" || message.type === "video" ? 260 : 60;
  return base + file + (media.caption ? textPx(media.caption) : 0);
}

/** A message of one line. */
const BUBBLE_PX = 53;
const LINE_PX = 21;
const LETTERS = 60;

function textPx(text: string): number {
  return (Math.ceil(text.length / LETTERS) - 1 + text.split("\n").length - 1) * LINE_PX;
}
