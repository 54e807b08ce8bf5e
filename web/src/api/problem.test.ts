import { expect, it } from "vitest";
import { Problem, sortFields } from "./problem";

const pointers = { "/to": "to", "/text": "text", "/scopes": "scopes" } as const;

it("field_errors_go_to_their_fields_and_nothing_is_swallowed", () => {
  const problem = new Problem(422, {
    code: "invalid",
    detail: "Some fields are wrong.",
    errors: [
      { pointer: "/to", detail: "is no phone number" },
      { pointer: "/text/body", detail: "is too long" },
      { pointer: "/surprise/here", detail: "is unknown" },
    ],
  });
  expect(sortFields(problem, pointers)).toEqual({
    fields: { to: "Is no phone number.", text: "Is too long." },
    rest: "Is unknown.",
  });
});

it("an_error_inside_a_list_belongs_to_the_list", () => {
  const problem = new Problem(422, { code: "invalid", errors: [{ pointer: "/scopes/3", detail: "is unknown" }] });
  expect(sortFields(problem, pointers)).toEqual({ fields: { scopes: "Is unknown." }, rest: undefined });
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
      { pointer: "", detail: "is empty" },
      { pointer: "/other", detail: "is unknown" },
    ],
  });
  expect(sortFields(problem, { "": "file" })).toEqual({ fields: { file: "This is empty." }, rest: "Is unknown." });
});
