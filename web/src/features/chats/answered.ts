/** Whether a colleague answered while somebody was still writing, so that two do not answer the same thing. */
import type { Colleague, Message } from "~/api/types";

/** An answer that is older than this was there to be read. */
const RECENT_MS = 2 * 60_000;

export interface Answered {
  readonly messageId: string;
  readonly name: string | undefined;
  readonly at: string;
}

/** The newest answer of a colleague that came while the chat was open; `since` is when it was opened, or last written in. */
export function answeredMeanwhile(
  newestFirst: readonly Message[],
  people: readonly Colleague[],
  { me, since, now }: { me: string | undefined; since: number; now: number },
): Answered | undefined {
  const answer = newestFirst.find((message) => message.direction === "out" && !("reaction" in message));
  const [kind, id] = answer?.sent_by?.split(":") ?? [];
  if (!answer || kind !== "user" || id === me) return undefined;
  const at = Date.parse(answer.created_at);
  if (at < since || now - at > RECENT_MS) return undefined;
  return {
    messageId: answer.id,
    name: people.find((person) => person.id === id)?.name,
    at: answer.created_at,
  };
}
