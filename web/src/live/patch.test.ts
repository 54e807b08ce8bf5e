import { QueryClient } from "@tanstack/react-query";
import { beforeEach, describe, expect, it } from "vitest";
import { chatsQuery, keys, type Pages } from "~/api/queries";
import type { Account, Chat, LoggedEvent, Message } from "~/api/types";
import { makeAccount, makeChat, makeMessage } from "../../mock/api";
import { applyEvent, passes } from "./patch";

let client: QueryClient;
let seq = 0;

function happen(type: LoggedEvent["type"], data: unknown) {
  seq += 1;
  applyEvent(client, { id: `evt_${seq}`, organization_id: "org_1", seq, at: "", type, data } as LoggedEvent, "first");
}

const at = (minute: number) => new Date(Date.UTC(2026, 0, 5, 9, minute)).toISOString();
const pagesOf = <T>(...pages: T[][]): Pages<T> => ({
  pages: pages.map((data, index) => ({ data, next: index === pages.length - 1 ? null : `page ${index + 1}` })),
  pageParams: pages.map((_, index) => (index === 0 ? undefined : `page ${index}`)),
});
const thread = () =>
  client.getQueryData<Pages<Message>>(keys.messages("cht_1"))?.pages.map((page) => page.data.map(({ id }) => id));
const list = (filter = {}) =>
  client
    .getQueryData<Pages<Chat>>(chatsQuery(filter).queryKey)
    ?.pages.flatMap((page) => page.data)
    .map(({ id }) => id);

beforeEach(() => {
  client = new QueryClient();
});

describe("messages", () => {
  const older = makeMessage({ id: "msg_1", created_at: at(1) });
  const newer = makeMessage({ id: "msg_3", created_at: at(3) });

  beforeEach(() => client.setQueryData(keys.messages("cht_1"), pagesOf([newer], [older])));

  it("puts_a_received_message_on_top", () => {
    happen("message.received", makeMessage({ id: "msg_4", created_at: at(4) }));
    expect(thread()).toEqual([["msg_4", "msg_3"], ["msg_1"]]);
  });

  it("shows_a_replayed_message_once", () => {
    happen("message.received", newer);
    happen("message.received", newer);
    expect(thread()).toEqual([["msg_3"], ["msg_1"]]);
  });

  it("keeps_an_answer_below_its_question_though_whatsapp_counts_whole_seconds", () => {
    const question = makeMessage({ id: "msg_6", direction: "out", created_at: "2026-01-05T09:06:05.500Z" });
    happen("message.queued", question);
    happen(
      "message.received",
      makeMessage({ id: "msg_7", created_at: "2026-01-05T09:06:05.900Z", sent_at: "2026-01-05T09:06:05.000Z" }),
    );
    expect(thread()?.[0]).toEqual(["msg_7", "msg_6", "msg_3"]);
  });

  it("puts_a_message_that_comes_late_where_it_was_said", () => {
    happen("message.received", makeMessage({ id: "msg_8", created_at: at(9), sent_at: at(2) }));
    expect(thread()).toEqual([["msg_3"], ["msg_8", "msg_1"]]);
  });

  it("leaves_a_message_behind_the_last_page_to_the_next_one", () => {
    client.setQueryData<Pages<Message>>(keys.messages("cht_1"), (pages) =>
      pages ? { ...pages, pages: pages.pages.map((page) => ({ ...page, next: "more" })) } : pages,
    );
    happen("message.healed", makeMessage({ id: "msg_0", created_at: at(0) }));
    expect(thread()).toEqual([["msg_3"], ["msg_1"]]);
  });

  it("does_not_let_a_late_delivered_undo_read", () => {
    const sent = makeMessage({ id: "msg_5", direction: "out", status: "sent", created_at: at(5) });
    happen("message.queued", { ...sent, status: "queued" });
    happen("message.read", { ...sent, status: "read" });
    happen("message.delivered", { ...sent, status: "delivered" });
    expect(client.getQueryData<Pages<Message>>(keys.messages("cht_1"))?.pages[0]?.data[0]?.status).toBe("read");
  });

  it("drops_a_deleted_message_and_does_not_bring_it_back_with_a_late_receipt", () => {
    happen("message.deleted", { ...newer, deleted_at: at(4) });
    happen("message.read", { ...newer, status: "read", deleted_at: at(4) });
    expect(thread()).toEqual([[], ["msg_1"]]);
  });

  const said = () => client.getQueryData<Pages<Message>>(keys.messages("cht_1"))?.pages[0]?.data[0];

  it("shows_the_words_of_an_edit_and_no_older_ones_after_it", () => {
    const edited = { ...newer, text: { body: "Halo semua" }, edited_at: at(4) };
    happen("message.edited", edited);
    happen("message.received", newer);
    happen("message.edited", { ...edited, text: { body: "Halo lagi" }, edited_at: at(3) });
    expect(said()).toEqual(edited);
    const again = { ...edited, text: { body: "Halo dunia" }, edited_at: at(5) };
    happen("message.edited", again);
    expect(said()).toEqual(again);
  });

  it("takes_out_what_was_deleted_for_everybody_for_good", () => {
    const revoked = makeMessage({ ...newer, type: "revoked", revoked_at: at(4) }, { revoked: { by_admin: false } });
    const { text: _, ...gone } = revoked as Message & { text?: unknown };
    happen("message.revoked", gone);
    happen("message.edited", { ...newer, edited_at: at(5) });
    happen("message.received", newer);
    expect(said()).toEqual(gone);
  });

  it("counts_the_votes_of_a_poll", () => {
    const poll = (votes: number) => ({
      poll: { question: "Kapan?", options: [{ text: "Sabtu", votes }], max_choices: 1, voters: votes },
    });
    const asked = makeMessage({ id: "msg_5", created_at: at(5) }, poll(0));
    happen("message.received", asked);
    happen("message.voted", { ...asked, ...poll(2) });
    expect(said()).toMatchObject(poll(2));
  });

  it("invents_no_thread_that_is_not_open", () => {
    happen("message.received", makeMessage({ chat_id: "cht_9" }));
    expect(client.getQueryData(keys.messages("cht_9"))).toBeUndefined();
  });

  it("asks_for_a_file_again_when_it_is_there", () => {
    happen("message.media_ready", makeMessage({}, { image: { media_id: "med_1", mime: "image/png" } }));
    expect(client.getQueryData(keys.mediaVersion("med_1"))).toBe(1);
  });
});

describe("chats", () => {
  const first = makeChat({ id: "cht_1", last_message_at: at(9), unread: 1 });
  const second = makeChat({ id: "cht_2", last_message_at: at(8), account_id: "acc_2" });
  const third = makeChat({ id: "cht_3", last_message_at: at(7), unread: 2 });

  beforeEach(() => {
    client.setQueryData(chatsQuery({}).queryKey, pagesOf([first, second], [third]));
    client.setQueryData(chatsQuery({ unread: true }).queryKey, pagesOf([first, third]));
    client.setQueryData(chatsQuery({ account: "acc_2" }).queryKey, pagesOf([second]));
  });

  it("moves_an_updated_chat_to_its_place_in_every_list", () => {
    happen("chat.updated", { ...third, last_message_at: at(10) });
    expect(list()).toEqual(["cht_3", "cht_1", "cht_2"]);
    expect(list({ unread: true })).toEqual(["cht_3", "cht_1"]);
    expect(list({ account: "acc_2" })).toEqual(["cht_2"]);
  });

  it("adds_a_new_chat_where_the_filter_lets_it", () => {
    happen("chat.updated", makeChat({ id: "cht_4", account_id: "acc_2", last_message_at: at(11), unread: 0 }));
    expect(list()).toEqual(["cht_4", "cht_1", "cht_2", "cht_3"]);
    expect(list({ account: "acc_2" })).toEqual(["cht_4", "cht_2"]);
    expect(list({ unread: true })).toEqual(["cht_1", "cht_3"]);
  });

  it("takes_a_read_chat_out_of_the_unread_ones", () => {
    happen("chat.updated", { ...first, unread: 0 });
    expect(list({ unread: true })).toEqual(["cht_3"]);
  });

  it("shows_the_newest_message_in_the_line_of_its_chat", () => {
    happen(
      "message.received",
      makeMessage({ chat_id: "cht_2", created_at: at(12) }, { text: { body: "Selamat pagi" } }),
    );
    const chat = client.getQueryData<Pages<Chat>>(chatsQuery({}).queryKey)?.pages[0]?.data[0];
    expect(chat).toMatchObject({ id: "cht_2", last_message: { preview: "Selamat pagi", direction: "in" } });
  });

  it("keeps_what_became_of_a_message_though_the_answer_to_its_request_comes_later", () => {
    client.setQueryData(keys.messages("cht_1"), pagesOf([]));
    const message = makeMessage({ id: "msg_8", direction: "out", status: "queued", created_at: at(12) });
    happen("message.queued", message);
    happen("message.failed", { ...message, status: "failed", attempts: 1 });
    happen("message.queued", message);
    const line = client.getQueryData<Pages<Chat>>(chatsQuery({}).queryKey)?.pages.flatMap((page) => page.data);
    expect(line?.find(({ id }) => id === "cht_1")?.last_message?.status).toBe("failed");
  });

  it("counts_what_was_received_but_neither_reactions_nor_changes_of_a_group", () => {
    const unread = () => client.getQueryData<Pages<Chat>>(chatsQuery({}).queryKey)?.pages[0]?.data[0]?.unread;
    happen("message.received", makeMessage({ chat_id: "cht_1", created_at: at(12) }));
    expect(unread()).toBe(2);
    happen(
      "message.received",
      makeMessage({ chat_id: "cht_1", created_at: at(13) }, { reaction: { message_id: "msg_1", emoji: "👍" } }),
    );
    happen(
      "message.received",
      makeMessage({ chat_id: "cht_1", created_at: at(14) }, { group_change: { action: "add", participants: [] } }),
    );
    expect(unread()).toBe(2);
  });

  it("asks_the_server_when_a_message_may_be_counted_already", () => {
    happen("message.received", makeMessage({ chat_id: "cht_1", created_at: first.last_message_at }));
    expect(client.getQueryState(chatsQuery({}).queryKey)?.isInvalidated).toBe(true);
    expect(list()).toEqual(["cht_1", "cht_2", "cht_3"]);
  });

  it("remembers_who_types_until_a_message_comes", () => {
    happen("chat.typing", { account_id: "acc_1", chat_id: "cht_1", chat: "", from: "", activity: "recording" });
    expect(client.getQueryData(keys.typing("cht_1"))).toMatchObject({ recording: true });
    happen("message.received", makeMessage({ chat_id: "cht_1", created_at: at(12) }));
    expect(client.getQueryData(keys.typing("cht_1"))).toBeNull();
  });
});

describe("a list with a filter", () => {
  const now = Date.parse(at(30));
  const chat = makeChat({
    account_id: "acc_1",
    status: "open",
    assignee_id: "usr_1",
    team_id: "team_1",
    tag_ids: ["tag_1", "tag_2"],
    unread: 1,
    is_starred: true,
    waiting_since: at(10),
  });
  const other = makeChat({ account_id: "acc_2", status: "closed" });

  it.each([
    { account: "acc_1" },
    { status: "open" as const },
    { assignee: "me" },
    { assignee: "usr_1" },
    { team: "team_1" },
    { tag: "tag_2" },
    { unread: true },
    { starred: true },
    { waiting: 20 },
    { account: "acc_1", assignee: "me", unread: true, tag: "tag_1", waiting: 1 },
  ])("has_what_it_asks_for %o", (filter) => {
    expect([passes(chat, filter, "usr_1", now), passes(other, filter, "usr_1", now)]).toEqual([true, false]);
  });

  it("has_nobodys_chats_apart", () => {
    expect(passes(chat, { assignee: "none" }, "usr_1")).toBe(false);
    expect(passes(other, { assignee: "none" }, "usr_1")).toBe(true);
  });

  it("has_who_waits_once_they_waited_long_enough", () => {
    expect(passes(chat, { waiting: 21 }, "usr_1", now)).toBe(false);
  });

  it("opens_a_chat_in_which_somebody_writes_and_forgets_who_waits_when_it_is_answered", () => {
    const snoozed = makeChat({ id: "cht_1", status: "snoozed", snoozed_until: at(50), last_message_at: at(1) });
    client.setQueryData(keys.chat("cht_1"), snoozed);
    client.setQueryData(chatsQuery({ status: "open" }).queryKey, pagesOf<Chat>([]));
    happen("message.received", makeMessage({ chat_id: "cht_1", created_at: at(12) }));
    expect(list({ status: "open" })).toEqual(["cht_1"]);
    expect(client.getQueryData<Chat>(keys.chat("cht_1"))).toMatchObject({ snoozed_until: null, waiting_since: at(12) });
    happen("message.queued", makeMessage({ chat_id: "cht_1", direction: "out", created_at: at(13) }));
    expect(client.getQueryData<Chat>(keys.chat("cht_1"))?.waiting_since).toBeNull();
  });
});

describe("accounts", () => {
  it("follow_their_events", () => {
    client.setQueryData<Account[]>(keys.accounts, []);
    const account = makeAccount({ id: "acc_1", state: "created" });
    happen("account.created", account);
    happen("account.state_changed", { ...account, state: "connected" });
    expect(client.getQueryData<Account[]>(keys.accounts)).toMatchObject([{ id: "acc_1", state: "connected" }]);
    happen("account.deleted", account);
    expect(client.getQueryData<Account[]>(keys.accounts)).toEqual([]);
  });
});
