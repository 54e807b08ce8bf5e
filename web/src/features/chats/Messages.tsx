import { Skeleton } from "@mantine/core";
import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import {
  type Ref,
  useCallback,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { useTranslation } from "react-i18next";
import { useNextPage, usePreviousPage } from "~/api/nextPage";
import type { ThreadPage } from "~/api/queries";
import type { Chat, ChatLogEntry, Message } from "~/api/types";
import { NoteInThread } from "~/features/contacts/NoteCard";
import { aboutOfChat, useThreadNotes } from "~/features/contacts/threadNotes";
import { useNow } from "~/ui/Ago";
import { fetched } from "~/ui/fetched";
import { day, dayNumber } from "~/ui/time";
import { rowOf, useKept } from "~/ui/virtual";
import { Bubble } from "./Bubble";
import { LogLine } from "./LogLine";
import { estimate, type Line, linesOf, reactionsByMessage } from "./lines";
import classes from "./Messages.module.css";
import { ViewContext, viewedOf } from "./media";
import { PendingBubble } from "./PendingBubble";
import type { Pending } from "./pending";

const MediaViewer = fetched(async () => (await import("./MediaViewer")).default);

/** Lines that are there beyond those that are seen. */
const OVERSCAN = 8;
/** The next part is fetched when so few lines are left. */
const AHEAD = 16;
/** Whoever is so near the newest message stays with it. */
const END_PX = 48;
/** Above the first line: where it begins, or that there is more. It is always as high, so that nothing moves. */
const HEAD_PX = 60;
const FOOT_PX = 16;
/** Below the last line while there is more below it. */
const MORE_PX = 88;
/** So many frames are left to what is shown at first, until parts are added to it. */
const OPENING_FRAMES = 6;

interface Props {
  chat: Chat;
  query: UseInfiniteQueryResult<InfiniteData<ThreadPage>>;
  /** Oldest first. */
  messages: Message[];
  /** The message that was looked for. */
  found: string | undefined;
  /** The first message that nobody had read. */
  firstNew: string | undefined;
  pending: readonly Pending[];
  /** What was done with the chat meanwhile, oldest first. */
  log: ChatLogEntry[];
  ref: Ref<Shown>;
  onReply(message: Message): void;
  onRetry(pending: Pending): void;
  onDiscard(pending: Pending): void;
}

/** What is asked of the messages that are shown. */
export interface Shown {
  showNewest(): void;
}

/**
 * The messages of a thread, as a virtual list that begins at its end, at the first message that is new, or around the one
 * that was looked for. What is added above or below moves nothing; whoever sees the newest message stays with it.
 */
export function Messages(props: Props) {
  const { chat, query, messages, found, firstNew, pending, log, ref, onReply, onRetry, onDiscard } = props;
  const { t } = useTranslation();
  const now = useNow();
  const reactions = useMemo(() => reactionsByMessage(messages), [messages]);
  const byId = useMemo(() => new Map(messages.map((message) => [message.id, message])), [messages]);
  const [viewing, setViewing] = useState<string>();
  const viewed = useMemo(() => viewedOf(messages), [messages]);
  const notes = useThreadNotes(chat);
  const { hasNextPage, hasPreviousPage } = query;
  const complete = !hasNextPage;
  const lines = useMemo(
    () => linesOf({ messages, log, notes, pending, complete, firstNew }),
    [messages, log, notes, pending, complete, firstNew],
  );
  const indexOf = (key: string) => lines.findIndex((line) => line.key === key);

  const scroller = useRef<HTMLDivElement>(null);
  const kept = useKept(indexOf);
  // Where it is opened: what is measured there needs no correction.
  const [target] = useState(() => {
    const line = lines.find((each) => (found === undefined ? each.isFirstNew : each.key === found));
    return { key: line?.key, align: found === undefined ? ("start" as const) : ("center" as const) };
  });
  const virtualizer = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => estimate(lines[index]),
    getItemKey: useCallback((index: number) => lines[index]?.key ?? index, [lines]),
    overscan: OVERSCAN,
    paddingStart: HEAD_PX,
    paddingEnd: hasPreviousPage ? MORE_PX : FOOT_PX,
    anchorTo: "end",
    scrollEndThreshold: END_PX,
    rangeExtractor: kept.range,
    // Until it is measured: so that what is shown at first is there at once.
    initialRect: { width: 0, height: window.innerHeight },
    initialOffset: () => {
      const upto = target.key === undefined ? lines.length : indexOf(target.key);
      const above = HEAD_PX + lines.slice(0, upto).reduce((sum, line) => sum + estimate(line), 0);
      const height = window.innerHeight;
      return Math.max(0, above - (target.key === undefined ? height : target.align === "center" ? height / 2 : 0));
    },
  });
  // The library leaves out what changes above while somebody scrolls up; a line changes there when older ones come in.
  virtualizer.shouldAdjustScrollPositionOnItemSizeChange = ({ key, start, end }, _, list) => {
    const top = list.scrollOffset ?? 0;
    return list.itemSizeCache.has(key) ? end <= top : start < top;
  };
  const isAtEnd = !hasPreviousPage && virtualizer.isAtEnd(END_PX);

  const isOpened = useOpened();
  useLayoutEffect(() => {
    if (isOpened) return;
    // What was done with the chat may come in between meanwhile.
    const place = lines.findIndex((line) => line.key === target.key);
    if (place === -1) virtualizer.scrollToEnd();
    else virtualizer.scrollToIndex(place, { align: target.align });
  }, [virtualizer, target, lines, isOpened]);
  const hasFocus = useRef(false);
  useLayoutEffect(() => {
    if (found === undefined || hasFocus.current) return;
    const line = scroller.current?.querySelector<HTMLElement>("[data-found]");
    line?.focus({ preventScroll: true });
    hasFocus.current = line != null;
  });
  const follow = useFollowing(scroller, virtualizer, { isNewest: !hasPreviousPage, lines });
  useImperativeHandle(ref, () => ({ showNewest: follow }), [follow]);

  const items = virtualizer.getVirtualItems();
  // Lines that are kept out of sight do not count.
  const seen = virtualizer.range;
  useNextPage(query, isOpened && seen !== null && seen.startIndex < AHEAD);
  usePreviousPage(query, isOpened && seen !== null && seen.endIndex > lines.length - AHEAD);

  const dayName = (moment: string) => {
    const days = dayNumber(now) - dayNumber(moment);
    return days <= 0 ? t("chat.today") : days === 1 ? t("chat.yesterday") : day(moment);
  };

  return (
    <ViewContext value={setViewing}>
      <div ref={scroller} className={classes.scroller} data-testid="thread">
        <div
          role="log"
          aria-label={t("chat.messages", { name: chat.name })}
          // What comes into sight by scrolling is not news.
          aria-live={isAtEnd ? "polite" : "off"}
          className={classes.lines}
          style={{ height: virtualizer.getTotalSize() }}
          onFocus={kept.onFocus}
          onPlayCapture={(event) => {
            const line = rowOf(event.target as Element);
            if (line !== undefined) kept.keep(line);
          }}
        >
          <div className={classes.beginning} style={{ height: HEAD_PX }}>
            {query.isFetchingNextPage && <Skeleton h={38} w="42%" radius="lg" />}
            {!hasNextPage && t("chat.start")}
          </div>
          {items.map((item) => {
            const line = lines[item.index];
            if (!line) return null;
            return (
              <div
                key={item.key}
                ref={virtualizer.measureElement}
                data-index={item.index}
                data-row={line.key}
                className={classes.line}
                style={{ top: item.start }}
              >
                {line.isNewDay && (
                  <div className={classes.day}>
                    <span>{dayName(line.at)}</span>
                  </div>
                )}
                {line.isFirstNew && (
                  <div className={classes.new} data-testid="first-new">
                    <span>{t("thread.newMessages")}</span>
                  </div>
                )}
                {contentOf(line)}
              </div>
            );
          })}
          {hasPreviousPage && (
            <div className={classes.more} style={{ height: MORE_PX }}>
              {query.isFetchingPreviousPage && <Skeleton h={38} w="42%" radius="lg" />}
            </div>
          )}
        </div>
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

  function contentOf(line: Line) {
    if ("pending" in line) {
      return <PendingBubble pending={line.pending} onRetry={onRetry} onDiscard={onDiscard} />;
    }
    if ("entry" in line) return <LogLine entry={line.entry} />;
    if ("note" in line) return <NoteInThread note={line.note} about={aboutOfChat(chat)} chatId={chat.id} />;
    const { message } = line;
    return (
      <Bubble
        chat={chat}
        message={message}
        first={line.isFirst}
        quoted={message.reply_to ? byId.get(message.reply_to) : undefined}
        reactions={reactions.get(message.id)}
        found={message.id === found}
        onReply={onReply}
      />
    );
  }
}

/** Whether what is shown at first has come to rest. */
function useOpened(): boolean {
  const [isOpened, setOpened] = useState(false);
  useEffect(() => {
    let left = OPENING_FRAMES;
    let frame = requestAnimationFrame(function next() {
      left -= 1;
      if (left > 0) frame = requestAnimationFrame(next);
      else setOpened(true);
    });
    return () => cancelAnimationFrame(frame);
  }, []);
  return isOpened;
}

interface Followed {
  scrollToEnd(): void;
  isAtEnd(threshold: number): boolean;
}

/**
 * Whoever sees the newest message goes on seeing it: when a line takes the place of another, and when the room for the
 * messages gets smaller, as it does when a longer text is written. The answer shows the newest message.
 */
function useFollowing(
  scroller: React.RefObject<HTMLElement | null>,
  list: Followed,
  { isNewest, lines }: { isNewest: boolean; lines: Line[] },
): () => void {
  const isFollowed = useRef(false);
  const isLast = useRef(isNewest);
  isLast.current = isNewest;
  useEffect(() => {
    const box = scroller.current;
    if (!box) return;
    const moved = () => {
      isFollowed.current = isLast.current && list.isAtEnd(END_PX);
    };
    moved();
    box.addEventListener("scroll", moved, { passive: true });
    const observer = new ResizeObserver(() => {
      if (isFollowed.current) list.scrollToEnd();
    });
    observer.observe(box);
    return () => {
      box.removeEventListener("scroll", moved);
      observer.disconnect();
    };
  }, [scroller, list]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is for each change of the lines
  useLayoutEffect(() => {
    if (isNewest && isFollowed.current) list.scrollToEnd();
  }, [list, isNewest, lines]);
  return useCallback(() => {
    isFollowed.current = true;
    list.scrollToEnd();
  }, [list]);
}
