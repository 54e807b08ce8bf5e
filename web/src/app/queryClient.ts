import { QueryClient } from "@tanstack/react-query";
import { Problem } from "~/api/problem";

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
  // What a person wrote is kept until it is sent or they log out, whether its chat is open or not.
  client.setQueryDefaults(["draft"], { gcTime: Number.POSITIVE_INFINITY });
  return client;
}

/** Whether the same call may work in a moment. */
export function isPassing(error: unknown): boolean {
  const { status } = Problem.from(error);
  return status === 0 || status >= 502;
}
