import { afterEach, describe, expect, it } from "vitest";
import {
  browserZone,
  bytes,
  clock,
  currentZone,
  day,
  dayNumber,
  full,
  listTime,
  localDay,
  setZone,
  span,
} from "./time";

it("sizes_have_their_plural", () => {
  expect([1, 14, 1_500, 2_300_000].map(bytes)).toEqual(["1 byte", "14 bytes", "1.5 kB", "2.3 MB"]);
});

it("a_span_has_its_two_largest_units", () => {
  expect([0, 4_400, 65_000, 3_600_000, 7_500_000, 93_600_000].map((ms) => span(ms))).toEqual([
    "0 sec",
    "4 sec",
    "1 min 5 sec",
    "1 hr",
    "2 hr 5 min",
    "1 day 2 hr",
  ]);
  expect([7_500_000, 7_195_000, 29_000].map((ms) => span(ms, 1))).toEqual(["2 hr", "2 hr", "29 sec"]);
});

describe("where the person lives", () => {
  afterEach(() => setZone(null));
  // In Jakarta it is already the 28th, 01:30.
  const moment = "2026-11-27T18:30:00Z";

  it.each([
    ["Asia/Jakarta", "01:30 AM", "Nov 28, 2026", "Nov 28, 2026, 1:30:00 AM", "2026-11-28"],
    ["America/New_York", "01:30 PM", "Nov 27, 2026", "Nov 27, 2026, 1:30:00 PM", "2026-11-27"],
    ["Asia/Kathmandu", "12:15 AM", "Nov 28, 2026", "Nov 28, 2026, 12:15:00 AM", "2026-11-28"],
  ])("times_and_days_are_those_of_%s", (zone, time, date, whole, field) => {
    setZone(zone);
    const plain = (text: string) => text.replaceAll("\u202f", " ");
    expect([clock(moment), day(moment), full(moment)].map(plain)).toEqual([time, date, whole]);
    expect(localDay(new Date(moment))).toBe(field);
  });

  it("a_day_begins_at_its_midnight", () => {
    setZone("Asia/Jakarta");
    expect(dayNumber("2026-11-27T17:00:00Z") - dayNumber("2026-11-27T16:59:59Z")).toBe(1);
    setZone("America/New_York");
    expect(dayNumber("2026-11-27T17:00:00Z")).toBe(dayNumber("2026-11-27T16:59:59Z"));
    // Seen from the 28th in Jakarta, 17:00 UTC of the 26th was the day before.
    setZone("Asia/Jakarta");
    expect(listTime("2026-11-26T17:00:00Z", Date.parse(moment))).toBe("Fri");
  });

  it("a_day_without_a_time_is_the_same_everywhere", () => {
    for (const zone of ["Pacific/Honolulu", "Pacific/Kiritimati"]) {
      setZone(zone);
      expect(day("2026-11-27")).toBe("Nov 27, 2026");
    }
  });

  it("is_where_the_browser_is_when_the_zone_is_unknown", () => {
    setZone("Mars/Olympus_Mons");
    expect(currentZone()).toBe(browserZone());
  });
});
