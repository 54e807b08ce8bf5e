/** Moments that people choose, where they live: in the form of the browser's field, and those that are chosen most. */
import { aheadOfUtc } from "./time";

/** The moment at which the clocks of a zone show this, which is given as if it were UTC. */
function fromWall(wall: number, zone: string): Date {
  const near = wall - aheadOfUtc(wall, zone);
  // Once more, because the clocks may be put forward or back in between.
  return new Date(wall - aheadOfUtc(near, zone));
}

/** A moment as `<input type="datetime-local">` wants it, to the minute or the second. */
export function toField(moment: Date, zone: string, to: "minute" | "second" = "minute"): string {
  const wall = new Date(moment.getTime() + aheadOfUtc(moment.getTime(), zone)).toISOString();
  return wall.slice(0, to === "minute" ? 16 : 19);
}

/** The moment that was entered there; an invalid one when the field is empty. */
export function fromField(text: string, zone: string): Date {
  const wall = Date.parse(`${text}Z`);
  return Number.isNaN(wall) ? new Date(Number.NaN) : fromWall(wall, zone);
}

/** An hour of one of the next days, by the wall clock of a zone; which day goes by the day of the week, 0 for Sunday. */
export function onDay(now: Date, zone: string, days: (weekday: number) => number, hour: number): Date {
  const wall = new Date(now.getTime() + aheadOfUtc(now.getTime(), zone));
  const day = wall.getUTCDate() + days(wall.getUTCDay());
  return fromWall(Date.UTC(wall.getUTCFullYear(), wall.getUTCMonth(), day, hour), zone);
}

export const PRESETS = {
  inAnHour: (now: Date) => new Date(Math.ceil((now.getTime() + 3_600_000) / 60_000) * 60_000),
  evening: (now: Date, zone: string) => onDay(now, zone, () => 0, 18),
  tomorrow: (now: Date, zone: string) => onDay(now, zone, () => 1, 9),
  // Of a Monday the next one.
  nextWeek: (now: Date, zone: string) => onDay(now, zone, (weekday) => (8 - weekday) % 7 || 7, 9),
} as const;

export type Preset = keyof typeof PRESETS;

/** The presets that are still to come. */
export function presets(now: Date, zone: string): [Preset, Date][] {
  const all = (Object.keys(PRESETS) as Preset[]).map((name): [Preset, Date] => [name, PRESETS[name](now, zone)]);
  return all.filter(([, moment]) => moment > now);
}
