/** What the dashboard reads. */
import { infiniteQueryOptions, queryOptions, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { api, ask } from "~/api/client";
import { keys, type Page } from "~/api/queries";
import type { Contact, Donation, LoggedEvent, Message } from "~/api/types";
import { useLiveEvents } from "~/live/Live";
import type { Period } from "./period";

export const statisticsQuery = (days: Period, account: string | undefined) =>
  queryOptions({
    queryKey: [...keys.statistics, { days, account }] as const,
    queryFn: ({ signal }) =>
      ask(api.GET("/v1/statistics", { params: { query: { days, account_id: account } }, signal })),
  });

/** The donations given from a day to another one, newest first. */
export const donationsQuery = (from: string, to: string) =>
  infiniteQueryOptions({
    queryKey: [...keys.statistics, "donations", { from, to }] as const,
    queryFn: ({ pageParam, signal }): Promise<Page<Donation>> =>
      ask(api.GET("/v1/donations", { params: { query: { from, to, limit: 50, after: pageParam } }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });

/** The days that are listed. */
interface Days {
  from: string;
  to: string;
}

/** The messages that were given up on these days, newest day first. */
export const failedQuery = ({ from, to }: Days, account: string | undefined) =>
  infiniteQueryOptions({
    queryKey: [...keys.statistics, "failed", { from, to, account }] as const,
    queryFn: ({ pageParam, signal }): Promise<Page<Message>> =>
      ask(
        api.GET("/v1/statistics/failed-messages", {
          params: { query: { from, to, account_id: account, limit: 50, after: pageParam } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });

/** The people who were met on these days, newest day first. */
export const newContactsQuery = ({ from, to }: Days) =>
  infiniteQueryOptions({
    queryKey: [...keys.statistics, "new-contacts", { from, to }] as const,
    queryFn: ({ pageParam, signal }): Promise<Page<Contact>> =>
      ask(
        api.GET("/v1/statistics/new-contacts", {
          params: { query: { from, to, limit: 50, after: pageParam } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });

/** How much older than they are the figures may be shown. */
const STALE_MS = 3_000;

const CHANGING: Partial<Record<LoggedEvent["type"], true>> = {
  "message.received": true,
  "message.sent": true,
  "message.delivered": true,
  "message.read": true,
  "message.played": true,
  "message.failed": true,
  "message.healed": true,
  "contact.created": true,
  "donation.recorded": true,
  "donation.changed": true,
  "donation.deleted": true,
  "account.deleted": true,
};

/** Reads the figures again when something happened that is counted, for many of them at once. */
export function useFreshFigures(): void {
  const client = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useLiveEvents(({ type }) => {
    if (!CHANGING[type] || timer.current !== undefined) return;
    timer.current = setTimeout(() => {
      timer.current = undefined;
      void client.invalidateQueries({ queryKey: keys.statistics });
    }, STALE_MS);
  });
  useEffect(() => () => clearTimeout(timer.current), []);
}
