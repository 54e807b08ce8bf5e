import { expect, it } from "vitest";
import { bytes } from "./time";

it("sizes_have_their_plural", () => {
  expect([1, 14, 1_500, 2_300_000].map(bytes)).toEqual(["1 byte", "14 bytes", "1.5 kB", "2.3 MB"]);
});
