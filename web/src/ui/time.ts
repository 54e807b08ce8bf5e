/** Moments as people read them, in the language that is shown. */
import { currentLanguage } from "~/i18n";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** "3 minutes ago", "in 2 hours", "yesterday". */
export function ago(moment: string, now: number): string {
  const format = new Intl.RelativeTimeFormat(currentLanguage(), { numeric: "auto", style: "short" });
  const delta = Date.parse(moment) - now;
  const size = Math.abs(delta);
  if (size < 45_000) return format.format(0, "second");
  if (size < HOUR) return format.format(Math.round(delta / MINUTE), "minute");
  if (size < DAY) return format.format(Math.round(delta / HOUR), "hour");
  if (size < 30 * DAY) return format.format(Math.round(delta / DAY), "day");
  return day(moment);
}

/** How long something lasted, in its largest units: "2 hr 5 min". */
export function span(ms: number, units = 2): string {
  // In one unit, seconds would only be cut off.
  const step = units === 1 && ms >= MINUTE ? 60 : 1;
  const secs = Math.max(0, Math.round(ms / 1_000 / step) * step);
  const parts = [
    ["day", Math.floor(secs / 86_400)],
    ["hour", Math.floor((secs % 86_400) / 3_600)],
    ["minute", Math.floor((secs % 3_600) / 60)],
    ["second", secs % 60],
  ] as const;
  const first = parts.findIndex(([, size]) => size > 0);
  const shown = first === -1 ? parts.slice(-1) : parts.slice(first, first + units).filter(([, size]) => size > 0);
  return shown
    .map(([unit, size]) =>
      new Intl.NumberFormat(currentLanguage(), { style: "unit", unit, unitDisplay: "short" }).format(size),
    )
    .join(" ");
}

export function clock(moment: string): string {
  return new Intl.DateTimeFormat(currentLanguage(), { hour: "2-digit", minute: "2-digit" }).format(new Date(moment));
}

export function day(moment: string): string {
  return new Intl.DateTimeFormat(currentLanguage(), { day: "numeric", month: "short", year: "numeric" }).format(
    new Date(moment),
  );
}

export function full(moment: string): string {
  return new Intl.DateTimeFormat(currentLanguage(), { dateStyle: "medium", timeStyle: "medium" }).format(
    new Date(moment),
  );
}

/** Local midnight, as a number that tells days apart. */
export function dayNumber(moment: string | number): number {
  const date = new Date(moment);
  return Math.round(new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime() / DAY);
}

/** The day it is here, as `<input type="date">` and the server write it. */
export function localDay(moment: Date): string {
  const month = String(moment.getMonth() + 1).padStart(2, "0");
  return `${moment.getFullYear()}-${month}-${String(moment.getDate()).padStart(2, "0")}`;
}

/** What a list of chats shows: the time today, else the day. */
export function listTime(moment: string, now: number): string {
  const days = dayNumber(now) - dayNumber(moment);
  if (days <= 0) return clock(moment);
  const date = new Date(moment);
  if (days < 7) return new Intl.DateTimeFormat(currentLanguage(), { weekday: "short" }).format(date);
  return new Intl.DateTimeFormat(currentLanguage(), { day: "numeric", month: "numeric", year: "2-digit" }).format(date);
}

export function bytes(size: number): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;
  const step = Math.min(units.length - 1, Math.floor(Math.log(Math.max(size, 1)) / Math.log(1000)));
  return new Intl.NumberFormat(currentLanguage(), {
    style: "unit",
    unit: units[step] ?? "byte",
    // The short form of a byte is the whole word, and in English without its plural.
    unitDisplay: step === 0 ? "long" : "short",
    maximumFractionDigits: step === 0 ? 0 : 1,
  }).format(size / 1000 ** step);
}

/** A part of a whole, from 0 to 1. */
export function percentage(part: number): string {
  return new Intl.NumberFormat(currentLanguage(), { style: "percent", maximumFractionDigits: 0 }).format(part);
}
