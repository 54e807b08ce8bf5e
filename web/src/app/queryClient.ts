import { QueryClient } from "@tanstack/react-query";
import { Problem } from "~/api/problem";
import { meQuery } from "~/api/queries";
import { setZone } from "~/ui/time";

export function createQueryClient(): QueryClient {
  const client = new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        // An answer is an answer; only a missing one is asked for again.
        retry: (failures, error) => failures < 3 && isPassing(error),
      },
      mutations: { retry: false },
    },
  });
  // Before anything is shown of a person, it is known where they live.
  client.getQueryCache().subscribe(({ query, type }) => {
    if (query.queryKey[0] !== meQuery.queryKey[0] || (type !== "updated" && type !== "removed")) return;
    setZone(client.getQueryData(meQuery.queryKey)?.preferences?.time_zone);
  });
  return client;
}

/** Whether the same call may work in a moment. */
export function isPassing(error: unknown): boolean {
  const { status } = Problem.from(error);
  return status === 0 || status >= 502;
}
