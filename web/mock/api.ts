/**
 * A stand-in for the server in component tests and `npm run dev:mock`: it keeps a small world in memory and answers
 * with the types of `openapi.json`. It decides nothing that the pages could learn wrong; the end-to-end tests use the
 * real binary.
 */
import type {
  Account,
  AccountActivity,
  ApiKey,
  AuditEntry,
  Chat,
  ChatChanges,
  ChatCounters,
  ChatLogEntry,
  Contact,
  ContactCards,
  CustomField,
  Delivery,
  Donation,
  Invitation,
  Location,
  LoggedEvent,
  Me,
  Media,
  Merge,
  Message,
  Note,
  Organization,
  Permission,
  Poll,
  Preferences,
  QuarantineEntry,
  QuickReply,
  Reminder,
  Segment,
  Setup,
  StateChange,
  Tag,
  Team,
  User,
  Webhook,
  WrongField,
} from "../src/api/types";
import { contactRoutes } from "./contacts";
import { peopleHandlers } from "./people";
import { remoteRoutes } from "./remote";
import { replyHandlers } from "./replies";
import { search, threadAround } from "./search";
import { makeStatistics } from "./statistics";

export const EVERY_PERMISSION: Permission[] = [
  "accounts:read",
  "accounts:connect",
  "accounts:manage",
  "messages:read",
  "messages:send",
  "contacts:write",
  "contacts:manage",
  "donations:read",
  "donations:write",
  "events:read",
  "webhooks:manage",
  "keys:manage",
  "members:manage",
  "owners:manage",
  "organization:manage",
  "audit:read",
];

export interface World {
  setup: Setup;
  user: User | null;
  permissions: Permission[];
  accounts: Account[];
  history: StateChange[];
  chats: Chat[];
  /** In which segment the person of a chat is, by the chat. */
  segments: Map<string, Segment>;
  messages: Message[];
  /** Of each chat, newest first. */
  logs: Map<string, ChatLogEntry[]>;
  tags: Tag[];
  teams: Team[];
  /** What the organization is called. */
  organization: string;
  settings: Organization["settings"];
  /** Filled in as they are for every chat. */
  quickReplies: QuickReply[];
  contacts: Contact[];
  customFields: CustomField[];
  donations: Donation[];
  merges: Merge[];
  notes: Note[];
  reminders: Reminder[];
  webhooks: Webhook[];
  deliveries: Delivery[];
  keys: ApiKey[];
  users: User[];
  invitations: Invitation[];
  preferences: Preferences | null;
  /** Whether mail goes out. */
  mail: boolean;
  audit: AuditEntry[];
  /** By account. */
  quarantine: Map<string, QuarantineEntry[]>;
  files: Map<string, { mime: string; bytes: Uint8Array<ArrayBuffer> }>;
}

export type Answer = Response | Promise<Response>;
export type Handler = (call: {
  request: Request;
  id: string;
  body: () => Promise<never>;
  query: URLSearchParams;
}) => Answer;

/** A 1×1 grey picture, stretched by the page. */
const PIXEL =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

export function json(body: unknown, status = 200): Response {
  return new Response(status === 204 ? null : JSON.stringify(body), {
    status,
    headers: { "content-type": "application/json" },
  });
}

export function problem(status: number, code: string, detail: string, errors?: WrongField[]) {
  return new Response(JSON.stringify({ type: "about:blank", title: code, status, code, detail, errors }), {
    status,
    headers: { "content-type": "application/problem+json" },
  });
}

export function emptyWorld(): World {
  const user: User = {
    id: "usr_1",
    organization_id: "org_1",
    email: "sari@example.org",
    name: "Sari Dewi",
    role: "owner",
    created_at: "2026-01-05T02:00:00.000Z",
  };
  return {
    setup: { needs_owner: false, sandbox: true, version: "0.1.0" },
    user,
    permissions: EVERY_PERMISSION,
    accounts: [],
    history: [],
    chats: [],
    segments: new Map(),
    messages: [],
    logs: new Map(),
    tags: [],
    teams: [],
    organization: "Yayasan Harapan",
    settings: {
      retention: { message_days: null, file_days: null, event_days: null, audit_days: null },
      auto_close_days: null,
      business_hours: null,
      welcome: { enabled: false, text: "" },
      away: { enabled: false, text: "" },
      opt_out: {
        enabled: true,
        words: ["STOP"],
        opt_in_words: ["START"],
        reply: { enabled: false, text: "" },
        opt_in_reply: { enabled: false, text: "" },
      },
    },
    quickReplies: [],
    contacts: [],
    customFields: [],
    donations: [],
    merges: [],
    notes: [],
    reminders: [],
    webhooks: [],
    deliveries: [],
    keys: [],
    users: [user],
    invitations: [],
    preferences: null,
    mail: true,
    audit: [],
    quarantine: new Map(),
    files: new Map(),
  };
}

/** What can be asked without a log-in. */
const OPEN = [
  "/v1/setup",
  "/v1/setup/owner",
  "/v1/login",
  "/v1/invitations/look-up",
  "/v1/invitations/accept",
  "/v1/remote-links/look",
  "/v1/remote-links/renew",
];

let counter = 0;
export function nextId(prefix: string): string {
  counter += 1;
  return `${prefix}_z${String(counter).padStart(6, "0")}`;
}

export function pages<T>(all: T[], query: URLSearchParams): Response {
  const limit = Number(query.get("limit") ?? 50);
  const start = Number(query.get("after") ?? 0);
  const end = start + limit;
  return json({ data: all.slice(start, end), next: end < all.length ? String(end) : null });
}

export function createMockApi(world: World = emptyWorld()) {
  const overrides = new Map<string, Handler>();
  const listeners = new Set<(name: string, data: unknown, seq?: number) => void>();
  let seq = 0;

  const emit = (event: Pick<LoggedEvent, "type"> & { data: unknown }) => {
    seq += 1;
    const logged = { id: nextId("evt"), organization_id: "org_1", seq, at: new Date().toISOString(), ...event };
    for (const listener of listeners) listener(event.type, logged, seq);
  };
  const hint = (name: string, data: unknown, seq?: number) => {
    for (const listener of listeners) listener(name, data, seq);
  };
  const find = <T extends { id: string }>(all: T[], id: string, then: (found: T) => Answer): Answer => {
    const found = all.find((each) => each.id === id);
    return found ? then(found) : problem(404, "not_found", "There is no such thing.");
  };
  const setState = (account: Account, state: Account["state"], reason: Account["reason"] = null) => {
    account.state = state;
    account.reason = reason;
    account.state_since = new Date().toISOString();
    world.history.unshift({ state, at: account.state_since, reason });
    emit({ type: "account.state_changed", data: { ...account } });
  };

  const routes: Record<string, Handler> = {
    "GET /v1/setup": () => json(world.setup),
    "POST /v1/setup/owner": async () => {
      world.setup.needs_owner = false;
      return json(world.user ?? emptyWorld().user, 201);
    },
    "POST /v1/login": () => {
      world.user ??= emptyWorld().user;
      return json(world.user);
    },
    "POST /v1/logout": () => {
      world.user = null;
      return json(null, 204);
    },
    "GET /v1/me": () => {
      const me: Me = {
        user: world.user,
        api_key: null,
        organization: { id: "org_1", name: "Yayasan Harapan" },
        permissions: world.permissions,
        preferences: world.preferences,
        mail: world.mail,
      };
      return json(me);
    },
    ...peopleHandlers(world),
    ...replyHandlers(world, find),
    ...remoteRoutes(world, setState),
    // Of the sandbox, which is no part of the API: `/sandbox/phones`.
    "GET /v1/phones": () => json([]),
    "GET /v1/statistics/failed-messages": () => json({ data: [], next: null }),
    "GET /v1/statistics/new-contacts": () => json({ data: world.contacts, next: null }),
    "GET /v1/statistics": ({ query }) => json(makeStatistics(Number(query.get("days") ?? 30))),
    "GET /v1/accounts": ({ query }) => pages(world.accounts, query),
    "GET /v1/accounts/:id": ({ id, query }) =>
      id === "activity"
        ? pages(world.accounts.map(makeActivity), query)
        : find(world.accounts, id, (account) => json(account)),
    "POST /v1/accounts": async ({ body }) => {
      const { name } = (await body()) as { name: string };
      const now = new Date().toISOString();
      const account: Account = {
        id: nextId("acc"),
        name,
        provider: "linked_device",
        state: "created",
        advice: "",
        state_since: now,
        created_at: now,
        queued: 0,
        assignee_id: null,
        team_id: null,
        pacing: { per_minute: 10, burst: 50 },
        reason: null,
        phone: null,
        lid: null,
        push_name: null,
        last_connected_at: null,
      };
      world.accounts.push(account);
      emit({ type: "account.created", data: account });
      return json(account, 201);
    },
    "PATCH /v1/accounts/:id": ({ id, body }) =>
      find(world.accounts, id, async (account) => json(Object.assign(account, (await body()) as Partial<Account>))),
    "DELETE /v1/accounts/:id": ({ id }) => {
      world.accounts = world.accounts.filter((account) => account.id !== id);
      return json(null, 204);
    },
    "POST /v1/accounts/:id/connect": ({ id }) =>
      find(world.accounts, id, (account) => {
        setState(account, "need_scan");
        return json(account, 202);
      }),
    "POST /v1/accounts/:id/pause": ({ id }) =>
      find(world.accounts, id, (account) => {
        setState(account, "paused");
        return json(account);
      }),
    "POST /v1/accounts/:id/logout": ({ id }) =>
      find(world.accounts, id, (account) => {
        setState(account, "logged_out");
        return json(account);
      }),
    "GET /v1/accounts/:id/qr": ({ id }) =>
      find(world.accounts, id, (account) =>
        account.state === "need_scan"
          ? json({ code: nextId("qr"), png: PIXEL, expires_at: new Date(Date.now() + 20_000).toISOString() })
          : problem(409, "no_qr", "There is no QR code in this state."),
      ),
    "GET /v1/accounts/:id/quarantine": ({ id, query }) => pages(world.quarantine.get(id) ?? [], query),
    "POST /v1/quarantine/:id/retry": ({ id }) => release(world, id),
    "DELETE /v1/quarantine/:id": ({ id }) => release(world, id),
    "GET /v1/accounts/:id/history": ({ query }) => pages(world.history, query),
    "GET /v1/chats": ({ query }) =>
      pages(
        world.chats
          .filter((chat) => !query.get("account_id") || chat.account_id === query.get("account_id"))
          .filter((chat) => isAsked(world, chat, query))
          .toSorted((a, b) => b.last_message_at.localeCompare(a.last_message_at)),
        query,
      ),
    "GET /v1/chats/counters": () => json(count(world)),
    "PATCH /v1/chats/:id": ({ id, body }) =>
      find(world.chats, id, async (chat) => {
        Object.assign(chat, organized(chat, (await body()) as ChatChanges));
        emit({ type: "chat.updated", data: { ...chat } });
        return json(chat);
      }),
    "POST /v1/chats/:id/unread": ({ id }) =>
      find(world.chats, id, (chat) => {
        chat.unread ||= 1;
        emit({ type: "chat.updated", data: { ...chat } });
        return json(chat);
      }),
    "GET /v1/chats/:id/log": ({ id, query }) => pages(world.logs.get(id) ?? [], query),
    "POST /v1/chats/:id/presence": () => json(null, 204),
    "GET /v1/colleagues": ({ query }) => pages(world.users, query),
    "GET /v1/tags": () => json({ data: world.tags, next: null }),
    "POST /v1/tags": async ({ body }) => {
      const tag = makeTag((await body()) as Partial<Tag>);
      world.tags.push(tag);
      return json(tag, 201);
    },
    "PATCH /v1/tags/:id": ({ id, body }) =>
      find(world.tags, id, async (tag) => json(Object.assign(tag, (await body()) as Partial<Tag>))),
    "DELETE /v1/tags/:id": ({ id }) => {
      world.tags = world.tags.filter((tag) => tag.id !== id);
      return json(null, 204);
    },
    "GET /v1/teams": () => json({ data: world.teams, next: null }),
    "POST /v1/teams": async ({ body }) => {
      const team: Team = {
        id: nextId("team"),
        name: "",
        member_ids: [],
        created_at: new Date().toISOString(),
        ...((await body()) as Partial<Team>),
      };
      world.teams.push(team);
      return json(team, 201);
    },
    "PATCH /v1/teams/:id": ({ id, body }) =>
      find(world.teams, id, async (team) => json(Object.assign(team, (await body()) as Partial<Team>))),
    "DELETE /v1/teams/:id": ({ id }) => {
      world.teams = world.teams.filter((team) => team.id !== id);
      return json(null, 204);
    },
    "GET /v1/organization": () => json({ id: "org_1", name: world.organization, settings: world.settings }),
    "PATCH /v1/organization": async ({ body }) => {
      const { name, settings } = (await body()) as { name?: string; settings?: Organization["settings"] };
      world.organization = name ?? world.organization;
      Object.assign(world.settings, settings);
      return json({ id: "org_1", name: world.organization, settings: world.settings });
    },
    "GET /v1/chats/:id": ({ id }) => find(world.chats, id, (chat) => json(chat)),
    "GET /v1/chats/:id/messages": ({ id, query }) => {
      const all = world.messages
        .filter((message) => message.chat_id === id)
        .toSorted((a, b) => b.created_at.localeCompare(a.created_at));
      const part = threadAround(all, query);
      return part ? json(part) : pages(all, query);
    },
    "GET /v1/search": ({ query }) => json(search(world, query)),
    "POST /v1/chats/:id/read": ({ id }) =>
      find(world.chats, id, (chat) => {
        chat.unread = 0;
        return json(chat);
      }),
    ...contactRoutes(world, find, emit),
    "POST /v1/messages": async ({ body }) => {
      const sent = (await body()) as Record<string, unknown> & { account_id: string; to: string; type: string };
      const chat = world.chats.find((each) => each.address === sent.to) ?? addChat(world, sent.account_id, sent.to);
      const file = sent[sent.type] as { media_id?: string } | undefined;
      const mime = file?.media_id ? (world.files.get(file.media_id)?.mime ?? "") : undefined;
      const message = {
        id: nextId("msg"),
        account_id: sent.account_id,
        chat_id: chat.id,
        direction: "out",
        wa_id: nextId("wa"),
        chat: chat.address,
        type: sent.type,
        [sent.type]: mime === undefined ? file : { ...file, mime },
        reply_to: sent.reply_to,
        status: "queued",
        attempts: 0,
        created_at: new Date().toISOString(),
        sent_at: null,
        delivered_at: null,
        read_at: null,
      } as unknown as Message;
      world.messages.push(message);
      emit({ type: "message.queued", data: message });
      return json(message, 202);
    },
    "POST /v1/messages/:id/retry": ({ id }) =>
      find(world.messages, id, (message) =>
        json(Object.assign(message, { status: "queued", error: null, attempts: 0 })),
      ),
    "POST /v1/messages/:id/cancel": ({ id }) =>
      find(world.messages, id, (message) => json(Object.assign(message, { status: "cancelled" }))),
    "POST /v1/messages/:id/resume": ({ id }) =>
      find(world.messages, id, (message) => json(Object.assign(message, { status: "queued" }))),
    "POST /v1/media": async ({ request }) => {
      const file = (await request.formData()).get("file") as File;
      const id = nextId("med");
      const bytes = new Uint8Array(await file.arrayBuffer());
      world.files.set(id, { mime: file.type, bytes });
      return json({ id, mime: file.type, size: file.size, file_name: file.name, sha256: "" }, 201);
    },
    "GET /v1/media/:id/content": ({ id }) => {
      const file = world.files.get(id);
      if (!file) return problem(409, "media_pending", "The file is still being fetched.");
      return new Response(file.bytes, { headers: { "content-type": file.mime } });
    },
    "GET /v1/webhooks": ({ query }) => pages(world.webhooks, query),
    "POST /v1/webhooks": async ({ body }) => {
      const webhook = {
        id: nextId("whk"),
        enabled: true,
        disabled_reason: null,
        created_at: new Date().toISOString(),
        ...((await body()) as object),
      };
      world.webhooks.push(webhook as unknown as Webhook);
      return json({ ...webhook, secret: "whsec_bm90IGEgc2VjcmV0" }, 201);
    },
    "PATCH /v1/webhooks/:id": ({ id, body }) =>
      find(world.webhooks, id, async (webhook) => json(Object.assign(webhook, (await body()) as Partial<Webhook>))),
    "DELETE /v1/webhooks/:id": ({ id }) => {
      world.webhooks = world.webhooks.filter((webhook) => webhook.id !== id);
      return json(null, 204);
    },
    "POST /v1/webhooks/:id/rotate-secret": () => json({ secret: "whsec_YW5vdGhlciBvbmU=" }),
    "POST /v1/webhooks/:id/test": () => json({}, 202),
    "POST /v1/webhooks/:id/replay": () =>
      json({ deliveries: 3, first_seq: 38, has_gap: false, last_seq: 40, is_complete: true }, 202),
    "GET /v1/webhooks/:id/deliveries": ({ query }) =>
      pages(
        world.deliveries.filter((delivery) => !query.get("state") || delivery.state === query.get("state")),
        query,
      ),
    "GET /v1/keys": ({ query }) => pages(world.keys, query),
    "POST /v1/keys": async ({ body }) => {
      const key = {
        id: nextId("key"),
        hint: "psk_7fk2",
        created_at: new Date().toISOString(),
        last_used_at: null,
        ...((await body()) as object),
      };
      world.keys.push(key as unknown as ApiKey);
      return json({ ...key, key: "psk_7fk2m4not0a0real0key" }, 201);
    },
    "DELETE /v1/keys/:id": ({ id }) => {
      world.keys = world.keys.filter((key) => key.id !== id);
      return json(null, 204);
    },
    "GET /v1/users": ({ query }) => pages(world.users, query),
    "GET /v1/audit": ({ query }) => pages(world.audit, query),
  };

  const handle = async (request: Request): Promise<Response> => {
    const url = new URL(request.url);
    const parts = url.pathname.split("/");
    const id = parts[3] ?? "";
    const pattern = `${request.method} ${["", "v1", parts[2], ...(parts.length > 3 ? [":id"] : []), ...parts.slice(4)].join("/")}`;
    const exact = `${request.method} ${url.pathname}`;
    const handler = overrides.get(exact) ?? overrides.get(pattern) ?? routes[exact] ?? routes[pattern];
    const open = OPEN.includes(url.pathname);
    if (!world.user && !open) return problem(401, "unauthenticated", "Log in first.");
    if (!handler) return problem(404, "not_found", `The mock has no ${pattern}.`);
    return handler({ request, id, query: url.searchParams, body: () => request.json() as Promise<never> });
  };

  return {
    world,
    handle,
    emit,
    hint,
    setState,
    /** Answers a route in a special way, for example `POST /v1/messages` with a problem. */
    on: (route: string, handler: Handler) => overrides.set(route, handler),
    listen: (listener: (name: string, data: unknown, seq?: number) => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export type MockApi = ReturnType<typeof createMockApi>;

/** Whether a list with this query has the chat. */
function isAsked(world: World, chat: Chat, query: URLSearchParams): boolean {
  const me = world.user?.id;
  const is = (name: string, fact: boolean) => query.get(name) !== "true" || fact;
  const names = (name: string, value: string | null) => query.get(name) === null || query.get(name) === value;
  const assignee = query.get("assignee");
  const waiting = query.get("waiting");
  return (
    is("unread", chat.unread > 0) &&
    is("starred", chat.is_starred) &&
    is("reminder_due", chat.reminder_due) &&
    names("segment", world.segments.get(chat.id) ?? null) &&
    names("status", chat.status) &&
    names("team_id", chat.team_id) &&
    (query.get("tag_id") === null || chat.tag_ids.includes(query.get("tag_id") ?? "")) &&
    (assignee === null || chat.assignee_id === (assignee === "me" ? me : assignee === "none" ? null : assignee)) &&
    (waiting === null ||
      (chat.waiting_since !== null && Date.now() - Date.parse(chat.waiting_since) >= Number(waiting) * 60_000))
  );
}

function count(world: World): ChatCounters {
  const of = (chats: Chat[]) => {
    const open = chats.filter((chat) => chat.status === "open");
    return {
      open: open.length,
      unassigned: open.filter((chat) => chat.assignee_id === null).length,
      mine: open.filter((chat) => chat.assignee_id === world.user?.id).length,
      unread: chats.filter((chat) => chat.unread > 0).length,
      starred: chats.filter((chat) => chat.is_starred).length,
      reminder_due: chats.filter((chat) => chat.reminder_due).length,
    };
  };
  const accounts = world.accounts.map(({ id }) => ({
    account_id: id,
    ...of(world.chats.filter((chat) => chat.account_id === id)),
  }));
  return { ...of(world.chats), accounts, assignees: [] };
}

/** What a change of a chat makes of it. */
function organized(chat: Chat, changes: ChatChanges): Partial<Chat> {
  const status = changes.snoozed_until ? "snoozed" : (changes.status ?? chat.status);
  return {
    status,
    snoozed_until: status === "snoozed" ? (changes.snoozed_until ?? chat.snoozed_until) : null,
    assignee_id: changes.assignee_id === undefined ? chat.assignee_id : changes.assignee_id,
    team_id: changes.team_id === undefined ? chat.team_id : changes.team_id,
    is_starred: changes.is_starred ?? chat.is_starred,
    tag_ids: changes.tag_ids === undefined ? chat.tag_ids : (changes.tag_ids ?? []),
  };
}

/** Takes something from where it is kept aside. */
function release(world: World, id: string): Response {
  for (const [account, entries] of world.quarantine) {
    world.quarantine.set(
      account,
      entries.filter((entry) => entry.id !== id),
    );
  }
  return json(null, 204);
}

function addChat(world: World, accountId: string, to: string): Chat {
  const chat = makeChat({ account_id: accountId, address: to, name: to });
  world.chats.push(chat);
  return chat;
}

/** Somebody for tests. */
export function makeContact(change: Partial<Contact> = {}): Contact {
  return {
    id: nextId("con"),
    name: "Budi Santoso",
    own_name: null,
    push_name: "Budi Santoso",
    phone: "+628000000101",
    other_numbers: [],
    lid: null,
    language: null,
    opted_out_at: null,
    fields: {},
    tag_ids: [],
    erased_at: null,
    created_at: "2026-01-05T02:00:00.000Z",
    ...change,
  };
}

/** An account for tests, connected unless said otherwise. */
export function makeAccount(change: Partial<Account> = {}): Account {
  return {
    id: nextId("acc"),
    name: "Front desk",
    provider: "linked_device",
    state: "connected",
    reason: null,
    advice: "Connected.",
    state_since: new Date(Date.now() - 3 * 3_600_000).toISOString(),
    phone: "+628000000001",
    lid: null,
    push_name: "Yayasan Harapan",
    pacing: { per_minute: 10, burst: 50 },
    queued: 0,
    assignee_id: null,
    team_id: null,
    last_connected_at: new Date(Date.now() - 3 * 3_600_000).toISOString(),
    created_at: "2026-01-05T02:00:00.000Z",
    ...change,
  };
}

function makeActivity(account: Account, index: number): AccountActivity {
  return {
    account_id: account.id,
    last_received_at: new Date(Date.now() - 4 * 60_000).toISOString(),
    last_sent_at: index === 0 ? new Date(Date.now() - 9 * 60_000).toISOString() : null,
    sent_today: index === 0 ? 34 : 0,
    drops: index,
  };
}

export function makeChat(change: Partial<Chat> = {}): Chat {
  return {
    id: nextId("cht"),
    account_id: "acc_1",
    address: "628000000101@s.whatsapp.net",
    is_group: false,
    name: "Budi Santoso",
    contact_id: null,
    unread: 0,
    last_message: null,
    last_message_at: new Date().toISOString(),
    status: "open",
    snoozed_until: null,
    assignee_id: null,
    team_id: null,
    is_starred: false,
    tag_ids: [],
    waiting_since: null,
    reminder_due: false,
    ...change,
  };
}

export function makeTag(change: Partial<Tag> = {}): Tag {
  return { id: nextId("tag"), name: "Zakat", color: "gray", created_at: "2026-01-05T02:00:00.000Z", ...change };
}

type Body =
  | { text: { body: string } }
  | { image: Media }
  | { document: Media }
  | { audio: Media }
  | { reaction: { message_id: string; emoji: string } }
  | { location: Location }
  | { contacts: ContactCards }
  | { poll: Poll }
  | { revoked: { by_admin: boolean } }
  | { undecryptable: { reason: string } }
  | { group_change: { action: string; participants: string[] } };

/** A received text for tests, unless said otherwise. */
export function makeMessage(change: Partial<Message> = {}, body: Body = { text: { body: "Halo" } }): Message {
  const id = nextId("msg");
  return {
    id,
    account_id: "acc_1",
    chat_id: "cht_1",
    direction: "in",
    wa_id: `wa_${id}`,
    chat: "628000000101@s.whatsapp.net",
    sender: "628000000101@s.whatsapp.net",
    type: Object.keys(body)[0],
    ...body,
    status: change.direction === "out" ? "sent" : "received",
    attempts: 0,
    retries: 0,
    created_at: new Date().toISOString(),
    sent_at: null,
    delivered_at: null,
    read_at: null,
    ...change,
  } as Message;
}
