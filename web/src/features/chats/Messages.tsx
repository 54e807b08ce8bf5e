import { Fragment, useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Chat, Message, Note } from "~/api/types";
import { NoteInThread } from "~/features/contacts/NoteCard";
import { aboutOfChat, useThreadNotes } from "~/features/contacts/threadNotes";
import { momentOf } from "~/live/patch";
import { useNow } from "~/ui/Ago";
import { day, dayNumber } from "~/ui/time";
import { Bubble } from "./Bubble";
import classes from "./Messages.module.css";
import type { Pending } from "./outbox";
import { PendingBubble } from "./PendingBubble";

interface Props {
  chat: Chat;
  /** Oldest first. */
  messages: Message[];
  /** Whether these are all messages of the chat. */
  complete: boolean;
  pending: Pending[];
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

/** A line of a thread: a message, or a note that a colleague wrote at that time. */
type Line = { at: string; message: Message } | { at: string; note: Note };

/** Messages and notes in the order of their times. Notes from before the oldest message come with that page. */
function linesOf(messages: Message[], notes: Note[], complete: boolean): Line[] {
  const lines: Line[] = messages.map((message) => ({ at: momentOf(message), message }));
  const start = complete ? "" : lines[0]?.at;
  if (start === undefined) return lines;
  for (const note of notes) {
    if (note.created_at < start) continue;
    const place = lines.findLastIndex((line) => line.at <= note.created_at) + 1;
    lines.splice(place, 0, { at: note.created_at, note });
  }
  return lines;
}

export function Messages({ chat, messages, complete, pending, onReply, onRetry, onDiscard }: Props) {
  const { t } = useTranslation();
  const now = useNow();
  const reactions = useMemo(() => reactionsByMessage(messages), [messages]);
  const byId = useMemo(() => new Map(messages.map((message) => [message.id, message])), [messages]);
  const notes = useThreadNotes(chat);
  const lines = useMemo(
    () =>
      linesOf(
        messages.filter((message) => !("reaction" in message)),
        notes,
        complete,
      ),
    [messages, notes, complete],
  );

  const dayName = (moment: string) => {
    const days = dayNumber(now) - dayNumber(moment);
    return days <= 0 ? t("chat.today") : days === 1 ? t("chat.yesterday") : day(moment);
  };

  return (
    <div role="log" aria-label={t("chat.messages", { name: chat.name })}>
      {lines.map((line, index) => {
        const before = lines[index - 1];
        const newDay = !before || dayNumber(before.at) !== dayNumber(line.at);
        const above = before && "message" in before ? before.message : undefined;
        return (
          <Fragment key={"note" in line ? line.note.id : line.message.id}>
            {newDay && (
              <div className={classes.day}>
                <span>{dayName(line.at)}</span>
              </div>
            )}
            {"note" in line ? (
              <NoteInThread note={line.note} about={aboutOfChat(chat)} chatId={chat.id} />
            ) : (
              <Bubble
                chat={chat}
                message={line.message}
                first={!follows(above, line.message)}
                quoted={line.message.reply_to ? byId.get(line.message.reply_to) : undefined}
                reactions={reactions.get(line.message.id)}
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
  );
}
