/** Quick replies of the mock: their variables are not filled in, but what a test says of them is shown. */
import type { QuickReply } from "../src/api/types";
import { type Answer, type Handler, json, nextId, type World } from "./api";

export function makeQuickReply(change: Partial<QuickReply> = {}): QuickReply {
  return {
    id: nextId("qrp"),
    shortcut: "alamat",
    body: "Kantor kami di Bandung",
    created_at: "2026-01-05T02:00:00.000Z",
    updated_at: "2026-01-05T02:00:00.000Z",
    ...change,
  };
}

export function replyHandlers(
  world: World,
  find: <T extends { id: string }>(all: T[], id: string, then: (found: T) => Answer) => Answer,
): Record<string, Handler> {
  return {
    "GET /v1/quick-replies": ({ query }) => {
      const filled = (reply: QuickReply) =>
        query.get("chat_id") ? { ...reply, filled: reply.filled ?? { text: reply.body, missing: [] } } : reply;
      return json({ data: world.quickReplies.map(filled), next: null });
    },
    "POST /v1/quick-replies": async ({ body }) => {
      const reply = makeQuickReply((await body()) as Partial<QuickReply>);
      world.quickReplies.push(reply);
      return json(reply, 201);
    },
    "PATCH /v1/quick-replies/:id": ({ id, body }) =>
      find(world.quickReplies, id, async (reply) => json(Object.assign(reply, (await body()) as Partial<QuickReply>))),
    "DELETE /v1/quick-replies/:id": ({ id }) => {
      world.quickReplies = world.quickReplies.filter((reply) => reply.id !== id);
      return json(null, 204);
    },
    "POST /v1/quick-replies/preview": async ({ body }) => {
      const { body: text } = (await body()) as { body: string };
      return json({ text: text.replaceAll("{{contact.first_name}}", "Siti"), missing: [] });
    },
  };
}
