/** Invitations and preferences of the stand-in for the server. */
import type { Invitation } from "../src/api/types";
import { type Handler, json, nextId, pages, problem, type World } from "./api";

const DAY_MS = 86_400_000;

export function peopleHandlers(world: World): Record<string, Handler> {
  const invited = async (body: () => Promise<never>) => {
    const { token, name } = (await body()) as { token: string; name?: string };
    return { name, invitation: world.invitations.find(({ id }) => id === token) };
  };
  return {
    "PUT /v1/me/:id": async ({ body }) => {
      const unset = { language: null, time_zone: null, mail_on_drop: null, mail_on_reminder: null };
      world.preferences = { ...unset, ...((await body()) as object) };
      return json(world.preferences);
    },
    "POST /v1/me/:id": () => json(null, 202),
    "GET /v1/invitations": ({ query }) => pages(world.invitations, query),
    "POST /v1/invitations": async ({ body }) => {
      const now = Date.now();
      const invitation: Invitation = {
        ...((await body()) as Pick<Invitation, "email" | "name" | "role">),
        id: nextId("inv"),
        created_at: new Date(now).toISOString(),
        expires_at: new Date(now + 7 * DAY_MS).toISOString(),
      };
      world.invitations.push(invitation);
      const link = `http://localhost/invitation#${invitation.id}`;
      return json({ ...invitation, link, mailed: world.mail }, 201);
    },
    "DELETE /v1/invitations/:id": ({ id }) => {
      world.invitations = world.invitations.filter((invitation) => invitation.id !== id);
      return json(null, 204);
    },
    "POST /v1/invitations/:id": async ({ id: act, body }) => {
      const { invitation, name } = await invited(body);
      if (!invitation) return problem(410, "invitation_void", "This invitation does not work any more");
      if (act === "look-up") return json({ ...invitation, organization: "Yayasan Harapan" });
      world.invitations = world.invitations.filter((other) => other !== invitation);
      const { email, role, created_at } = invitation;
      world.user = { id: nextId("usr"), organization_id: "org_1", email, role, created_at, name: name ?? "" };
      return json(world.user, 201);
    },
  };
}
