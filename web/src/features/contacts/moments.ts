/** Moments that people choose, where they live: in the form of the browser's field, and those that are chosen most. */
import { usePreferences } from "~/app/preferences";
import { currentLanguage } from "~/i18n";

/** The time zone of this browser. */
export function browserZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}

/** Where the person lives: as they set it, else as the browser says. */
export function useZone(): string {
  return usePreferences().preferences.time_zone ?? browserZone();
}

/** How far the clocks of a zone are ahead of UTC at a moment. */
function ahead(moment: number, zone: string): number {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(moment);
  const part = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find((each) => each.type === type)?.value);
  const wall = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
  return wall - Math.floor(moment / 1_000) * 1_000;
}

/** The moment at which the clocks of a zone show this, which is given as if it were UTC. */
function fromWall(wall: number, zone: string): Date {
  const near = wall - ahead(wall, zone);
  // Once more, because the clocks may be put forward or back in between.
  return new Date(wall - ahead(near, zone));
}

/** A moment as `<input type="datetime-local">` wants it. */
export function toField(moment: Date, zone: string): string {
  return new Date(moment.getTime() + ahead(moment.getTime(), zone)).toISOString().slice(0, 16);
}

/** The moment that was entered there. */
export function fromField(text: string, zone: string): Date {
  return fromWall(Date.parse(`${text}Z`), zone);
}

/** A moment as people read it, to the minute. */
export function shown(moment: string, zone: string): string {
  const format = { dateStyle: "medium", timeStyle: "short", timeZone: zone } as const;
  return new Intl.DateTimeFormat(currentLanguage(), format).format(new Date(moment));
}

/** The wall clock that presets count from, and a time of one of the next days by it. */
function at(now: Date, zone: string, days: (weekday: number) => number, hour: number): Date {
  const wall = new Date(now.getTime() + ahead(now.getTime(), zone));
  const day = wall.getUTCDate() + days(wall.getUTCDay());
  return fromWall(Date.UTC(wall.getUTCFullYear(), wall.getUTCMonth(), day, hour), zone);
}

export const PRESETS = {
  inAnHour: (now: Date) => new Date(Math.ceil((now.getTime() + 3_600_000) / 60_000) * 60_000),
  evening: (now: Date, zone: string) => at(now, zone, () => 0, 18),
  tomorrow: (now: Date, zone: string) => at(now, zone, () => 1, 9),
  // Of a Monday the next one.
  nextWeek: (now: Date, zone: string) => at(now, zone, (weekday) => (8 - weekday) % 7 || 7, 9),
} as const;

export type Preset = keyof typeof PRESETS;

/** The presets that are still to come. */
export function presets(now: Date, zone: string): [Preset, Date][] {
  const all = (Object.keys(PRESETS) as Preset[]).map((name): [Preset, Date] => [name, PRESETS[name](now, zone)]);
  return all.filter(([, moment]) => moment > now);
}
