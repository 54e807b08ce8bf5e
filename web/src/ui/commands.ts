/**
 * What can be done right now, by key or by name. Whatever is on the screen adds its own; the command bar and the page of
 * shortcuts show what there is (`app/CommandBar.tsx`).
 */
import { useLayoutEffect, useRef, useSyncExternalStore } from "react";

export type CommandGroup = "chat" | "list" | "chats" | "messages" | "pages" | "general";

export interface Command {
  readonly id: string;
  readonly group: CommandGroup;
  readonly label: string;
  /** One letter or sign that does it while no field is being typed in. */
  readonly hotkey?: string;
  /** Why it cannot be done now. */
  readonly disabled?: string | undefined;
  /** Only by key: not worth a line in the bar. */
  readonly isHidden?: boolean;
  run(): void;
}

const sources = new Set<{ current: readonly Command[] }>();
const listeners = new Set<() => void>();
let all: readonly Command[] = [];

function changed(): void {
  all = [...sources].flatMap((source) => source.current);
  for (const listener of listeners) listener();
}

/** Adds commands for as long as the component is shown. */
export function useCommands(commands: readonly Command[]): void {
  const source = useRef(commands);
  // Whoever sees the page can use its keys at once.
  useLayoutEffect(() => {
    const added = source;
    sources.add(added);
    return () => {
      sources.delete(added);
      changed();
    };
  }, []);
  useLayoutEffect(() => {
    source.current = commands;
    changed();
  }, [commands]);
}

/** Every command there is right now. */
export function useAllCommands(): readonly Command[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => all,
  );
}

/** Whether keys belong to what is focused: a field, or something in a dialog or a menu. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return (
    target.isContentEditable ||
    target.closest("input, textarea, select, [role=dialog], [role=menu], [role=listbox], [role=textbox]") !== null
  );
}
