import { QueryClient } from "@tanstack/react-query";
import { expect, it } from "vitest";
import { chatsQuery, keys, type Pages } from "~/api/queries";
import type { Account, Chat, LoggedEvent } from "~/api/types";
import { makeAccount, makeChat, makeMessage } from "../../mock/api";
import { follow } from "./follow";

/** A read whose answer is decided by the test. */
function slowRead<T>(client: QueryClient, queryKey: readonly unknown[]) {
  let answer: (data: T) => void = () => {};
  const read = client.fetchQuery({
    queryKey,
    queryFn: () =>
      new Promise<T>((resolve) => {
        answer = resolve;
      }),
  });
  return {
    answer: async (data: T) => {
      answer(data);
      await read;
    },
  };
}

const logged = (type: LoggedEvent["type"], data: unknown) =>
  ({ id: "evt_1", organization_id: "org_1", seq: 1, at: "", type, data }) as LoggedEvent;

it("an_answer_that_was_overtaken_by_an_event_does_not_undo_it", async () => {
  const client = new QueryClient();
  const follower = follow(client);
  const account = makeAccount({ id: "acc_1", state: "starting" });
  const read = slowRead<Account[]>(client, keys.accounts);
  follower.apply(logged("account.state_changed", { ...account, state: "need_scan" }));
  await read.answer([account]);
  expect(client.getQueryData<Account[]>(keys.accounts)).toMatchObject([{ state: "need_scan" }]);
});

it("a_message_that_the_answer_knows_is_not_counted_twice", async () => {
  const client = new QueryClient();
  const follower = follow(client);
  const message = makeMessage({ chat_id: "cht_1", created_at: "2026-01-05T09:00:00.000Z" });
  const read = slowRead<Pages<Chat>>(client, chatsQuery({}).queryKey);
  follower.apply(logged("message.received", message));
  const chat = makeChat({ id: "cht_1", unread: 1, last_message_at: message.created_at });
  await read.answer({ pages: [{ data: [chat], next: null }], pageParams: [undefined] });
  expect(client.getQueryData<Pages<Chat>>(chatsQuery({}).queryKey)?.pages[0]?.data[0]?.unread).toBe(1);
});

it("a_message_that_the_answer_does_not_know_is_counted", async () => {
  const client = new QueryClient();
  const follower = follow(client);
  const message = makeMessage({ chat_id: "cht_1", created_at: "2026-01-05T09:00:00.000Z" });
  const read = slowRead<Pages<Chat>>(client, chatsQuery({}).queryKey);
  follower.apply(logged("message.received", message));
  const chat = makeChat({ id: "cht_1", unread: 0, last_message_at: "2026-01-05T08:00:00.000Z" });
  await read.answer({ pages: [{ data: [chat], next: null }], pageParams: [undefined] });
  expect(client.getQueryData<Pages<Chat>>(chatsQuery({}).queryKey)?.pages[0]?.data[0]?.unread).toBe(1);
});
