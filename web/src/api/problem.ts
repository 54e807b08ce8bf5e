/** What went wrong with a call, as the server told it (RFC 9457), or `offline` when no answer came. */
import { sentenceOf, sentenceOfField } from "./sentences";
import type { ProblemBody, WrongField } from "./types";

export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  /** Field errors by JSON pointer. */
  readonly fields: ReadonlyMap<string, WrongField>;
  readonly retryAfterSecs: number | undefined;

  constructor(status: number, body: Partial<ProblemBody>, retryAfterSecs?: number) {
    super(body.detail ?? body.title ?? `HTTP ${status}`);
    this.name = "Problem";
    this.status = status;
    this.code = body.code ?? (status === 0 ? "offline" : "unknown");
    this.fields = new Map((body.errors ?? []).map((error) => [error.pointer, error]));
    this.retryAfterSecs = retryAfterSecs;
  }

  static from(error: unknown): Problem {
    if (error instanceof Problem) return error;
    return new Problem(0, { code: "offline", detail: error instanceof Error ? error.message : String(error) });
  }
}

/**
 * Sorts a problem's field errors, as sentences, into the fields of a form. `pointers` maps JSON pointers to field names.
 * What belongs to no field comes back as `rest`, so that nothing is swallowed.
 */
export function sortFields<Field extends string>(
  problem: Problem,
  pointers: Record<string, Field>,
): { fields: Partial<Record<Field, string>>; rest: string | undefined } {
  const fields: Partial<Record<Field, string>> = {};
  const others: string[] = [];
  for (const [pointer, wrong] of problem.fields) {
    const parent = pointer.slice(0, Math.max(0, pointer.lastIndexOf("/")));
    const field = pointers[pointer] ?? (parent === "" ? undefined : pointers[parent]);
    if (field) fields[field] = sentenceOfField(wrong);
    else others.push(sentenceOfField(wrong));
  }
  if (problem.fields.size === 0) others.push(sentenceOf(problem));
  return { fields, rest: others.length > 0 ? others.join(" ") : undefined };
}
