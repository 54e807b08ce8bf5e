/** What is read of a person. All of it is below the person's key, so that one event refreshes it. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, ask, everything } from "~/api/client";
import { keys, type Page } from "~/api/queries";
import type { Contact, Note, Reminder, TimelineEntry } from "~/api/types";

/** Events say when these change. */
const LIVE = { staleTime: Number.POSITIVE_INFINITY } as const;

/** What notes and reminders are about. */
export type About = { contactId: string } | { chatId: string };

export function keyOf(about: About) {
  return "contactId" in about ? keys.contact(about.contactId) : keys.group(about.chatId);
}

export const contactQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.contact(id), "person"],
    queryFn: ({ signal }) => ask(api.GET("/v1/contacts/{id}", { params: { path: { id } }, signal })),
    ...LIVE,
  });

export const donorQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.contact(id), "donor"],
    queryFn: ({ signal }) => ask(api.GET("/v1/contacts/{id}/donor", { params: { path: { id } }, signal })),
    ...LIVE,
  });

export const mergesQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.contact(id), "merges"],
    queryFn: ({ signal }) =>
      everything((after) =>
        ask(api.GET("/v1/contacts/{id}/merges", { params: { path: { id }, query: { limit: 200, after } }, signal })),
      ),
    ...LIVE,
  });

/** The newest notes about a person or a group. */
export const notesQuery = (about: About, chatId: string) =>
  queryOptions({
    queryKey: [...keyOf(about), "notes"],
    queryFn: async ({ signal }): Promise<Note[]> =>
      (await ask(api.GET("/v1/chats/{id}/notes", { params: { path: { id: chatId }, query: { limit: 200 } }, signal })))
        .data,
    ...LIVE,
  });

/** Reminders that are still to be done. */
export const remindersQuery = (about: About) =>
  queryOptions({
    queryKey: [...keyOf(about), "reminders"],
    queryFn: async ({ signal }): Promise<Reminder[]> => {
      const query =
        "contactId" in about ? { contact_id: about.contactId, limit: 100 } : { chat_id: about.chatId, limit: 100 };
      return (await ask(api.GET("/v1/reminders", { params: { query }, signal }))).data;
    },
    ...LIVE,
  });

export const timelineQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: [...keys.contact(id), "timeline"],
    queryFn: ({ pageParam, signal }): Promise<Page<TimelineEntry>> =>
      ask(
        api.GET("/v1/contacts/{id}/timeline", {
          params: { path: { id }, query: { limit: 20, after: pageParam } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    ...LIVE,
  });

export const searchQuery = (text: string) =>
  queryOptions({
    queryKey: [...keys.contacts, "search", text],
    queryFn: async ({ signal }): Promise<Contact[]> =>
      (await ask(api.GET("/v1/contacts", { params: { query: { search: text, limit: 8 } }, signal }))).data,
    enabled: text.trim() !== "",
  });

export const customFieldsQuery = queryOptions({
  queryKey: ["custom-fields"],
  queryFn: async ({ signal }) => (await ask(api.GET("/v1/custom-fields", { signal }))).data,
  staleTime: 60_000,
});

export const donorRulesQuery = queryOptions({
  queryKey: ["donor-rules"],
  queryFn: ({ signal }) => ask(api.GET("/v1/donor-rules", { signal })),
  staleTime: 60_000,
});
