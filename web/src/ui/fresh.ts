import { type QueryKey, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";

/** A list that opens is read again: nothing tells this page of a new colleague, team or tag. */
export function useFresh(opened: boolean, ...lists: QueryKey[]): void {
  const client = useQueryClient();
  const latest = useRef(lists);
  latest.current = lists;
  useEffect(() => {
    if (!opened) return;
    for (const queryKey of latest.current) void client.invalidateQueries({ queryKey });
  }, [opened, client]);
}
