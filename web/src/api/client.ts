/** The one way to call the server: typed by `openapi.json`, failing with a `Problem`. */
import createClient from "openapi-fetch";
import { Problem } from "./problem";
import type { paths } from "./schema";

export const api = createClient<paths>({
  baseUrl: window.location.origin,
  fetch: (request) => globalThis.fetch(request),
});

interface Answered<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** Waits for a call and gives its body and response, or throws a `Problem`. */
export async function answer<T>(call: Promise<Answered<T>>): Promise<{ body: T; response: Response }> {
  let answered: Answered<T>;
  try {
    answered = await call;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw Problem.from(error);
  }
  const { data, error, response } = answered;
  if (!response.ok) {
    const retryAfter = Number(response.headers.get("retry-after"));
    const body = typeof error === "object" && error !== null ? error : {};
    throw new Problem(response.status, body, retryAfter > 0 ? retryAfter : undefined);
  }
  return { body: data as T, response };
}

/** Waits for a call and gives its body, or throws a `Problem`. */
export async function ask<T>(call: Promise<Answered<T>>): Promise<T> {
  return (await answer(call)).body;
}

/** Reads every page of a small collection. */
export async function everything<T>(
  page: (after: string | undefined) => Promise<{ data: T[]; next?: string | null }>,
): Promise<T[]> {
  const all: T[] = [];
  let after: string | undefined;
  do {
    const { data, next } = await page(after);
    all.push(...data);
    after = next ?? undefined;
  } while (after !== undefined);
  return all;
}
