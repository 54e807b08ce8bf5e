/** Moments as people read them: in the language that is shown, and where the person lives. */
import { useSyncExternalStore } from "react";
import { currentLanguage } from "~/i18n";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The time zone of this browser. */
export function browserZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}

let chosenZone: string | undefined;
const zoneListeners = new Set<() => void>();

/** Shows moments as they are there; without a zone, or in one that this browser does not know, as the browser has them. */
export function setZone(zone: string | null | undefined): void {
  const next = zone && isKnown(zone) ? zone : undefined;
  if (next === chosenZone) return;
  chosenZone = next;
  for (const listener of [...zoneListeners]) listener();
}

function isKnown(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** Where the person lives: as they set it, else as the browser says. */
export function currentZone(): string {
  return chosenZone ?? browserZone();
}

/** Hears when it changes. */
export function onZone(listener: () => void): () => void {
  zoneListeners.add(listener);
  return () => zoneListeners.delete(listener);
}

export function useZone(): string {
  return useSyncExternalStore(onZone, currentZone);
}

/** They cost more to make than to use, and lists use them for every row. */
const formats = new Map<string, Intl.DateTimeFormat>();

/** The one way in which a moment becomes text. */
function shownAs(moment: string | number, options: Intl.DateTimeFormatOptions): string {
  const timeZone = options.timeZone ?? currentZone();
  const key = JSON.stringify([currentLanguage(), timeZone, options]);
  let format = formats.get(key);
  if (!format) {
    format = new Intl.DateTimeFormat(currentLanguage(), { ...options, timeZone });
    formats.set(key, format);
  }
  return format.format(new Date(moment));
}

const clocks = new Map<string, Intl.DateTimeFormat>();

/** How far the clocks of a zone are ahead of UTC at a moment, in milliseconds. */
export function aheadOfUtc(moment: number, zone: string): number {
  let format = clocks.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    clocks.set(zone, format);
  }
  const parts = format.formatToParts(moment);
  const part = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find((each) => each.type === type)?.value);
  const wall = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
  return wall - Math.floor(moment / 1_000) * 1_000;
}

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
  return shownAs(moment, { hour: "2-digit", minute: "2-digit" });
}

/** A day. One that is written without a time is the same day everywhere. */
export function day(moment: string): string {
  const timeZone = /^\d{4}-\d{2}-\d{2}$/.test(moment) ? "UTC" : undefined;
  return shownAs(moment, { day: "numeric", month: "short", year: "numeric", timeZone });
}

/** To the minute. */
export function shown(moment: string): string {
  return shownAs(moment, { dateStyle: "medium", timeStyle: "short" });
}

/** To the second. */
export function full(moment: string): string {
  return shownAs(moment, { dateStyle: "medium", timeStyle: "medium" });
}

/** The time, with its day unless it is today. */
export function when(moment: string): string {
  if (dayNumber(moment) === dayNumber(Date.now())) return clock(moment);
  return shownAs(moment, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
}

/** The day it is where the person lives, as a number that tells days apart. */
export function dayNumber(moment: string | number): number {
  const at = typeof moment === "number" ? moment : Date.parse(moment);
  return Math.floor((at + aheadOfUtc(at, currentZone())) / DAY);
}

/** The day it is where the person lives, as `<input type="date">` and the server write it. */
export function localDay(moment: Date): string {
  return new Date(moment.getTime() + aheadOfUtc(moment.getTime(), currentZone())).toISOString().slice(0, 10);
}

/** What a list of chats shows: the time today, else the day. */
export function listTime(moment: string, now: number): string {
  const days = dayNumber(now) - dayNumber(moment);
  if (days <= 0) return clock(moment);
  if (days < 7) return shownAs(moment, { weekday: "short" });
  return shownAs(moment, { day: "numeric", month: "numeric", year: "2-digit" });
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

/** A length as players show it, in minutes and seconds. */
export function minutes(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** A number with what follows its point. */
export function decimal(value: number): string {
  return new Intl.NumberFormat(currentLanguage()).format(value);
}
