/** Moments to come, as people choose and read them. */
import { currentLanguage } from "~/i18n";
import { clock, dayNumber } from "~/ui/time";

/** When the working day begins: a snooze until a day ends then. */
const MORNING = 9;

const HOUR = 3_600_000;

/** What a snooze can be set to at once. */
export const PRESETS = {
  snoozeHour: (now: Date) => new Date(now.getTime() + HOUR),
  snoozeThree: (now: Date) => new Date(now.getTime() + 3 * HOUR),
  snoozeTomorrow: (now: Date) => morning(now, 1),
  // Of a Monday the next one.
  snoozeWeek: (now: Date) => morning(now, (8 - now.getDay()) % 7 || 7),
} as const satisfies Record<string, (now: Date) => Date>;

function morning(now: Date, days: number): Date {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, MORNING);
}

/** The time, with its day unless it is today. */
export function when(moment: string): string {
  if (dayNumber(moment) === dayNumber(Date.now())) return clock(moment);
  return new Intl.DateTimeFormat(currentLanguage(), {
    weekday: "short",
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
  }).format(new Date(moment));
}

/** As a field for day and time has it: local, to the second. */
export function fieldValue(moment: Date): string {
  const local = new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19);
}
