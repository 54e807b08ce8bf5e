/** The focus after a dialog. Apart from `focus.ts`, which every page needs: dialogs are fetched when one opens. */
import { useEffect, useState } from "react";

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
