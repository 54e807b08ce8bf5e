/**
 * What the server tells by codes, in the language that is shown. A code that is not known here is shown in the
 * server's own words.
 */
import i18next from "i18next";
import { currentLanguage, LANGUAGES } from "~/i18n";
import { bytes } from "~/ui/time";
import { Problem } from "./problem";
import type { Account, MessageError, StateReason, WrongField } from "./types";

/** A problem as a whole. */
export function sentenceOf(problem: Problem): string {
  if (problem.code === "offline") return i18next.t("common.offline");
  return told("problem", problem.code, {}) ?? asSentence(problem.message);
}

/** What went wrong with something of which the fields need not be told apart. */
export function sentencesOf(error: unknown): string {
  const problem = Problem.from(error);
  return [...problem.fields.values()].map(sentenceOfField).join(" ") || sentenceOf(problem);
}

/** What is wrong with a field. */
export function sentenceOfField({ code, detail, ...wrong }: WrongField): string {
  const params: Record<string, unknown> = "params" in wrong ? wrong.params : {};
  const shown = Object.entries(params).map(([name, value]) => [name, shownValue(name, value)]);
  // The type that was expected has a text of its own: the wording depends on it.
  const context = typeof params.expected === "string" ? params.expected : undefined;
  return told("field", code, { ...Object.fromEntries(shown), context }) ?? asSentence(detail);
}

/** Why a message failed, and what to do. */
export function sentenceOfFailure({ code, detail }: MessageError): string {
  return numbered("failure", code) ?? asSentence(detail);
}

/** Why an account came into a state. */
export function sentenceOfReason({ code, detail }: StateReason): string {
  return numbered("reason", code) ?? asSentence(detail);
}

/** Why an account is in its state, and what to do. */
export function adviceOf(account: Pick<Account, "state" | "reason" | "last_connected_at">): string {
  const todo = todoOf(account);
  return account.reason ? `${sentenceOfReason(account.reason)} ${todo}` : todo;
}

function todoOf({ state, reason, last_connected_at }: Pick<Account, "state" | "reason" | "last_connected_at">): string {
  if (state === "created" && last_connected_at) return i18next.t("advice.relink");
  // Where a reason is not known, what is known of the state still helps.
  return (reason && numbered("todo", reason.code)) ?? i18next.t(`advice.${state}`);
}

type Section = "problem" | "field" | "failure" | "reason" | "todo";

/** The text of this code, if there is one. */
function told(section: Section, code: string, params: object): string | undefined {
  const key = `${section}.${code}`;
  return i18next.exists(key) ? (i18next.t as (key: string, params: object) => string)(key, params) : undefined;
}

/** The same where a number of WhatsApp's can stand in the code that is not known beforehand. */
function numbered(section: Section, code: string): string | undefined {
  const [, family, number] = /^(.+)_(\d+)$/.exec(code) ?? [];
  return told(section, code, {}) ?? (family ? told(section, `${family}_number`, { number }) : undefined);
}

function shownValue(name: string, value: unknown): string {
  if (name.endsWith("_bytes")) return bytes(Number(value));
  if (typeof value === "number") return new Intl.NumberFormat(currentLanguage()).format(value);
  const text = Array.isArray(value) ? value.join(", ") : String(value);
  // Words of programs keep their direction in a text that runs the other way.
  return LANGUAGES[currentLanguage()].dir === "rtl" ? `\u2068${text}\u2069` : text;
}

/** The server continues the name of the field; on its own it is a sentence. */
function asSentence(text: string): string {
  const [first = "", ...rest] = text;
  const sentence = first.toLocaleUpperCase("en") + rest.join("");
  return /[.!?…]$/.test(sentence) ? sentence : `${sentence}.`;
}
