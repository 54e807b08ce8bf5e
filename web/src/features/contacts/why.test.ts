import { beforeAll, describe, expect, it } from "vitest";
import { chooseLanguage } from "~/i18n";
import { daysAgo } from "./why";

describe("days", () => {
  beforeAll(() => chooseLanguage("en"));

  it("are_told_in_the_largest_fitting_unit", () => {
    expect([0, 1, 42, 100, 800].map(daysAgo)).toEqual([
      "today",
      "yesterday",
      "42 days ago",
      "3 months ago",
      "2 years ago",
    ]);
  });
});
