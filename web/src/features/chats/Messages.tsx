import { Fragment, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Chat, ChatLogEntry, Message, Note } from "~/api/types";
import { NoteInThread } from "~/features/contacts/NoteCard";
import { aboutOfChat, useThreadNotes } from "~/features/contacts/threadNotes";
import { momentOf } from "~/live/patch";
import { useNow } from "~/ui/Ago";
import { fetched } from "~/ui/fetched";
import { day, dayNumber } from "~/ui/time";
import { Bubble } from "./Bubble";
import { LogLine } from "./LogLine";
import classes from "./Messages.module.css";
import { ViewContext, viewedOf } from "./media";
import { PendingBubble } from "./PendingBubble";
import type { Pending } from "./pending";

const MediaViewer = fetched(async () => (await import("./MediaViewer")).default);

interface Props {
  chat: Chat;
  /** Oldest first. */
  messages: Message[];
  /** The message that was looked for. */
  found: string | undefined;
  /** Whether these are all messages of the chat. */
  complete: boolean;
  pending: Pending[];
  /** What was done with the chat meanwhile, oldest first. */
  log: ChatLogEntry[];
  onReply(message: Message): void;
  onRetry(pending: Pending): void;
  onDiscard(pending: Pending): void;
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
  return new Map([...latest].map(([target, people]) => [target, [...people.values()].filter((emoji) => emoji !== "")]));
}

/** How close messages of one side must be to stand as a group. */
const GROUP_MS = 5 * 60_000;

function follows(earlier: Message | undefined, later: Message): boolean {
  return (
    earlier !== undefined &&
    earlier.direction === later.direction &&
    earlier.sender === later.sender &&
    Date.parse(momentOf(later)) - Date.parse(momentOf(earlier)) < GROUP_MS &&
    dayNumber(momentOf(later)) === dayNumber(momentOf(earlier))
  );
}

/** A line of a thread: a message, or what was done with the chat or a colleague wrote down at that time. */
type Line = { at: string; message: Message } | { at: string; entry: ChatLogEntry } | { at: string; note: Note };

/** The lines in the order of their times. Notes from before the oldest message come with that page. */
function linesOf(messages: Message[], log: ChatLogEntry[], notes: Note[], complete: boolean): Line[] {
  const lines: Line[] = messages.map((message) => ({ at: momentOf(message), message }));
  const start = complete ? "" : lines[0]?.at;
  const put = (line: Line) => lines.splice(lines.findLastIndex((earlier) => earlier.at <= line.at) + 1, 0, line);
  for (const entry of log) put({ at: entry.at, entry });
  if (start === undefined) return lines;
  for (const note of notes) {
    if (note.created_at >= start) put({ at: note.created_at, note });
  }
  return lines;
}

function keyOf(line: Line): string {
  if ("message" in line) return line.message.id;
  return "note" in line ? line.note.id : line.entry.id;
}

export function Messages({ chat, messages, found, complete, pending, log, onReply, onRetry, onDiscard }: Props) {
  const { t } = useTranslation();
  const now = useNow();
  const reactions = useMemo(() => reactionsByMessage(messages), [messages]);
  const byId = useMemo(() => new Map(messages.map((message) => [message.id, message])), [messages]);
  const [viewing, setViewing] = useState<string>();
  const viewed = useMemo(() => viewedOf(messages), [messages]);
  const notes = useThreadNotes(chat);
  const lines = useMemo(
    () =>
      linesOf(
        messages.filter((message) => !("reaction" in message)),
        log,
        notes,
        complete,
      ),
    [messages, log, notes, complete],
  );

  const dayName = (moment: string) => {
    const days = dayNumber(now) - dayNumber(moment);
    return days <= 0 ? t("chat.today") : days === 1 ? t("chat.yesterday") : day(moment);
  };

  return (
    <ViewContext value={setViewing}>
      <div role="log" aria-label={t("chat.messages", { name: chat.name })}>
        {lines.map((line, index) => {
          const before = lines[index - 1];
          const newDay = !before || dayNumber(before.at) !== dayNumber(line.at);
          const above = before && "message" in before ? before.message : undefined;
          return (
            <Fragment key={keyOf(line)}>
              {newDay && (
                <div className={classes.day}>
                  <span>{dayName(line.at)}</span>
                </div>
              )}
              {"entry" in line ? (
                <LogLine entry={line.entry} />
              ) : "note" in line ? (
                <NoteInThread note={line.note} about={aboutOfChat(chat)} chatId={chat.id} />
              ) : (
                <Bubble
                  chat={chat}
                  message={line.message}
                  first={!follows(above, line.message)}
                  quoted={line.message.reply_to ? byId.get(line.message.reply_to) : undefined}
                  reactions={reactions.get(line.message.id)}
                  found={line.message.id === found}
                  onReply={onReply}
                />
              )}
            </Fragment>
          );
        })}
        {pending.map((item) => (
          <PendingBubble key={item.key} pending={item} onRetry={onRetry} onDiscard={onDiscard} />
        ))}
      </div>
      {viewing !== undefined && (
        <MediaViewer
          chat={chat}
          all={viewed}
          shown={viewing}
          onShow={setViewing}
          onClose={() => setViewing(undefined)}
        />
      )}
    </ViewContext>
  );
}
