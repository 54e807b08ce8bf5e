import { describe, expect, it } from "vitest";
import { fieldValue, PRESETS } from "./times";

describe("a snooze", () => {
  // A Monday and the Sunday before it, by local time.
  const monday = new Date(2026, 0, 5, 16, 30);
  const sunday = new Date(2026, 0, 4, 16, 30);

  it("until_tomorrow_ends_in_the_morning", () => {
    expect(PRESETS.snoozeTomorrow(monday)).toEqual(new Date(2026, 0, 6, 9));
  });

  it("until_monday_is_always_of_a_week_to_come", () => {
    expect(PRESETS.snoozeWeek(monday)).toEqual(new Date(2026, 0, 12, 9));
    expect(PRESETS.snoozeWeek(sunday)).toEqual(new Date(2026, 0, 5, 9));
  });

  it("for_an_hour_ends_in_one", () => {
    expect(PRESETS.snoozeHour(monday).getTime() - monday.getTime()).toBe(3_600_000);
  });

  it("is_written_into_a_field_as_local_time", () => {
    expect(fieldValue(monday)).toBe("2026-01-05T16:30:00");
  });
});
