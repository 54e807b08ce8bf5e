import { describe, expect, it } from "vitest";
import { isolated, isolatedIfNeeded, lettersOf, seen, typable, withoutTurns } from "./names";

describe("a name beside other words", () => {
  it("begins_and_ends_its_own_direction_whatever_is_in_it", () => {
    expect(isolated("Budi")).toBe("\u2068Budi\u2069");
    expect(isolated("\u202eiduB")).toBe("\u2068iduB\u2069");
    // It would end what holds it together, and turn what comes after it.
    expect(isolated("Budi\u2069\u202e")).toBe("\u2068Budi\u2069");
    expect(isolated("\u2066+62 800-0000-0001\u2069")).toBe("\u2066+62 800-0000-0001\u2069");
    expect(isolated("\u2066a\u2069\u202e\u2069")).toBe("\u2068a\u2069");
    expect(isolated("Budi\u2029\u202eiduB")).toBe("\u2068Budi iduB\u2069");
    expect(isolated("\u2066+62\u2069, \u2066+1\u2069")).toBe("\u2068\u2066+62\u2069, \u2066+1\u2069\u2069");
  });

  it("stays_as_it_is_in_a_sentence_where_it_cannot_turn_anything", () => {
    expect(isolatedIfNeeded("Budi", "ltr")).toBe("Budi");
    expect(isolatedIfNeeded("+62 800-0000-0001", "ltr")).toBe("+62 800-0000-0001");
    expect(isolatedIfNeeded("\u2066+62\u2069, Budi", "ltr")).toBe("\u2066+62\u2069, Budi");
    expect(isolatedIfNeeded("سيتي", "ltr")).toBe("\u2068سيتي\u2069");
    expect(isolatedIfNeeded("سيتي", "rtl")).toBe("سيتي");
    expect(isolatedIfNeeded("Budi", "rtl")).toBe("\u2068Budi\u2069");
    expect(isolatedIfNeeded("Budi\u202e", "ltr")).toBe("\u2068Budi\u2069");
  });
});

it("shows_the_ending_of_a_file_at_its_end", () => {
  expect(withoutTurns("kwitansi\u202efdp.exe")).toBe("kwitansifdp.exe");
});

it("tells_whether_there_is_anything_to_see", () => {
  for (const text of ["", " \n", "\u200b\u2060", "\u202e\u2069", "\u3164\u2800", "\ufe0f", null, undefined])
    expect(seen(text)).toBeUndefined();
  for (const text of ["a", "\u200bي", "👩\u200d👧", "."]) expect(seen(text)).toBe(text);
});

it("has_its_initials_from_letters", () => {
  expect(lettersOf("🌸 Siti \u202e<b>Rahma")).toBe("Siti bRahma");
  expect(lettersOf("🌸\u200b")).toBeUndefined();
});

it("can_be_typed_by_whoever_only_sees_it", () => {
  expect(typable("\u202eBudi\u200b \n Santoso\u00a0")).toBe("Budi Santoso");
  expect(typable("e\u0301")).toBe("é");
});
