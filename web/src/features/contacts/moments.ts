/** Moments that people choose: in the form of the browser's field, and those that are chosen most. */

/** A moment as `<input type="datetime-local">` wants it. */
export function toField(moment: Date): string {
  const local = new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

function at(now: Date, days: number, hour: number): Date {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, hour);
}

export const PRESETS = {
  inAnHour: (now: Date) => new Date(Math.ceil((now.getTime() + 3_600_000) / 60_000) * 60_000),
  evening: (now: Date) => at(now, 0, 18),
  tomorrow: (now: Date) => at(now, 1, 9),
  nextWeek: (now: Date) => at(now, (8 - now.getDay()) % 7 || 7, 9),
} as const;

export type Preset = keyof typeof PRESETS;

/** The presets that are still to come. */
export function presets(now: Date): [Preset, Date][] {
  const all = (Object.keys(PRESETS) as Preset[]).map((name): [Preset, Date] => [name, PRESETS[name](now)]);
  return all.filter(([, moment]) => moment > now);
}
