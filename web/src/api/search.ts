/** Finding chats, people and messages. A search that is not wanted any more is broken off. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, ask } from "./client";
import { keys } from "./queries";
import type { ChatHit, ContactHit, MessageHit } from "./types";

/** What is searched for, and where. */
export interface Wanted {
  text: string;
  /** Only of this account. */
  account: string | undefined;
  /** Only messages of this chat. */
  chat: string | undefined;
}

/** Chats and people that are shown at first. */
const FEW = 5;
const MESSAGES = 20;

const queryOf = ({ text, account, chat }: Wanted) => ({ q: text, account_id: account, chat_id: chat });

/** What was found a moment ago may have been deleted since. */
const FRESH_MS = 30_000;

export const foundChatsQuery = (wanted: Wanted) =>
  infiniteQueryOptions({
    queryKey: [...keys.search, "chats", wanted] as const,
    queryFn: async ({ pageParam, signal }): Promise<{ data: ChatHit[]; next: string | null }> => {
      const query = { ...queryOf(wanted), kinds: "chats", limit: FEW, after: pageParam };
      return (await ask(api.GET("/v1/search", { params: { query }, signal }))).chats ?? { data: [], next: null };
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    enabled: wanted.chat === undefined,
    staleTime: FRESH_MS,
    placeholderData: keepPreviousData,
  });

export const foundPeopleQuery = (wanted: Wanted) =>
  infiniteQueryOptions({
    queryKey: [...keys.search, "contacts", wanted] as const,
    queryFn: async ({ pageParam, signal }): Promise<{ data: ContactHit[]; next: string | null }> => {
      const query = { ...queryOf(wanted), kinds: "contacts", limit: FEW, after: pageParam };
      return (await ask(api.GET("/v1/search", { params: { query }, signal }))).contacts ?? { data: [], next: null };
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    enabled: wanted.chat === undefined,
    staleTime: FRESH_MS,
    placeholderData: keepPreviousData,
  });

interface FoundMessages {
  data: MessageHit[];
  next: string | null;
  searched_back_to: string | null;
}

export const foundMessagesQuery = (wanted: Wanted) =>
  infiniteQueryOptions({
    queryKey: [...keys.search, "messages", wanted] as const,
    queryFn: async ({ pageParam, signal }): Promise<FoundMessages> => {
      const query = { ...queryOf(wanted), kinds: "messages", limit: MESSAGES, after: pageParam };
      const { messages } = await ask(api.GET("/v1/search", { params: { query }, signal }));
      return messages ?? { data: [], next: null, searched_back_to: null };
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    staleTime: FRESH_MS,
    placeholderData: keepPreviousData,
  });

/** The first few of chats and messages, for the command bar. */
export const foundQuery = (text: string) =>
  queryOptions({
    queryKey: [...keys.search, "first", text] as const,
    queryFn: ({ signal }) =>
      ask(api.GET("/v1/search", { params: { query: { q: text, kinds: "chats,messages", limit: FEW } }, signal })),
    staleTime: FRESH_MS,
  });
