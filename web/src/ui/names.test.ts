import { describe, expect, it } from "vitest";
import { inSentence, isolated, lettersOf, seen, typable, withoutTurns } from "./names";

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
    expect(inSentence("Budi", "ltr")).toBe("Budi");
    expect(inSentence("+62 800-0000-0001", "ltr")).toBe("+62 800-0000-0001");
    expect(inSentence("\u2066+62\u2069, Budi", "ltr")).toBe("\u2066+62\u2069, Budi");
    expect(inSentence("سيتي", "ltr")).toBe("\u2068سيتي\u2069");
    expect(inSentence("سيتي", "rtl")).toBe("سيتي");
    expect(inSentence("Budi", "rtl")).toBe("\u2068Budi\u2069");
    expect(inSentence("Budi\u202e", "ltr")).toBe("\u2068Budi\u2069");
  });

  it("leaves_room_in_a_sentence_for_the_sentence", () => {
    expect(inSentence("W".repeat(60), "ltr")).toBe("W".repeat(60));
    expect(inSentence("W".repeat(61), "ltr")).toBe(`${"W".repeat(60)}…`);
    // As they are read, not as they are stored.
    expect(inSentence("👩\u200d👧".repeat(60), "ltr")).toBe("👩\u200d👧".repeat(60));
    expect(inSentence("👩\u200d👧".repeat(61), "ltr")).toBe(`${"👩\u200d👧".repeat(60)}…`);
    expect(inSentence(`\u2067${"سيتي".repeat(30)}\u2069`, "rtl")).toMatch(/^\u2068سيتي.*…\u2069$/);
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
