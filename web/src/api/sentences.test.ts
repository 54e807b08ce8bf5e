import i18next from "i18next";
import { afterEach, expect, it } from "vitest";
import { chooseLanguage } from "~/i18n";
import { Problem } from "./problem";
import { sentenceOf, sentenceOfField } from "./sentences";

afterEach(() => chooseLanguage("en"));

it("known_phrases_are_said_in_the_language_that_is_shown", async () => {
  expect(sentenceOfField("must have 1 to 100 characters")).toBe("Write 1 to 100 characters.");
  expect(sentenceOfField("must have at most 4096 characters, has 5000")).toBe("Write at most 4096 characters.");
  await chooseLanguage("id");
  expect(sentenceOfField("must have at least 10 characters")).toBe("Tulis minimal 10 karakter.");
  expect(sentenceOf(new Problem(409, { code: "email_taken", detail: "Somebody logs in with it." }))).toBe(
    i18next.t("problem.emailTaken"),
  );
});

it("what_is_not_known_is_shown_as_the_server_told_it_as_a_sentence", () => {
  expect(sentenceOfField("is said to be image/png but looks like image/gif")).toBe(
    "Is said to be image/png but looks like image/gif.",
  );
  expect(sentenceOf(new Problem(409, { code: "new_code", detail: "Somebody was faster." }))).toBe(
    "Somebody was faster.",
  );
});
