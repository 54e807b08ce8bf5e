/** Where the keyboard is, and whether anybody uses it. */
import { type RefObject, useEffect, useEffectEvent, useLayoutEffect } from "react";

const TYPED_INTO = [
  'input:not([type="checkbox"], [type="radio"], [type="button"], [type="submit"], [type="file"], [type="range"])',
  "textarea",
  '[contenteditable]:not([contenteditable="false"])',
].join();

/** Whether the person is writing something right now. */
export function isTyping(): boolean {
  return document.activeElement?.matches(TYPED_INTO) ?? false;
}

/** What a person does; each begins the rest anew. */
const DOINGS = ["keydown", "pointerdown", "input", "wheel", "touchmove"] as const;

/** Calls once nobody has done anything for so long. `what` is what the rest is waited for; nothing is, without it. */
export function useRest(what: string | undefined, restMs: number, then: (what: string) => void): void {
  const rested = useEffectEvent(then);
  useEffect(() => {
    if (what === undefined) return;
    let timer = setTimeout(() => rested(what), restMs);
    const again = () => {
      clearTimeout(timer);
      timer = setTimeout(() => rested(what), restMs);
    };
    for (const doing of DOINGS) window.addEventListener(doing, again, { capture: true, passive: true });
    return () => {
      clearTimeout(timer);
      for (const doing of DOINGS) window.removeEventListener(doing, again, { capture: true });
    };
  }, [what, restMs]);
}

/**
 * Takes the focus when what had it is gone, as a row that is to be deleted: who works by key can take that back at once, and
 * then goes on in the page.
 */
export function useLostFocus(element: RefObject<HTMLElement | null> | undefined): void {
  useLayoutEffect(() => {
    if (!element) return;
    if (document.activeElement === document.body) element.current?.focus({ preventScroll: true });
    const own = element.current;
    return () => {
      if (own === document.activeElement) document.querySelector("main")?.focus({ preventScroll: true });
    };
  }, [element]);
}

/**
 * Hears Escape before every dialog does, for one that opens above others: each open dialog listens for itself, and the
 * oldest would close. Whoever uses this must be there before any of them.
 */
export function useFirstEscape(isOpen: () => boolean, close: () => void): void {
  const hear = useEffectEvent((event: KeyboardEvent) => {
    if (event.key !== "Escape" || event.isComposing || !isOpen()) return;
    event.stopImmediatePropagation();
    close();
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => hear(event);
    window.addEventListener("keydown", onKey, { capture: true });
    return () => window.removeEventListener("keydown", onKey, { capture: true });
  }, []);
}
