/** Asks again for what events made stale and cannot be patched. */
import { hashKey, type QueryClient, type QueryKey } from "@tanstack/react-query";

/** A burst of events asks once at its start, and then once in this time. */
export const REFRESH_MS = 500;

/** Whether what was asked for a moment ago is wanted again, by key. */
const asked = new WeakMap<QueryClient, Map<string, boolean>>();

export function refresh(client: QueryClient, queryKey: QueryKey): void {
  const recent = asked.get(client) ?? new Map<string, boolean>();
  asked.set(client, recent);
  const key = hashKey(queryKey);
  if (recent.has(key)) {
    recent.set(key, true);
    return;
  }
  recent.set(key, false);
  void client.invalidateQueries({ queryKey });
  setTimeout(() => {
    const isWanted = recent.get(key);
    recent.delete(key);
    if (isWanted) refresh(client, queryKey);
  }, REFRESH_MS);
}
