import { expect, it } from "vitest";
import { Problem, sortFields } from "./problem";

const pointers = { "/to": "to", "/text": "text", "/scopes": "scopes" } as const;

it("field_errors_go_to_their_fields_and_nothing_is_swallowed", () => {
  const problem = new Problem(422, {
    code: "invalid",
    detail: "Some fields are wrong.",
    errors: [
      { pointer: "/to", code: "not_an_emoji", detail: "must be one emoji" },
      { pointer: "/text/body", code: "empty", detail: "must not be empty" },
      { pointer: "/surprise/here", code: "unknown_field", detail: "is not a field of this request" },
    ],
  });
  expect(sortFields(problem, pointers)).toEqual({
    fields: { to: "Choose one emoji.", text: "This is empty." },
    rest: "The server does not know this field. Load the page again.",
  });
});

it("an_error_inside_a_list_belongs_to_the_list", () => {
  const problem = new Problem(422, {
    code: "invalid",
    errors: [
      {
        pointer: "/scopes/3",
        code: "permission_not_yours",
        params: { permission: "audit:read" },
        detail: "you do not have the permission `audit:read` yourself",
      },
    ],
  });
  expect(sortFields(problem, pointers)).toEqual({
    fields: { scopes: "You can only give permissions that you have yourself." },
    rest: undefined,
  });
});

it("a_problem_without_fields_is_told_as_a_whole", () => {
  const problem = new Problem(409, { code: "conflict", detail: "Somebody was faster." });
  expect(sortFields(problem, pointers)).toEqual({ fields: {}, rest: "Somebody was faster." });
});

it("a_missing_answer_is_offline", () => {
  expect(Problem.from(new TypeError("failed to fetch"))).toMatchObject({ status: 0, code: "offline" });
});

it("a_problem_of_the_whole_body_is_not_that_of_every_field", () => {
  const problem = new Problem(422, {
    code: "invalid",
    errors: [
      { pointer: "", code: "file_empty", detail: "the file is empty" },
      { pointer: "/other", code: "required", detail: "is missing" },
    ],
  });
  expect(sortFields(problem, { "": "file" })).toEqual({
    fields: { file: "This file is empty." },
    rest: "This is empty.",
  });
});
