import { type ReactNode, useCallback, useLayoutEffect, useRef, useState } from "react";
import { IconNext, IconPrevious } from "./icons";
import classes from "./Strip.module.css";

interface Props {
  className?: string | undefined;
  label: string;
  children: ReactNode;
}

/**
 * One line of what may be wider than its place: it is scrolled by swiping, by the keyboard as the focus goes on, and with a
 * mouse by the arrows at its edges.
 */
export function Strip({ className, label, children }: Props) {
  const strip = useRef<HTMLDivElement>(null);
  const [beyond, setBeyond] = useState({ before: false, after: false });
  const look = useCallback(() => {
    if (!strip.current) return;
    const { scrollLeft, scrollWidth, clientWidth } = strip.current;
    // From right to left it is negative.
    const at = Math.abs(scrollLeft);
    const [before, after] = [at > 1, at + clientWidth < scrollWidth - 1];
    setBeyond((known) => (known.before === before && known.after === after ? known : { before, after }));
  }, []);
  // Whatever is in it can have become wider.
  useLayoutEffect(look);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(look);
    if (strip.current) observer.observe(strip.current);
    return () => observer.disconnect();
  }, [look]);
  const go = (way: 1 | -1) => {
    const element = strip.current;
    if (!element) return;
    const forth = getComputedStyle(element).direction === "rtl" ? -1 : 1;
    element.scrollBy({ left: way * forth * element.clientWidth * 0.7 });
  };
  // They are for the mouse: with the keyboard everything in it is reached without them.
  const arrow = (way: 1 | -1) => (
    <button
      type="button"
      className={classes.arrow}
      data-way={way === 1 ? "on" : "back"}
      tabIndex={-1}
      aria-hidden
      onClick={() => go(way)}
    >
      {way === 1 ? <IconNext size={16} /> : <IconPrevious size={16} />}
    </button>
  );
  return (
    <div className={classes.frame}>
      {beyond.before && arrow(-1)}
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be scrolled sideways */}
      <div
        ref={strip}
        className={`${classes.strip} ${className ?? ""}`}
        role="group"
        aria-label={label}
        data-before={beyond.before || undefined}
        data-after={beyond.after || undefined}
        onScroll={look}
      >
        {children}
      </div>
      {beyond.after && arrow(1)}
    </div>
  );
}
