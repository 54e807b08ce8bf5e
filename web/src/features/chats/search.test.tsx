import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { Message } from "~/api/types";
import { mockServer, openApp } from "~/test/app";
import { emptyWorld, json, makeAccount, makeChat, makeMessage, problem, type World } from "../../../mock/api";

const at = (minute: number) => new Date(Date.UTC(2026, 0, 5, 9, minute)).toISOString();
const said = (id: string, minute: number, body: string) =>
  makeMessage({ id, chat_id: "cht_1", chat_name: "Budi Santoso", created_at: at(minute) }, { text: { body } });

function world(change: Partial<World> = {}): World {
  const empty = emptyWorld();
  return {
    ...empty,
    accounts: [makeAccount({ id: "acc_1" })],
    chats: [
      makeChat({ id: "cht_1", name: "Budi Santoso", last_message_at: at(30) }),
      makeChat({ id: "cht_2", name: "Siti Beras", last_message_at: at(2) }),
    ],
    messages: [
      said("msg_old", 0, "Donasi beras sudah kami terima"),
      ...Array.from({ length: 20 }, (_, index) => said(`msg_${index}`, index + 1, `Pesan ${index}`)),
      said("msg_new", 30, "Beras lagi?"),
    ],
    ...change,
  };
}

const field = () => screen.findByRole("searchbox", { name: "Search chats, people and messages" });
const results = () => screen.findByTestId("search-results");

describe("searching the inbox", () => {
  it("shows_chats_and_messages_with_what_was_found_marked_and_keeps_it_in_the_address", async () => {
    mockServer(world());
    const { user, router } = openApp("/chats");
    await user.type(await field(), "beras");
    const list = within(await results());
    expect(await list.findByRole("link", { name: /Siti Beras/ })).toBeTruthy();
    const message = await list.findByRole("link", { name: /Beras lagi\?/ });
    expect(message.querySelector("mark")?.textContent).toBe("Beras");
    expect(router.state.location.search).toMatchObject({ q: "beras" });
    expect(screen.queryByTestId("chat-rows")).toBeNull();
    await user.click(screen.getByRole("button", { name: "Clear the search" }));
    expect(await screen.findByTestId("chat-rows")).toBeTruthy();
    expect(router.state.location.search).not.toHaveProperty("q", "beras");
  });

  it("says_how_far_back_it_looked_and_goes_further_when_it_is_asked", async () => {
    mockServer(world());
    const { user } = openApp("/chats?q=beras");
    expect(await screen.findByText("Searched back to Jan 5, 2026")).toBeTruthy();
    await user.click(screen.getByRole("button", { name: "Look further back" }));
    expect(await screen.findByRole("link", { name: /Donasi beras sudah kami terima/ })).toBeTruthy();
    await waitFor(() => expect(screen.queryByText(/Searched back to/)).toBeNull());
  });

  it("opens_a_message_in_its_thread_where_it_stands", async () => {
    const between = Array.from({ length: 60 }, (_, index) => said(`msg_${index}`, index + 1, `Pesan ${index}`));
    const [old, ...others] = world().messages;
    mockServer(
      world({ messages: [old as Message, ...between, { ...(others.at(-1) as Message), created_at: at(70) }] }),
    );
    const { user, router } = openApp("/chats?q=sudah%20kami");
    await user.click(await screen.findByRole("link", { name: /Donasi beras sudah kami terima/ }));
    const log = await screen.findByRole("log");
    await waitFor(() => expect(log.querySelector("[data-found]")?.textContent).toContain("Donasi beras"));
    expect(document.activeElement).toBe(log.querySelector("[data-found]"));
    expect(within(log).queryByText("Beras lagi?")).toBeNull();
    expect(router.state.location.search).toMatchObject({ message: "msg_old" });
    await user.click(await screen.findByRole("button", { name: "Newest messages" }));
    expect(await within(await screen.findByRole("log")).findByText("Beras lagi?")).toBeTruthy();
    expect(router.state.location.search).not.toHaveProperty("message", "msg_old");
  });

  it("is_walked_by_keyboard_from_the_field_and_back", async () => {
    mockServer(world());
    const { user } = openApp("/chats?q=beras");
    const chat = await screen.findByRole("link", { name: /Siti Beras/ });
    await screen.findByRole("link", { name: /Beras lagi\?/ });
    fireEvent.keyDown(document.body, { key: "/" });
    const input = await field();
    expect(document.activeElement).toBe(input);
    await user.keyboard("{ArrowDown}");
    expect(document.activeElement).toBe(chat);
    await user.keyboard("{ArrowDown}");
    expect(document.activeElement?.textContent).toContain("Beras lagi?");
    await user.keyboard("{ArrowUp}{ArrowUp}");
    expect(document.activeElement).toBe(input);
    await user.keyboard("{Escape}");
    expect(await screen.findByTestId("chat-rows")).toBeTruthy();
  });

  it("looks_in_the_open_chat_only_when_it_is_asked", async () => {
    mockServer(
      world({
        messages: [
          said("msg_1", 1, "beras dari Budi"),
          makeMessage({ id: "msg_2", chat_id: "cht_2", created_at: at(2) }, { text: { body: "beras dari Siti" } }),
        ],
      }),
    );
    const { user } = openApp("/chats/cht_1?q=beras%20dari");
    expect(await screen.findByRole("link", { name: /beras dari Siti/ })).toBeTruthy();
    await user.click(screen.getByRole("button", { name: "Only in this chat" }));
    expect(await screen.findByRole("link", { name: /beras dari Budi/ })).toBeTruthy();
    await waitFor(() => expect(screen.queryByRole("link", { name: /beras dari Siti/ })).toBeNull());
  });

  it("says_when_nothing_is_found", async () => {
    mockServer(world());
    openApp("/chats?q=zakat");
    expect(await screen.findByRole("heading", { name: "Nothing found" })).toBeTruthy();
  });

  it("offers_the_newest_messages_when_the_one_that_was_found_is_gone", async () => {
    const mock = mockServer(world());
    const answer = () =>
      problem(422, "validation", "Some fields are not valid.", [
        { pointer: "#query/around", code: "no_such_message", detail: "there is no such message in this chat" },
      ]);
    mock.on("GET /v1/chats/cht_1/messages", ({ query }) =>
      query.has("around") ? answer() : json({ data: mock.world.messages.slice(-1), next: null, previous: null }),
    );
    const { user } = openApp("/chats/cht_1?message=msg_gone");
    expect(await screen.findByText("This message is not here any more.")).toBeTruthy();
    await user.click(screen.getByRole("button", { name: "Newest messages" }));
    expect(await within(await screen.findByRole("log")).findByText("Beras lagi?")).toBeTruthy();
  });
});

describe("the command bar", () => {
  it("finds_messages_and_leads_to_the_whole_search", async () => {
    mockServer(world());
    const { user, router } = openApp("/chats");
    await screen.findByTestId("chat-rows");
    await user.keyboard("{Control>}k{/Control}");
    await user.type(await screen.findByRole("combobox", { name: "Type a name or what you want to do" }), "sudah kami");
    expect(await screen.findByRole("option", { name: /Budi Santoso: Donasi beras sudah kami terima/ })).toBeTruthy();
    await user.click(screen.getByRole("option", { name: "Search everything for “sudah kami”" }));
    await waitFor(() => expect(router.state.location.search).toMatchObject({ q: "sudah kami" }));
    expect(await results()).toBeTruthy();
  });
});
