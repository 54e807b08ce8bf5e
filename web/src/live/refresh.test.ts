import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { REFRESH_MS, refresh } from "./refresh";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("a_burst_of_events_asks_once_at_its_start_and_once_at_its_end", () => {
  const client = new QueryClient();
  const invalidate = vi.spyOn(client, "invalidateQueries");
  for (let event = 0; event < 100; event += 1) refresh(client, ["chats"]);
  expect(invalidate).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(REFRESH_MS);
  expect(invalidate).toHaveBeenCalledTimes(2);
  vi.advanceTimersByTime(10 * REFRESH_MS);
  expect(invalidate).toHaveBeenCalledTimes(2);
  refresh(client, ["chats"]);
  expect(invalidate).toHaveBeenCalledTimes(3);
});

it("other_things_and_other_clients_do_not_wait_for_each_other", () => {
  const client = new QueryClient();
  const invalidate = vi.spyOn(client, "invalidateQueries");
  refresh(client, ["chats"]);
  refresh(client, ["chat", "chat_1"]);
  expect(invalidate.mock.calls.map(([filter]) => filter?.queryKey)).toEqual([["chats"], ["chat", "chat_1"]]);
  const other = new QueryClient();
  const others = vi.spyOn(other, "invalidateQueries");
  refresh(other, ["chats"]);
  expect(others).toHaveBeenCalledTimes(1);
});
