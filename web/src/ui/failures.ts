/** What could not be done with a row, so that the row itself says it. A row is known by the id of what it shows. */
import { useSyncExternalStore } from "react";

const failures = new Map<string, unknown>();
const listeners = new Set<() => void>();

/** Remembers what went wrong with a row; nothing takes it back. */
export function setFailure(id: string, error: unknown): void {
  if (error === undefined) failures.delete(id);
  else failures.set(id, error);
  for (const listener of listeners) listener();
}

/** Forgets all of it: nobody else is to see it. */
export function forgetFailures(): void {
  failures.clear();
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useFailure(id: string): unknown {
  return useSyncExternalStore(subscribe, () => failures.get(id));
}

/** For a mutation of a row: its failure is said in the row, and forgotten when it is tried again. */
export function inRow<V>(idOf: (variables: V) => string) {
  return {
    onMutate: (variables: V) => setFailure(idOf(variables), undefined),
    onError: (error: unknown, variables: V) => setFailure(idOf(variables), error),
  };
}
