/**
 * Rows that stay where they are while somebody points at them or goes through them by keyboard, so that nobody opens the
 * chat that jumped under the pointer. What they say changes; where they stand does not.
 */
import { type FocusEvent, type PointerEvent, useState } from "react";
import type { Chat } from "~/api/types";

export interface Still {
  /** What is shown. */
  readonly rows: Chat[];
  /** How many chats belong further up than they stand. */
  readonly news: number;
  /** Puts every row where it belongs. */
  release(): void;
  /** Of the element around the rows. */
  readonly handlers: {
    onPointerEnter(event: PointerEvent): void;
    onPointerLeave(event: PointerEvent): void;
    onFocus(event: FocusEvent): void;
    onBlur(event: FocusEvent): void;
  };
}

/** `of` names the list: another one begins anew. */
export function useStill(latest: Chat[], of: string): Still {
  const [isPointed, setPointed] = useState(false);
  const [isFocused, setFocused] = useState(false);
  const [held, setHeld] = useState<{ of: string; rows: Chat[] }>();
  const isTouched = isPointed || isFocused;

  // Held from the moment it is touched; never longer than that, and never another list, or one that is not read yet.
  if (isTouched && latest.length > 0 && held?.of !== of) setHeld({ of, rows: latest });
  if (!isTouched && held) setHeld(undefined);
  const kept = isTouched && held?.of === of ? held.rows : undefined;

  return {
    rows: kept ? inPlace(kept, latest) : latest,
    news: kept ? countNews(kept, latest) : 0,
    release: () => setHeld(isTouched ? { of, rows: latest } : undefined),
    handlers: {
      // A finger that scrolls is no pointer that rests.
      onPointerEnter: (event) => setPointed(event.pointerType === "mouse"),
      onPointerLeave: () => setPointed(false),
      onFocus: (event) => setFocused(isByKeyboard(event.target)),
      onBlur: (event) => {
        if (!event.currentTarget.contains(event.relatedTarget)) setFocused(false);
      },
    },
  };
}

function isByKeyboard(element: Element): boolean {
  return element.matches(":focus-visible");
}

/** The rows as they stood, with what they say now, and what was loaded behind them since. */
export function inPlace(kept: Chat[], latest: Chat[]): Chat[] {
  const now = new Map(latest.map((chat) => [chat.id, chat]));
  const stood = new Set(kept.map((chat) => chat.id));
  const last = kept.at(-1);
  const behind = last ? latest.filter((chat) => !stood.has(chat.id) && isBehind(chat, last)) : latest;
  return [...kept.map((chat) => now.get(chat.id) ?? chat), ...behind];
}

/** How many chats belong further up than they stand, or are not shown yet; one that is first anyway is no news. */
export function countNews(kept: Chat[], latest: Chat[]): number {
  const stood = new Map(kept.map((chat) => [chat.id, chat]));
  const place = new Map(latest.map((chat, index) => [chat.id, index]));
  const last = kept.at(-1);
  let news = latest.filter((chat) => !stood.has(chat.id) && !(last && isBehind(chat, last))).length;
  // The furthest down that any of those belongs which stand above.
  let lowest = -1;
  for (const chat of kept) {
    const now = place.get(chat.id);
    if (now === undefined) continue;
    const said = (latest[now]?.last_message_at ?? "") > chat.last_message_at;
    if (said && now < lowest) news += 1;
    lowest = Math.max(lowest, now);
  }
  return news;
}

function isBehind(chat: Chat, other: Chat): boolean {
  return (
    chat.last_message_at < other.last_message_at ||
    (chat.last_message_at === other.last_message_at && chat.id < other.id)
  );
}
