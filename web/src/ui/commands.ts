/**
 * What can be done right now, by key or by name. Whatever is on the screen adds its own; the command bar and the page of
 * shortcuts show what there is (`app/CommandBar.tsx`).
 */
import { useLayoutEffect, useRef, useSyncExternalStore } from "react";

export type CommandGroup = "chat" | "list" | "chats" | "messages" | "pages" | "general";

/**
 * Every letter or sign that does something while no field is being typed in, and what it does where nothing on the page says
 * it better.
 */
export const HOTKEYS = [
  { hotkey: "w", group: "chat", label: "chat.write" },
  { hotkey: "e", group: "chat", label: "inbox.close" },
  { hotkey: "m", group: "chat", label: "inbox.snooze" },
  { hotkey: "a", group: "chat", label: "inbox.assign" },
  { hotkey: "s", group: "chat", label: "inbox.star" },
  { hotkey: "u", group: "chat", label: "inbox.markUnread" },
  { hotkey: "l", group: "chat", label: "inbox.tags" },
  { hotkey: "n", group: "chat", label: "note.addTitle" },
  { hotkey: "r", group: "chat", label: "reminder.addTitle" },
  { hotkey: "j", group: "list", label: "command.next" },
  { hotkey: "k", group: "list", label: "command.previous" },
  { hotkey: "/", group: "general", label: "command.search" },
  { hotkey: "?", group: "general", label: "command.help" },
] as const;

export type Hotkey = (typeof HOTKEYS)[number]["hotkey"];

export interface Command {
  readonly id: string;
  readonly group: CommandGroup;
  readonly label: string;
  readonly hotkey?: Hotkey;
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

/**
 * The letter or sign of a key. A keyboard that writes other letters than ours has them where they are on ours: the keys of an
 * Arabic or a Cyrillic one do the same.
 */
export function letterOf({ key, code, shiftKey }: Pick<KeyboardEvent, "key" | "code" | "shiftKey">): string {
  const isOurs = key.length !== 1 || key <= "~";
  if (isOurs) return key.toLowerCase();
  if (code === "Slash") return shiftKey ? "?" : "/";
  return /^Key[A-Z]$/.test(code) ? code.slice(3).toLowerCase() : key;
}

/** Whether keys belong to what is focused: a field, or something in a dialog or a menu. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return (
    target.isContentEditable ||
    target.closest("input, textarea, select, [role=dialog], [role=menu], [role=listbox], [role=textbox]") !== null
  );
}
