import { expect, it } from "vitest";
import { bytes, span } from "./time";

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
