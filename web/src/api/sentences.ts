/**
 * What the server says is wrong, in the language that is shown.
 *
 * A problem has a stable code; a field error has only its pointer and an English phrase, and one field can be wrong in
 * several ways, so phrases are known by their words. What is not known here is shown as the server told it.
 */
import i18next from "i18next";
import type { en } from "~/i18n/en";
import type { Problem } from "./problem";

type Saying = keyof (typeof en)["problem"];

/** Problems that people meet in forms, by their code. */
const CODES: Record<string, Saying> = {
  already_exists: "alreadyExists",
  changed_meanwhile: "changedMeanwhile",
  database_unavailable: "unavailable",
  disk_unavailable: "unavailable",
  email_taken: "emailTaken",
  forbidden: "forbidden",
  internal: "internal",
  last_owner: "lastOwner",
  not_found: "notFound",
  not_queued: "notQueued",
  session_disconnected: "notConnected",
  too_many_requests: "tooManyRequests",
  too_many_webhooks: "tooManyWebhooks",
  webhook_disabled: "webhookDisabled",
  whatsapp_unavailable: "whatsappSilent",
};

/** Phrases about fields. A group that was found fills `{{limit}}`. */
const PHRASES: readonly [RegExp, Saying][] = [
  [/^must have 1 to (\d+) characters$/, "length"],
  [/^must have at least (\d+) characters$/, "tooShort"],
  [/^must have at most (\d+) characters(?:, has \d+)?$/, "tooLong"],
  [/^is too large: at most (\d+ MB)$/, "tooLarge"],
  [/^(?:is missing|is empty|must not be empty|the file is empty)$/, "missing"],
  [/^must be an e-mail address$/, "email"],
  [/^must be a phone number in international form/, "phone"],
  [/^this number is not on WhatsApp$/, "notOnWhatsApp"],
  [/^there is no such account$/, "noAccount"],
  [/^must name at least one permission$/, "noPermission"],
  [/^you do not have the permission /, "notYours"],
  [/^is not a valid URL$/, "url"],
  [/^must start with https:\/\/ or http:\/\/$/, "urlScheme"],
  [/^must not contain a user name or a password$/, "urlLogin"],
  [/^is in a private or reserved network, which is not allowed$/, "urlPrivate"],
  [/^must be a place in the log: 0 to (\d+)$/, "place"],
];

/** A problem as a whole. */
export function sentenceOf(problem: Problem): string {
  if (problem.code === "offline") return i18next.t("common.offline");
  const saying = CODES[problem.code];
  return saying ? i18next.t(`problem.${saying}`) : asSentence(problem.message);
}

/** What is wrong with a field. */
export function sentenceOfField(detail: string): string {
  for (const [phrase, saying] of PHRASES) {
    const found = phrase.exec(detail);
    if (found) return i18next.t(`problem.${saying}`, { limit: found[1] });
  }
  return asSentence(detail);
}

/** The server continues the name of the field; on its own it is a sentence. */
function asSentence(text: string): string {
  const [first = "", ...rest] = text;
  const sentence = first.toLocaleUpperCase("en") + rest.join("");
  return /[.!?…]$/.test(sentence) ? sentence : `${sentence}.`;
}
