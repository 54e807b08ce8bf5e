/** Reminders whose time has come, told to whoever shows them. */
import type { Reminder } from "~/api/types";

type Listener = (reminder: Reminder) => void;

const listeners = new Set<Listener>();

/** Hears of every reminder that is due, until the answer is called. */
export function onReminderDue(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function tellReminderDue(reminder: Reminder): void {
  for (const listener of listeners) listener(reminder);
}
