/** Links by which somebody far away links an account. */
import type { Account, RemoteLinkView } from "../src/api/types";
import { type Handler, json, nextId, problem, type World } from "./api";

const MINUTE = 60_000;

/** Where linking stands, as whoever has a link is told. */
const TOLD: Record<Account["state"], RemoteLinkView["state"]> = {
  created: "ended",
  starting: "preparing",
  need_scan: "need_scan",
  pairing_code: "on_phone",
  passkey_required: "on_phone",
  syncing: "syncing",
  connected: "connected",
  reconnecting: "preparing",
  restricted: "stopped",
  logged_out: "ended",
  banned: "stopped",
  paused: "stopped",
};

const PNG = `data:image/png;base64,${btoa("a code")}`;

interface Link {
  id: string;
  account_id: string;
  token: string;
  created_at: string;
  expires_at: string;
  opened_at: string | null;
  isGood: boolean;
}

export function remoteRoutes(
  world: World,
  setState: (account: Account, state: Account["state"]) => void,
): Record<string, Handler> {
  const links: Link[] = [];
  const shown = ({ token: _, isGood: __, ...link }: Link) => link;
  const visit =
    (isNew: boolean): Handler =>
    async ({ body }) => {
      const { token } = (await body()) as { token: string };
      const link = links.find((each) => each.token === token);
      const account = world.accounts.find(({ id }) => id === link?.account_id);
      if (!link || !account) return problem(404, "not_found", "There is no such link.");
      if (!link.isGood) return problem(410, "remote_link_void", "This link works no more.");
      if (!link.opened_at || isNew) {
        link.opened_at ??= new Date().toISOString();
        if (account.state === "created" || account.state === "logged_out") setState(account, "need_scan");
      }
      const hasCode = account.state === "need_scan";
      const view: RemoteLinkView = {
        account_name: account.name,
        state: TOLD[account.state],
        png: hasCode ? PNG : null,
        qr_expires_at: hasCode ? new Date(Date.now() + 20_000).toISOString() : null,
        expires_at: link.expires_at,
      };
      return json(view);
    };
  return {
    "GET /v1/accounts/:id/remote-links": ({ id }) =>
      json({ data: links.filter((link) => link.account_id === id && link.isGood).map(shown), next: null }),
    "POST /v1/accounts/:id/remote-links": ({ id }) => {
      for (const link of links) if (link.account_id === id) link.isGood = false;
      const link: Link = {
        id: nextId("rlk"),
        account_id: id,
        token: nextId("token"),
        created_at: new Date().toISOString(),
        expires_at: new Date(Date.now() + 10 * MINUTE).toISOString(),
        opened_at: null,
        isGood: true,
      };
      links.push(link);
      return json({ ...shown(link), url: `http://localhost/link#${link.token}` }, 201);
    },
    "DELETE /v1/remote-links/:id": ({ id }) => {
      const link = links.find((each) => each.id === id);
      if (!link?.isGood) return problem(404, "not_found", "There is no such link.");
      link.isGood = false;
      return json(null, 204);
    },
    "POST /v1/remote-links/look": visit(false),
    "POST /v1/remote-links/renew": visit(true),
  };
}
