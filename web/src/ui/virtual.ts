/** What the virtual lists share: only the rows that are seen are there, and those in which something is going on. */
import { defaultRangeExtractor, type Range, useVirtualizer, type VirtualItem } from "@tanstack/react-virtual";
import { type FocusEvent, type RefObject, useCallback, useLayoutEffect, useRef, useState } from "react";

/** Rows that are there beyond those that are seen. */
const OVERSCAN = 8;
/** The next page is fetched when so few rows are left. */
const AHEAD = 16;

interface Kept {
  /** Which rows are there. */
  range(range: Range): number[];
  /** Of the element around the rows. */
  onFocus(event: FocusEvent): void;
  /** Keeps a row in which something plays. */
  keep(key: string): void;
}

/**
 * Rows that are kept although they are scrolled out of sight, so that neither the focus nor a sound is lost: the one that
 * has or last had the focus with those beside it, to which the next key may go, and the last one in which something played.
 */
export function useKept(indexOf: (key: string) => number): Kept {
  const [focused, setFocused] = useState<string>();
  const [played, setPlayed] = useState<string>();
  return {
    range: (range) => {
      const shown = new Set(defaultRangeExtractor(range));
      const at = focused === undefined ? -1 : indexOf(focused);
      if (at !== -1) for (const index of [at - 1, at, at + 1]) if (index >= 0 && index < range.count) shown.add(index);
      const playing = played === undefined ? -1 : indexOf(played);
      if (playing !== -1) shown.add(playing);
      return [...shown].sort((one, other) => one - other);
    },
    // What opens from a row, as a menu, is no part of it: the row stays until another one has the focus.
    onFocus: (event) => {
      const row = rowOf(event.target);
      if (row !== undefined) setFocused(row);
    },
    keep: setPlayed,
  };
}

/** The row that an element is in. Rows carry their key as `data-row`. */
export function rowOf(element: Element): string | undefined {
  return element.closest("[data-row]")?.getAttribute("data-row") ?? undefined;
}

interface Rows<T> {
  /** Around the rows, within what scrolls. */
  list: RefObject<HTMLElement | null>;
  rows: readonly T[];
  keyOf(row: T): string;
  /** About how high a row is, until it is measured. */
  estimate: number;
}

interface Shown<E extends Element> {
  items: VirtualItem[];
  /** How high all rows are together. */
  total: number;
  /** Where a row begins, from the top of the list. */
  topOf(item: VirtualItem): number;
  /** Takes the place of `ref` of each row. */
  measure(row: E | null): void;
  /** Of the element around the rows. */
  onFocus(event: FocusEvent): void;
  /** Whether the next page is wanted. */
  isNearEnd: boolean;
}

/** The rows of a list that stands somewhere within what scrolls. */
export function useVirtualRows<T, E extends Element>({ list, rows, keyOf, estimate }: Rows<T>): Shown<E> {
  const scroller = useRef<Element>(undefined);
  const kept = useKept((key) => rows.findIndex((row) => keyOf(row) === key));
  // What stands above the list within what scrolls. It may change with whatever else is shown there.
  const [margin, setMargin] = useState(0);
  const key = useRef(keyOf);
  key.current = keyOf;
  const virtualizer = useVirtualizer<Element, E>({
    count: rows.length,
    getScrollElement: () => {
      if (list.current) scroller.current ??= scrollerOf(list.current);
      return scroller.current ?? null;
    },
    estimateSize: () => estimate,
    getItemKey: useCallback(
      (index: number) => {
        const row = rows[index];
        return row === undefined ? index : key.current(row);
      },
      [rows],
    ),
    overscan: OVERSCAN,
    scrollMargin: margin,
    rangeExtractor: kept.range,
  });
  // After every change of the page.
  useLayoutEffect(() => {
    const box = scroller.current;
    if (!list.current || !box) return;
    const place = Math.round(
      list.current.getBoundingClientRect().top - box.getBoundingClientRect().top + box.scrollTop,
    );
    if (place !== margin) setMargin(place);
  });
  const items = virtualizer.getVirtualItems();
  return {
    items,
    total: virtualizer.getTotalSize(),
    topOf: (item) => item.start - margin,
    measure: virtualizer.measureElement,
    onFocus: kept.onFocus,
    // Rows that are kept out of sight do not count.
    isNearEnd: (virtualizer.range?.endIndex ?? 0) >= rows.length - AHEAD,
  };
}

/** What scrolls an element. */
function scrollerOf(element: Element): Element {
  for (let box = element.parentElement; box; box = box.parentElement) {
    if (/auto|scroll/.test(getComputedStyle(box).overflowY)) return box;
  }
  return document.documentElement;
}
