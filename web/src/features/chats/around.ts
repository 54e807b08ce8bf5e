/**
 * The thread around a message: where it stands in the middle, and where nothing moves when newer messages come in below.
 * The scroller is reversed, so it keeps its distance from its end; what is added there has to be made up for.
 */
import { type RefObject, useLayoutEffect, useRef } from "react";

interface Shown {
  /** The message that is shown. */
  around: string | undefined;
  /** Whether the thread around it is there. */
  isReady: boolean;
  /** The newest message of it. */
  newest: string | undefined;
  /** How many parts of it were read. */
  parts: number;
}

export function useAround(scroller: RefObject<HTMLElement | null>, { around, isReady, newest, parts }: Shown): void {
  const before = useRef<{ around: string; newest: string | undefined; parts: number }>(undefined);
  useLayoutEffect(() => {
    const box = scroller.current;
    const known = before.current;
    before.current = around !== undefined && isReady ? { around, newest, parts } : undefined;
    if (!box) return;
    // The newest messages are shown from their end.
    if (known && around === undefined) box.scrollTop = 0;
    if (around === undefined || !isReady) return;
    if (known?.around !== around) {
      const found = messageIn(box, around);
      found?.scrollIntoView({ block: "center" });
      found?.focus({ preventScroll: true });
    } else if (known.parts !== parts && known.newest !== newest) {
      const [was, is] = [messageIn(box, known.newest), messageIn(box, newest)];
      if (was && is) box.scrollTop -= is.getBoundingClientRect().bottom - was.getBoundingClientRect().bottom;
    }
  }, [scroller, around, isReady, newest, parts]);
}

function messageIn(box: HTMLElement, id: string | undefined): HTMLElement | undefined {
  const lines = box.querySelectorAll<HTMLElement>("[data-message]");
  return [...lines].find((line) => line.dataset.message === id);
}
