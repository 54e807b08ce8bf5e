/** Whether the panel beside a chat is open: remembered on wide screens, a drawer on narrow ones. */
import { useMediaQuery } from "@mantine/hooks";
import { useSyncExternalStore } from "react";

const STORED = "pesan.contactPanel";

let drawerOpen = false;
const listeners = new Set<() => void>();

function listen(changed: () => void): () => void {
  listeners.add(changed);
  return () => listeners.delete(changed);
}

function told(): void {
  for (const listener of listeners) listener();
}

interface Panel {
  readonly wide: boolean;
  readonly open: boolean;
  setOpen(open: boolean): void;
}

export function usePanel(): Panel {
  const wide = useMediaQuery("(min-width: 1200px)", false, { getInitialValueInEffect: false }) ?? false;
  const beside = useSyncExternalStore(listen, () => localStorage.getItem(STORED) !== "closed");
  const drawer = useSyncExternalStore(listen, () => drawerOpen);
  return {
    wide,
    open: wide ? beside : drawer,
    setOpen: (open) => {
      if (wide) localStorage.setItem(STORED, open ? "open" : "closed");
      else drawerOpen = open;
      told();
    },
  };
}

/** A drawer does not follow to the next chat. */
export function closeDrawer(): void {
  if (!drawerOpen) return;
  drawerOpen = false;
  told();
}
