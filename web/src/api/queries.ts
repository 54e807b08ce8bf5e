/** What the pages read from the server, by cache key. Live events patch the same keys (`live/patch.ts`). */
import { type InfiniteData, infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { answer, api, ask, everything } from "./client";
import { Problem } from "./problem";
import type { Chat, ChatLogEntry, ChatStatus, DeliveryState, Message, Qr, Segment } from "./types";

export interface Page<T> {
  data: T[];
  next?: string | null;
}
export type Pages<T> = InfiniteData<Page<T>, string | undefined>;

/** Live events keep these fresh, so nothing is fetched again on focus or mount. */
const LIVE = { staleTime: Number.POSITIVE_INFINITY } as const;

/** How long the people, tags and teams that were read are taken for what there is. */
const TEAM_MS = 60_000;
/** How often it is looked whether a link for linking from far away was opened. */
const REMOTE_MS = 3_000;
/** How often it is looked what goes over accounts. */
const ACTIVITY_MS = 60_000;
/** How often a list of who waits is read again. */
const WAITING_MS = 30_000;
/** How often a list of a segment is. */
const SEGMENT_MS = 60_000;

export interface ChatFilter {
  account?: string | undefined;
  status?: ChatStatus | undefined;
  /** `me`, `none` for nobody, or somebody's id. */
  assignee?: string | undefined;
  team?: string | undefined;
  tag?: string | undefined;
  unread?: boolean | undefined;
  starred?: boolean | undefined;
  /** Somebody waits for an answer for so many minutes or longer. */
  waiting?: number | undefined;
  /** A reminder about the person or the group is due. */
  due?: boolean | undefined;
  /** People of this segment. */
  segment?: Segment | undefined;
}

export const keys = {
  accounts: ["accounts"] as const,
  chats: ["chats"] as const,
  chat: (id: string) => ["chat", id] as const,
  chatLog: (id: string) => ["chat-log", id] as const,
  counters: ["counters"] as const,
  /** What goes over accounts. */
  activity: ["activity"] as const,
  /** What was counted day by day. */
  statistics: ["statistics"] as const,
  /** Links by which somebody far away links an account. */
  remoteLinks: (accountId: string) => ["remote-links", accountId] as const,
  colleagues: ["colleagues"] as const,
  tags: ["tags"] as const,
  teams: ["teams"] as const,
  organization: ["organization"] as const,
  /** All of them: as they are written, and filled in for each chat that was asked for. */
  quickReplies: ["quick-replies"] as const,
  /** What colleagues do in a chat right now, as the live stream last said. */
  presence: (chatId: string) => ["presence", chatId] as const,
  messages: (chatId: string) => ["messages", chatId] as const,
  search: ["search"] as const,
  history: (accountId: string) => ["history", accountId] as const,
  /** What could not be stored, of every account. */
  quarantine: ["quarantine"] as const,
  qr: (accountId: string) => ["qr", accountId] as const,
  deliveries: (webhookId: string) => ["deliveries", webhookId] as const,
  mediaVersion: (mediaId: string) => ["media-version", mediaId] as const,
  typing: (chatId: string) => ["typing", chatId] as const,
  /** All that is known of people: what is read of one of them is below `contact`. */
  contacts: ["contact"] as const,
  contact: (id: string) => ["contact", id] as const,
  /** What colleagues wrote about a group. */
  group: (chatId: string) => ["group", chatId] as const,
};

export const setupQuery = queryOptions({
  queryKey: ["setup"],
  queryFn: ({ signal }) => ask(api.GET("/v1/setup", { signal })),
  staleTime: 60_000,
});

/** Who is logged in; null when nobody is. That a log-in ended is a failure, so that it is noticed like any other. */
export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: async ({ client, queryKey, signal }) => {
    try {
      return await ask(api.GET("/v1/me", { signal }));
    } catch (error) {
      const wasLoggedIn = client.getQueryData(queryKey) != null;
      if (error instanceof Problem && error.status === 401 && !wasLoggedIn) return null;
      throw error;
    }
  },
  staleTime: 60_000,
});

export const accountsQuery = queryOptions({
  queryKey: keys.accounts,
  queryFn: ({ signal }) =>
    everything((after) => ask(api.GET("/v1/accounts", { params: { query: { limit: 200, after } }, signal }))),
  ...LIVE,
});

/** What goes over the accounts: read again now and then, because a day ends without an event. */
export const activityQuery = queryOptions({
  queryKey: keys.activity,
  queryFn: ({ signal }) =>
    everything((after) => ask(api.GET("/v1/accounts/activity", { params: { query: { limit: 200, after } }, signal }))),
  refetchInterval: ACTIVITY_MS,
});

export const historyQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: keys.history(id),
    queryFn: ({ pageParam, signal }) =>
      ask(api.GET("/v1/accounts/{id}/history", { params: { path: { id }, query: { after: pageParam } }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });

/** The links of an account that work: read again now and then, because no event tells that one was opened. */
export const remoteLinksQuery = (id: string) =>
  queryOptions({
    queryKey: keys.remoteLinks(id),
    queryFn: async ({ signal }) =>
      (await ask(api.GET("/v1/accounts/{id}/remote-links", { params: { path: { id } }, signal }))).data,
    refetchInterval: ({ state }) => (state.data && state.data.length > 0 ? REMOTE_MS : false),
  });

/** What came in on an account and could not be stored, oldest first. */
export const quarantineQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.quarantine, id] as const,
    queryFn: ({ signal }) =>
      everything((after) =>
        ask(
          api.GET("/v1/accounts/{id}/quarantine", { params: { path: { id }, query: { limit: 200, after } }, signal }),
        ),
      ),
  });

/** A QR code and how long it is still good, by the server's clock. */
export interface ShownQr extends Qr {
  readonly remainingMs: number;
}

/** The account's current QR code; null while it has none. */
export const qrQuery = (id: string) =>
  queryOptions({
    queryKey: keys.qr(id),
    queryFn: async ({ signal }): Promise<ShownQr | null> => {
      try {
        const { body, response } = await answer(
          api.GET("/v1/accounts/{id}/qr", {
            params: { path: { id } },
            headers: { accept: "application/json" },
            signal,
          }),
        );
        const now = Date.parse(response.headers.get("date") ?? "") || Date.now();
        // Pictures of it have other types; JSON was asked for.
        const qr = body as Qr;
        return { ...qr, remainingMs: Math.max(0, Date.parse(qr.expires_at) - now) };
      } catch (error) {
        if (error instanceof Problem && error.status === 409) return null;
        throw error;
      }
    },
    gcTime: 0,
    structuralSharing: false,
  });

export const chatsQuery = (filter: ChatFilter) =>
  infiniteQueryOptions({
    queryKey: [...keys.chats, filter] as const,
    queryFn: ({ pageParam, signal }): Promise<Page<Chat>> =>
      ask(
        api.GET("/v1/chats", {
          params: {
            query: {
              limit: 50,
              after: pageParam,
              account_id: filter.account,
              status: filter.status,
              assignee: filter.assignee,
              team_id: filter.team,
              tag_id: filter.tag,
              unread: filter.unread ? true : undefined,
              starred: filter.starred ? true : undefined,
              waiting: filter.waiting,
              reminder_due: filter.due ? true : undefined,
              segment: filter.segment,
            },
          },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    ...LIVE,
    // Whoever waits waits longer all the time, and days move people to other segments, of which no event tells.
    refetchInterval: filter.waiting !== undefined ? WAITING_MS : filter.segment !== undefined ? SEGMENT_MS : false,
  });

/** How many chats there are. */
export const countersQuery = queryOptions({
  queryKey: keys.counters,
  queryFn: ({ signal }) => ask(api.GET("/v1/chats/counters", { signal })),
  ...LIVE,
});

/** What was done with a chat, newest first. */
export const chatLogQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: keys.chatLog(id),
    queryFn: ({ pageParam, signal }): Promise<Page<ChatLogEntry>> =>
      ask(api.GET("/v1/chats/{id}/log", { params: { path: { id }, query: { limit: 100, after: pageParam } }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    ...LIVE,
  });

/** Everybody who can look after chats. */
export const colleaguesQuery = queryOptions({
  queryKey: keys.colleagues,
  queryFn: ({ signal }) =>
    everything((after) => ask(api.GET("/v1/colleagues", { params: { query: { limit: 200, after } }, signal }))),
  staleTime: TEAM_MS,
});

export const tagsQuery = queryOptions({
  queryKey: keys.tags,
  // All come as one page.
  queryFn: async ({ signal }) => (await ask(api.GET("/v1/tags", { signal }))).data,
  staleTime: TEAM_MS,
});

export const teamsQuery = queryOptions({
  queryKey: keys.teams,
  queryFn: async ({ signal }) => (await ask(api.GET("/v1/teams", { signal }))).data,
  staleTime: TEAM_MS,
});

/** The quick replies by their shortcuts, filled in for a chat where one is named. */
export const quickRepliesQuery = (chatId?: string) =>
  queryOptions({
    queryKey: [...keys.quickReplies, { chatId }] as const,
    queryFn: async ({ signal }) =>
      (await ask(api.GET("/v1/quick-replies", { params: { query: { chat_id: chatId } }, signal }))).data,
    staleTime: TEAM_MS,
  });

export const organizationQuery = queryOptions({
  queryKey: keys.organization,
  queryFn: ({ signal }) => ask(api.GET("/v1/organization", { signal })),
});

export const chatQuery = (id: string) =>
  queryOptions({
    queryKey: keys.chat(id),
    queryFn: ({ signal }) => ask(api.GET("/v1/chats/{id}", { params: { path: { id } }, signal })),
    ...LIVE,
  });

export interface ThreadPage extends Page<Message> {
  /** Where the newer part begins; only around a message. */
  previous?: string | null;
}

/** A part of a thread: the one that a page says comes after or before it. */
type ThreadPart = { after: string } | { before: string } | undefined;

/** A chat's messages, newest first: from the newest one on, or around one of them, which is below the same key. */
export const messagesQuery = (chatId: string, around?: string) =>
  infiniteQueryOptions({
    queryKey: around === undefined ? keys.messages(chatId) : ([...keys.messages(chatId), around] as const),
    queryFn: ({ pageParam, signal }): Promise<ThreadPage> =>
      ask(
        api.GET("/v1/chats/{id}/messages", {
          params: {
            path: { id: chatId },
            query: { limit: 50, ...(pageParam ?? (around === undefined ? {} : { around })) },
          },
          signal,
        }),
      ),
    initialPageParam: undefined as ThreadPart,
    getNextPageParam: (page): ThreadPart => (page.next ? { after: page.next } : undefined),
    getPreviousPageParam: (page): ThreadPart => (page.previous ? { before: page.previous } : undefined),
    ...LIVE,
  });

/** How many chats are looked into for a message that was sent, and how far. */
const LOOKED_INTO = 8;

/** Whether anybody has sent a message from this organization. The newest chats tell. */
export const hasSentQuery = queryOptions({
  queryKey: ["has-sent"],
  queryFn: async ({ signal }) => {
    const { data: chats } = await ask(api.GET("/v1/chats", { params: { query: { limit: LOOKED_INTO } }, signal }));
    if (chats.some((chat) => chat.last_message?.direction === "out")) return true;
    for (const { id } of chats) {
      const path = { params: { path: { id }, query: { limit: 50 } }, signal } as const;
      const { data: messages } = await ask(api.GET("/v1/chats/{id}/messages", path));
      if (messages.some((message) => message.direction === "out")) return true;
    }
    return false;
  },
});

export const webhooksQuery = queryOptions({
  queryKey: ["webhooks"],
  // An organization has few: they come as one page.
  queryFn: async ({ signal }) => (await ask(api.GET("/v1/webhooks", { signal }))).data,
});

export const deliveriesQuery = (webhookId: string, state: DeliveryState | undefined) =>
  infiniteQueryOptions({
    queryKey: [...keys.deliveries(webhookId), { state }] as const,
    queryFn: ({ pageParam, signal }) =>
      ask(
        api.GET("/v1/webhooks/{id}/deliveries", {
          params: { path: { id: webhookId }, query: { limit: 50, after: pageParam, state } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: 3_000,
  });

export const deliveryQuery = (webhookId: string, deliveryId: string) =>
  queryOptions({
    queryKey: ["delivery", webhookId, deliveryId],
    queryFn: ({ signal }) =>
      ask(
        api.GET("/v1/webhooks/{id}/deliveries/{dlv}", {
          params: { path: { id: webhookId, dlv: deliveryId } },
          signal,
        }),
      ),
    refetchInterval: 3_000,
  });

export const apiKeysQuery = queryOptions({
  queryKey: ["keys"],
  queryFn: ({ signal }) =>
    everything((after) => ask(api.GET("/v1/keys", { params: { query: { limit: 200, after } }, signal }))),
});

export const usersQuery = queryOptions({
  queryKey: ["users"],
  queryFn: ({ signal }) =>
    everything((after) => ask(api.GET("/v1/users", { params: { query: { limit: 200, after } }, signal }))),
});

export const invitationsQuery = queryOptions({
  queryKey: ["invitations"],
  queryFn: ({ signal }) =>
    everything((after) => ask(api.GET("/v1/invitations", { params: { query: { limit: 200, after } }, signal }))),
});

export const auditQuery = infiniteQueryOptions({
  queryKey: ["audit"],
  queryFn: ({ pageParam, signal }) =>
    ask(api.GET("/v1/audit", { params: { query: { limit: 50, after: pageParam } }, signal })),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.next ?? undefined,
});

/** What currencies there are, and how many decimals their amounts have. */
export const currenciesQuery = queryOptions({
  queryKey: ["currencies"],
  queryFn: async ({ signal }) => (await ask(api.GET("/v1/currencies", { signal }))).data,
  staleTime: Number.POSITIVE_INFINITY,
});
