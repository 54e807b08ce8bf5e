/** Where the keyboard is, and whether anybody uses it. */
import { useEffect, useEffectEvent, useState } from "react";

const TYPED_INTO = [
  'input:not([type="checkbox"], [type="radio"], [type="button"], [type="submit"], [type="file"], [type="range"])',
  "textarea",
  '[contenteditable]:not([contenteditable="false"])',
].join();

/** Whether the person is writing something right now. */
export function isTyping(): boolean {
  return document.activeElement?.matches(TYPED_INTO) ?? false;
}

/** A dialog that is open, and what had the focus before it. */
interface Opened {
  readonly before: Element | null;
  /** The dialog that was open when it came. */
  readonly below: Opened | undefined;
}

/** The newest dialog that is open. */
let newest: Opened | undefined;

/**
 * Gives the focus back to what had it when this came, once it goes. When that is gone too, as the button in a dialog
 * that opened this one, what had it before that gets it, and at last the page.
 */
export function useFocusBack(): void {
  const [opened] = useState<Opened>(() => ({ before: openerOf(document.activeElement), below: newest }));
  useEffect(() => {
    newest = opened;
    return () => {
      if (newest === opened) newest = opened.below;
      // After the frame in which it goes: what is still there by then can take it.
      setTimeout(() => {
        const isLost = document.activeElement === null || document.activeElement === document.body;
        if (isLost && newest === opened.below) giveBack(opened);
      });
    };
  }, [opened]);
}

/** What opened a menu, for a line of it: the menu is gone before the dialog is. */
function openerOf(focused: Element | null): Element | null {
  const menu = focused?.closest('[role="menu"]')?.getAttribute("aria-labelledby");
  return menu ? document.getElementById(menu) : focused;
}

function giveBack(opened: Opened): void {
  for (let each: Opened | undefined = opened; each; each = each.below) {
    const { before } = each;
    if (before === document.body || !(before instanceof HTMLElement) || !before.isConnected) continue;
    before.focus({ preventScroll: true });
    if (document.activeElement === before) return;
  }
  if (opened.before === document.body) return;
  document.querySelector("main")?.focus({ preventScroll: true });
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
