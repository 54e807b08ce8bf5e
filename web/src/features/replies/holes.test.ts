import { expect, it } from "vitest";
import { holesIn, parts } from "./holes";

it("holes_are_found_and_marked", () => {
  const text = "{{contact.name}}, {{contact.fields.a_1}} {{contact.name}} {{x}} {a}";
  expect(holesIn(text)).toEqual(["{{contact.name}}", "{{contact.fields.a_1}}"]);
  expect(parts(text, holesIn(text)).map((part) => (part.isHole ? `[${part.text}]` : part.text))).toEqual([
    "[{{contact.name}}]",
    ", ",
    "[{{contact.fields.a_1}}]",
    " ",
    "[{{contact.name}}]",
    " {{x}} {a}",
  ]);
});
