import { expect, it } from "vitest";
import { fromField, presets, toField } from "./moments";

it("a_moment_is_written_and_read_where_the_person_lives", () => {
  const moment = new Date("2026-11-27T02:00:00Z");
  expect(toField(moment, "Asia/Jakarta")).toBe("2026-11-27T09:00");
  expect(toField(moment, "America/New_York")).toBe("2026-11-26T21:00");
  for (const zone of ["Asia/Jakarta", "America/New_York", "Asia/Kathmandu", "UTC"])
    expect(fromField(toField(moment, zone), zone)).toEqual(moment);
  expect(toField(moment, "Asia/Jakarta", "second")).toBe("2026-11-27T09:00:00");
  expect(fromField("", "Asia/Jakarta").getTime()).toBeNaN();
});

it("a_day_on_which_the_clocks_change_is_read_right", () => {
  // In Berlin the clocks were put back at 03:00 on this day, to 02:00.
  expect(fromField("2026-10-25T01:30", "Europe/Berlin").toISOString()).toBe("2026-10-24T23:30:00.000Z");
  expect(fromField("2026-10-25T03:30", "Europe/Berlin").toISOString()).toBe("2026-10-25T02:30:00.000Z");
});

it("presets_are_hours_of_the_day_where_the_person_lives_and_still_to_come", () => {
  // A Friday, 19:30 in Jakarta.
  const now = new Date("2026-11-27T12:30:00Z");
  const chosen = presets(now, "Asia/Jakarta").map(([name, moment]) => [name, toField(moment, "Asia/Jakarta")]);
  expect(chosen).toEqual([
    ["inAnHour", "2026-11-27T20:30"],
    ["tomorrow", "2026-11-28T09:00"],
    ["nextWeek", "2026-11-30T09:00"],
  ]);
  expect(presets(now, "UTC").map(([name]) => name)).toContain("evening");
  const monday = Object.fromEntries(presets(new Date("2026-11-23T01:00:00Z"), "Asia/Jakarta"));
  expect(toField(monday.nextWeek as Date, "Asia/Jakarta")).toBe("2026-11-30T09:00");
});
