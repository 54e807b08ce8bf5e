import i18next from "i18next";
import { afterEach, describe, expect, it } from "vitest";
import { chooseLanguage } from "~/i18n";
import { Problem } from "./problem";
import { adviceOf, sentenceOf, sentenceOfFailure, sentenceOfField, sentenceOfReason } from "./sentences";
import type { AccountState, StateReason, WrongField } from "./types";

afterEach(() => chooseLanguage("en"));

const tooLong: WrongField = {
  pointer: "/text/body",
  code: "too_long",
  params: { max: 4096, length: 5000 },
  detail: "must have at most 4096 characters, has 5000",
};
/** As a newer server would tell it. */
const unknown = { pointer: "/text/body", code: "too_loud", detail: "is too loud" } as unknown as WrongField;

describe("a wrong field", () => {
  it("is_told_by_its_code_in_the_language_that_is_shown", async () => {
    expect(sentenceOfField(tooLong)).toBe("Write at most 4,096 characters.");
    await chooseLanguage("id");
    expect(sentenceOfField(tooLong)).toBe("Tulis paling banyak 4.096 karakter.");
    await chooseLanguage("ar");
    expect(sentenceOfField(tooLong)).toContain(new Intl.NumberFormat("ar").format(4096));
  });

  it("names_sizes_lists_and_types_as_people_do", async () => {
    const large: WrongField = {
      pointer: "/image",
      code: "file_too_large",
      params: { max_bytes: 5_000_000 },
      detail: "is too large: at most 4 MB",
    };
    const choice: WrongField = {
      pointer: "/role",
      code: "not_one_of",
      params: { allowed: ["admin", "agent"] },
      detail: "must be one of admin, agent",
    };
    const type: WrongField = {
      pointer: "/name",
      code: "wrong_type",
      params: { expected: "string" },
      detail: "must be a string",
    };
    expect(sentenceOfField(large)).toBe("This file is too large. At most 5 MB can be sent.");
    expect(sentenceOfField(choice)).toBe("Choose one of these: admin, agent.");
    expect(sentenceOfField(type)).toBe("This must be text.");
    await chooseLanguage("ar");
    expect(sentenceOfField(choice), "words of programs stay whole").toContain("\u2068admin, agent\u2069");
  });

  it("of_a_code_that_is_not_known_is_shown_as_the_server_told_it_as_a_sentence", async () => {
    await chooseLanguage("id");
    expect(sentenceOfField(unknown)).toBe("Is too loud.");
  });
});

describe("a message that failed", () => {
  it("says_why_and_what_to_do_by_its_code", async () => {
    const told = { code: "rejected_413", detail: "The message is too large for WhatsApp." };
    await chooseLanguage("id");
    expect(sentenceOfFailure(told)).toBe(i18next.t("failure.rejected_413"));
    expect(sentenceOfFailure(told)).toContain("Terlalu besar untuk WhatsApp.");
  });

  it("with_a_number_that_is_not_known_names_the_number", () => {
    expect(sentenceOfFailure({ code: "rejected_499", detail: "No." })).toContain("(code 499)");
  });

  it("of_a_code_that_is_not_known_is_shown_in_the_words_of_the_server", () => {
    expect(sentenceOfFailure({ code: "eaten_by_a_dog", detail: "A dog ate it." })).toBe("A dog ate it.");
  });
});

describe("the state of an account", () => {
  const account = (state: AccountState, reason: StateReason | null) => ({ state, reason, last_connected_at: null });

  it("says_what_happened_and_what_to_do_by_the_code_of_its_reason", async () => {
    const reason = { code: "stream_replaced", detail: "Another program connected as this device." };
    expect(adviceOf(account("reconnecting", reason))).toMatch(/^Another program connected .* Stop the other program\./);
    await chooseLanguage("ar");
    expect(sentenceOfReason(reason)).toBe(i18next.t("reason.stream_replaced"));
    expect(adviceOf(account("reconnecting", reason))).toContain(i18next.t("todo.stream_replaced"));
  });

  it("with_a_number_that_is_not_known_is_told_as_its_family", () => {
    const reason = { code: "refused_503", detail: "WhatsApp refused the connection (code 503)." };
    expect(adviceOf(account("reconnecting", reason))).toContain("(code 503)");
    expect(adviceOf(account("reconnecting", reason))).toContain(i18next.t("todo.refused_number"));
  });

  it("of_a_number_that_was_linked_before_asks_to_link_it_again", () => {
    const reason = { code: "qr_not_scanned", detail: "Nobody scanned the QR code in time." };
    const linked = { ...account("created", reason), last_connected_at: "2026-01-05T02:00:00.000Z" };
    expect(adviceOf(linked)).toBe(`${i18next.t("reason.qr_not_scanned")} ${i18next.t("advice.relink")}`);
  });

  it("without_a_known_reason_says_what_the_state_asks_for", () => {
    expect(adviceOf(account("paused", null))).toBe(i18next.t("advice.paused"));
    const reason = { code: "moon_too_full", detail: "The moon was full." };
    expect(adviceOf(account("paused", reason))).toBe(`The moon was full. ${i18next.t("advice.paused")}`);
  });
});

it("a_problem_is_told_by_its_code_or_else_in_the_words_of_the_server", async () => {
  expect(sentenceOf(new Problem(409, { code: "new_code", detail: "Somebody was faster." }))).toBe(
    "Somebody was faster.",
  );
  await chooseLanguage("id");
  expect(sentenceOf(new Problem(409, { code: "email_taken", detail: "Somebody logs in with it." }))).toBe(
    i18next.t("problem.email_taken"),
  );
});
