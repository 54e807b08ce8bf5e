import { describe, expect, it } from "vitest";
import { PRESETS } from "./times";

describe("a snooze", () => {
  // A Monday and the Sunday before it, 16:30 in Jakarta.
  const monday = new Date("2026-01-05T09:30:00Z");
  const sunday = new Date("2026-01-04T09:30:00Z");
  const nextMonday = new Date("2026-01-12T02:00:00Z");

  it("until_tomorrow_ends_in_the_morning_where_the_person_lives", () => {
    expect(PRESETS.snoozeTomorrow(monday, "Asia/Jakarta")).toEqual(new Date("2026-01-06T02:00:00Z"));
    // There it is still the morning of the Monday.
    expect(PRESETS.snoozeTomorrow(monday, "America/New_York")).toEqual(new Date("2026-01-06T14:00:00Z"));
  });

  it("until_monday_is_always_of_a_week_to_come", () => {
    expect(PRESETS.snoozeWeek(monday, "Asia/Jakarta")).toEqual(nextMonday);
    expect(PRESETS.snoozeWeek(sunday, "Asia/Jakarta")).toEqual(new Date("2026-01-05T02:00:00Z"));
  });

  it("for_an_hour_ends_in_one", () => {
    expect(PRESETS.snoozeHour(monday).getTime() - monday.getTime()).toBe(3_600_000);
  });
});
