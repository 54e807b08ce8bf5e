import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import { useEffect } from "react";

/** How long after a failure the next page is asked for again. */
const AGAIN_MS = 5_000;

/**
 * Fetches the next page while it is wanted. It waits for whatever else is being fetched, because the next page and a
 * refresh of the list cancel each other; what was cancelled is asked for again.
 */
export function useNextPage<T, P>(query: UseInfiniteQueryResult<InfiniteData<T, P>>, isWanted: boolean): void {
  const { hasNextPage, isFetching, isFetchNextPageError, dataUpdatedAt, fetchNextPage } = query;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a fetch can begin and end between two renders; then only the time tells
  useEffect(() => {
    if (!isWanted || !hasNextPage || isFetching) return;
    const timer = setTimeout(() => void fetchNextPage(), isFetchNextPageError ? AGAIN_MS : 0);
    return () => clearTimeout(timer);
  }, [isWanted, hasNextPage, isFetching, isFetchNextPageError, dataUpdatedAt, fetchNextPage]);
}

/** The same upwards: the page before the first one. */
export function usePreviousPage<T, P>(query: UseInfiniteQueryResult<InfiniteData<T, P>>, isWanted: boolean): void {
  const { hasPreviousPage, isFetching, isFetchPreviousPageError, dataUpdatedAt, fetchPreviousPage } = query;
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above
  useEffect(() => {
    if (!isWanted || !hasPreviousPage || isFetching) return;
    const timer = setTimeout(() => void fetchPreviousPage(), isFetchPreviousPageError ? AGAIN_MS : 0);
    return () => clearTimeout(timer);
  }, [isWanted, hasPreviousPage, isFetching, isFetchPreviousPageError, dataUpdatedAt, fetchPreviousPage]);
}
