/** Every code that `openapi.json` lists has its text in every language, and the texts use only what comes with the code. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ar } from "./ar";
import { en } from "./en";
import { id } from "./id";

interface Schema {
  $ref?: string;
  enum?: string[];
  oneOf?: Schema[];
  properties?: Record<string, Schema>;
  "x-codes"?: string[];
}

const schemas: Record<string, Schema> = JSON.parse(readFileSync("../openapi.json", "utf8")).components.schemas;
const property = (schema: string, name: string): Schema => schemas[schema]?.properties?.[name] ?? {};

/** The values a parameter can have, when they are words of a list. */
function words(param: Schema): string[] {
  return schemas[param.$ref?.split("/").pop() ?? ""]?.enum ?? [];
}

/** What is wrong with fields: each code with the names of its parameters, and one entry more for each word of a list. */
const flaws = (schemas.Flaw?.oneOf ?? []).flatMap((flaw) => {
  const params = flaw.properties?.params?.properties ?? {};
  const names = Object.keys(params);
  const ofWords = Object.values(params).flatMap(words);
  return (flaw.properties?.code?.enum ?? []).flatMap((code) =>
    [code, ...ofWords.map((word) => `${code}_${word}`)].map((key) => ({ key, names })),
  );
});

/** The codes of a text. `refused_*` is a family of codes that end in a number: it has one text for all of them. */
function listed(schema: string) {
  return (property(schema, "code")["x-codes"] ?? []).map((code) =>
    code.endsWith("*") ? { key: code.replace("*", "number"), names: ["number"] } : { key: code, names: [] },
  );
}

const problems = listed("Problem");
const failures = listed("MessageError");
const reasons = listed("StateReason");

/** What the server writes to the audit log. Its sources are where that is said. */
const actions = [...new Set(["app", "server"].flatMap(actionsOf))].sort();

function actionsOf(crate: string): string[] {
  const folder = `../crates/${crate}/src`;
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".rs"));
  return files.flatMap((file) => actionsIn(readFileSync(`${folder}/${file}`, "utf8")));
}

function actionsIn(source: string): string[] {
  const written = /(?:Note::new|audit::record|Audited::Here)\((?:[^"()]|\([^()]*\))*"([a-z_.]+)"/g;
  return [...source.matchAll(written)].map(([, action = ""]) => action.replaceAll(".", "_"));
}

it("the_audit_log_has_actions_of_use_cases_and_of_routes", () => {
  expect(actions).toEqual(expect.arrayContaining(["user_log_in", "contact_erase", "webhook_rotate_secret"]));
});

it("the_description_of_the_api_lists_codes", () => {
  expect(problems.map(({ key }) => key)).toEqual(expect.arrayContaining(["invalid", "email_taken"]));
  expect(flaws.map(({ key }) => key)).toEqual(expect.arrayContaining(["required", "too_long", "wrong_type_list"]));
  expect(failures.map(({ key }) => key)).toEqual(
    expect.arrayContaining(["unconfirmed", "rejected_463", "rejected_number"]),
  );
  expect(reasons.map(({ key }) => key)).toEqual(expect.arrayContaining(["logged_out_401", "refused_number"]));
});

describe.each([
  ["en", en],
  ["id", id],
  ["ar", ar],
])("%s", (_, texts) => {
  it("says_every_action_of_the_audit_log", () => {
    expect(Object.keys(texts.audit).sort()).toEqual(actions);
  });

  it("says_how_an_account_came_into_every_state", () => {
    expect(Object.keys(texts.became).sort()).toEqual([...(schemas.AccountState?.enum ?? [])].sort());
  });

  it.each([
    ["problem", texts.problem, problems],
    ["field", texts.field, flaws],
    ["failure", texts.failure, failures],
    ["reason", texts.reason, reasons],
    ["todo", texts.todo, reasons],
  ] as const)("says_every_code_of_%s", (_, texts: Record<string, string>, codes) => {
    const filled = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name ?? "");
    const wrong = codes.filter(({ key, names }) => {
      const text = texts[key];
      return !text || filled(text).some((name) => !(names as string[]).includes(name));
    });
    expect(wrong.map(({ key }) => key)).toEqual([]);
  });

  it.each([
    ["problem", texts.problem, problems],
    ["field", texts.field, flaws],
    ["failure", texts.failure, failures],
    ["reason", texts.reason, reasons],
    ["todo", texts.todo, reasons],
  ] as const)("has_no_text_of_%s_that_no_code_needs", (_, texts: Record<string, string>, codes) => {
    const known: string[] = codes.map(({ key }) => key);
    expect(Object.keys(texts).filter((key) => !known.includes(key))).toEqual([]);
  });
});
