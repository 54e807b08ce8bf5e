/** Moments that a chat or a message is put off to. */
import { onDay } from "~/ui/moments";

/** When the working day begins: a snooze until a day ends then. */
const MORNING = 9;

const HOUR = 3_600_000;

/** What a snooze can be set to at once. */
export const PRESETS = {
  snoozeHour: (now: Date) => new Date(now.getTime() + HOUR),
  snoozeThree: (now: Date) => new Date(now.getTime() + 3 * HOUR),
  snoozeTomorrow: (now: Date, zone: string) => onDay(now, zone, () => 1, MORNING),
  // Of a Monday the next one.
  snoozeWeek: (now: Date, zone: string) => onDay(now, zone, (weekday) => (8 - weekday) % 7 || 7, MORNING),
} as const satisfies Record<string, (now: Date, zone: string) => Date>;
