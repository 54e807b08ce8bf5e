import { type ReactNode, useEffect, useRef } from "react";
import classes from "./VirtualList.module.css";
import { useVirtualRows } from "./virtual";

interface Props<T> {
  rows: readonly T[];
  keyOf(row: T): string;
  /** About how high a row is, until it is measured. */
  estimate: number;
  /** Whether there are more rows than these. */
  isMore: boolean;
  /** Hears whether the next page is wanted. */
  onNearEnd?(isNear: boolean): void;
  children(row: T): ReactNode;
}

/** A list of which only what is seen is there, within whatever scrolls. */
export function VirtualList<T>({ rows, keyOf, estimate, isMore, onNearEnd, children }: Props<T>) {
  const list = useRef<HTMLUListElement>(null);
  const { items, total, topOf, measure, onFocus, isNearEnd } = useVirtualRows<T, HTMLLIElement>({
    list,
    rows,
    keyOf,
    estimate,
  });
  useEffect(() => onNearEnd?.(isNearEnd), [isNearEnd, onNearEnd]);
  return (
    <ul ref={list} className={classes.list} style={{ height: total }} onFocus={onFocus}>
      {items.map((item) => {
        const row = rows[item.index];
        if (row === undefined) return null;
        return (
          <li
            key={item.key}
            ref={measure}
            data-index={item.index}
            data-row={keyOf(row)}
            aria-setsize={isMore ? -1 : rows.length}
            aria-posinset={item.index + 1}
            className={classes.row}
            style={{ top: topOf(item) }}
          >
            {children(row)}
          </li>
        );
      })}
    </ul>
  );
}
