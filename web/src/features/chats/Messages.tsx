import { Fragment, lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Chat, ChatLogEntry, Message } from "~/api/types";
import { momentOf } from "~/live/patch";
import { useNow } from "~/ui/Ago";
import { day, dayNumber } from "~/ui/time";
import { Bubble } from "./Bubble";
import { LogLine } from "./LogLine";
import classes from "./Messages.module.css";
import { ViewContext, viewedOf } from "./media";
import type { Pending } from "./outbox";
import { PendingBubble } from "./PendingBubble";

const MediaViewer = lazy(() => import("./MediaViewer"));

interface Props {
  chat: Chat;
  /** Oldest first. */
  messages: Message[];
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

/** What was done after one message and before the next. */
function between(log: ChatLogEntry[], earlier: Message | undefined, later: Message | undefined): ChatLogEntry[] {
  const from = earlier ? momentOf(earlier) : "";
  return log.filter((entry) => entry.at >= from && (!later || entry.at < momentOf(later)));
}

export function Messages({ chat, messages, pending, log, onReply, onRetry, onDiscard }: Props) {
  const { t } = useTranslation();
  const now = useNow();
  const reactions = useMemo(() => reactionsByMessage(messages), [messages]);
  const byId = useMemo(() => new Map(messages.map((message) => [message.id, message])), [messages]);
  const [viewing, setViewing] = useState<string>();
  const viewed = useMemo(() => viewedOf(messages), [messages]);
  const shown = messages.filter((message) => !("reaction" in message));

  const dayName = (moment: string) => {
    const days = dayNumber(now) - dayNumber(moment);
    return days <= 0 ? t("chat.today") : days === 1 ? t("chat.yesterday") : day(moment);
  };

  return (
    <ViewContext value={setViewing}>
      <div role="log" aria-label={t("chat.messages", { name: chat.name })}>
        {shown.map((message, index) => {
          const before = shown[index - 1];
          const newDay = !before || dayNumber(momentOf(before)) !== dayNumber(momentOf(message));
          const meanwhile = between(log, before, message);
          return (
            <Fragment key={message.id}>
              {meanwhile.map((entry) => (
                <LogLine key={entry.id} entry={entry} />
              ))}
              {newDay && (
                <div className={classes.day}>
                  <span>{dayName(momentOf(message))}</span>
                </div>
              )}
              <Bubble
                chat={chat}
                message={message}
                first={meanwhile.length > 0 || !follows(before, message)}
                quoted={message.reply_to ? byId.get(message.reply_to) : undefined}
                reactions={reactions.get(message.id)}
                onReply={onReply}
              />
            </Fragment>
          );
        })}
        {between(log, shown.at(-1), undefined).map((entry) => (
          <LogLine key={entry.id} entry={entry} />
        ))}
        {pending.map((item) => (
          <PendingBubble key={item.key} pending={item} onRetry={onRetry} onDiscard={onDiscard} />
        ))}
      </div>
      {viewing !== undefined && (
        <Suspense fallback={null}>
          <MediaViewer
            chat={chat}
            all={viewed}
            shown={viewing}
            onShow={setViewing}
            onClose={() => setViewing(undefined)}
          />
        </Suspense>
      )}
    </ViewContext>
  );
}
