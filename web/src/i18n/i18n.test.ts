import { describe, expect, it } from "vitest";
import { ar } from "./ar";
import { en } from "./en";
import { id } from "./id";

type Flat = Record<string, string>;
const flat = (texts: Record<string, Record<string, string>>): Flat =>
  Object.fromEntries(
    Object.entries(texts).flatMap(([section, entries]) =>
      Object.entries(entries).map(([key, text]) => [`${section}.${key}`, text]),
    ),
  );
const placeholders = (text: string) =>
  [...new Set(text.match(/\{\{\w+\}\}|<\d>/g) ?? [])].filter((part) => part !== "{{count}}").sort();

const english = flat(en);
const plurals = [
  ...new Set(
    Object.keys(english)
      .filter((key) => key.endsWith("_other"))
      .map((key) => key.slice(0, -"_other".length)),
  ),
];

describe.each([
  ["id", flat(id)],
  ["ar", flat(ar)],
])("%s", (language, texts) => {
  it("says_everything_that_english_says", () => {
    expect(Object.keys(english).filter((key) => !texts[key])).toEqual([]);
  });

  it("has_every_plural_form_of_its_grammar", () => {
    const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
    expect(plurals.flatMap((key) => forms.map((form) => `${key}_${form}`)).filter((key) => !texts[key])).toEqual([]);
  });

  it("fills_in_the_same_values", () => {
    const wrong = Object.keys(english).filter(
      (key) => placeholders(texts[key] ?? "").join() !== placeholders(english[key] ?? "").join(),
    );
    expect(wrong).toEqual([]);
  });
});
