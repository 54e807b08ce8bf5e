import { useSyncExternalStore } from "react";

function onHash(changed: () => void): () => void {
  window.addEventListener("hashchange", changed);
  return () => window.removeEventListener("hashchange", changed);
}

/** What stands behind the `#` of the address: another link that is opened in the same tab changes nothing else. */
export function useHash(): string {
  return useSyncExternalStore(onHash, () => window.location.hash.replace(/^#/, ""));
}
