import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { User } from "~/api/types";
import { mockServer, openApp } from "~/test/app";
import { emptyWorld, makeAccount, makeChat, makeMessage, makeTag, type World } from "../../../mock/api";

const AGUS: User = {
  id: "usr_2",
  organization_id: "org_1",
  email: "agus@example.org",
  name: "Agus Wijaya",
  role: "agent",
  created_at: "2026-01-06T02:00:00.000Z",
};

const at = (minute: number) => new Date(Date.UTC(2026, 0, 5, 9, minute)).toISOString();

function world(change: Partial<World> = {}): World {
  const empty = emptyWorld();
  return {
    ...empty,
    users: [...empty.users, AGUS],
    accounts: [makeAccount({ id: "acc_1" })],
    tags: [makeTag({ id: "tag_1", name: "Zakat" }), makeTag({ id: "tag_2", name: "Wakaf" })],
    chats: [
      makeChat({ id: "cht_1", name: "Budi Santoso", last_message_at: at(3) }),
      makeChat({ id: "cht_2", name: "Siti Rahma", last_message_at: at(2), assignee_id: "usr_1" }),
      makeChat({ id: "cht_3", name: "Maria Kusuma", last_message_at: at(1), status: "closed" }),
    ],
    messages: [makeMessage({ id: "msg_0", chat_id: "cht_1", created_at: at(3) }, { text: { body: "Halo" } })],
    ...change,
  };
}

const list = () => screen.findByTestId("chat-rows");
const names = async () =>
  (await within(await list()).findAllByRole("link")).map(
    (link) => /Budi Santoso|Siti Rahma|Maria Kusuma|Nur Aini/.exec(link.textContent ?? "")?.[0],
  );
const header = async () => screen.findByRole("toolbar", { name: "This chat" });

afterEach(() => vi.useRealTimers());

describe("the list of chats", () => {
  it("shows_open_chats_and_how_many_there_are_of_whom", async () => {
    mockServer(world());
    openApp("/chats");
    expect(await names()).toEqual(["Budi Santoso", "Siti Rahma"]);
    expect(await screen.findByRole("radio", { name: /^All\s*2$/ })).toBeTruthy();
    expect(screen.getByRole("radio", { name: /^Mine\s*1$/ })).toBeTruthy();
    expect(screen.getByRole("radio", { name: /^Unassigned\s*1$/ })).toBeTruthy();
  });

  it("keeps_its_filters_in_the_address", async () => {
    mockServer(world());
    const { user, router } = openApp("/chats");
    await list();
    await user.click(await screen.findByText("Mine"));
    await waitFor(async () => expect(await names()).toEqual(["Siti Rahma"]));
    expect(router.state.location.search).toMatchObject({ assignee: "me" });
    await user.click(screen.getByRole("button", { name: "Starred" }));
    expect(await screen.findByText("No chats match")).toBeTruthy();
    expect(router.state.location.search).toMatchObject({ assignee: "me", starred: true });
    await user.click(screen.getAllByRole("button", { name: "Clear filters" })[0] as HTMLElement);
    await waitFor(async () => expect(await names()).toEqual(["Siti Rahma"]));
  });

  it("lists_the_chats_with_a_reminder_that_is_due_and_those_of_a_segment", async () => {
    const mock = mockServer(world());
    const [budi, siti] = mock.world.chats as [ReturnType<typeof makeChat>, ReturnType<typeof makeChat>];
    mock.world.chats[0] = { ...budi, reminder_due: true };
    mock.world.segments.set(siti.id, "lapsed");
    const { user, router } = openApp("/chats");
    await user.click(await screen.findByRole("button", { name: /^Reminder due\s*1$/ }));
    await waitFor(async () => expect(await names()).toEqual(["Budi Santoso"]));
    expect(router.state.location.search).toMatchObject({ due: true });
    mock.world.chats[0] = budi;
    act(() => mock.emit({ type: "chat.updated", data: budi }));
    expect(await screen.findByText("No chats match")).toBeTruthy();
    await user.click(screen.getAllByRole("button", { name: "Clear filters" })[0] as HTMLElement);
    await user.click(await screen.findByRole("button", { name: "Segment" }));
    await user.click(await screen.findByRole("menuitem", { name: "Lapsed" }));
    await waitFor(async () => expect(await names()).toEqual(["Siti Rahma"]));
    expect(router.state.location.search).toMatchObject({ segment: "lapsed" });
    // Somebody who comes into the segment is asked for, because a chat does not say it.
    mock.world.segments.set(budi.id, "lapsed");
    act(() => mock.emit({ type: "chat.updated", data: budi }));
    await waitFor(async () => expect(await names()).toEqual(["Budi Santoso", "Siti Rahma"]));
  });

  it("opens_with_the_filters_of_its_address", async () => {
    mockServer(world());
    openApp("/chats?status=closed");
    expect(await names()).toEqual(["Maria Kusuma"]);
    expect(screen.getByRole("button", { name: "Status: Closed" })).toBeTruthy();
  });

  it("follows_live_what_is_assigned_and_counts_anew", async () => {
    const mock = mockServer(world());
    openApp("/chats?assignee=none");
    expect(await names()).toEqual(["Budi Santoso"]);
    const taken = { ...(mock.world.chats[0] as ReturnType<typeof makeChat>), assignee_id: "usr_2" };
    mock.world.chats[0] = taken;
    act(() => mock.emit({ type: "chat.updated", data: taken }));
    expect(await screen.findByText("Somebody looks after every chat")).toBeTruthy();
    expect(await screen.findByRole("radio", { name: /^Unassigned$/ })).toBeTruthy();
  });

  it("does_not_move_under_the_pointer", async () => {
    const mock = mockServer(world());
    const { user } = openApp("/chats");
    const rows = await list();
    const frame = rows.parentElement as HTMLElement;
    fireEvent.pointerEnter(frame, { pointerType: "mouse" });
    const written = { ...(mock.world.chats[1] as ReturnType<typeof makeChat>), last_message_at: at(9), unread: 1 };
    act(() => mock.emit({ type: "chat.updated", data: written }));
    const pill = await screen.findByRole("button", { name: "1 new" });
    expect(await names()).toEqual(["Budi Santoso", "Siti Rahma"]);
    await user.click(pill);
    await waitFor(async () => expect(await names()).toEqual(["Siti Rahma", "Budi Santoso"]));
  });

  it("says_in_a_row_who_has_it_its_tags_and_star", async () => {
    mockServer(
      world({
        chats: [
          makeChat({ name: "Budi Santoso", assignee_id: "usr_2", is_starred: true, tag_ids: ["tag_1", "tag_2"] }),
        ],
      }),
    );
    openApp("/chats");
    const row = await within(await list()).findByRole("link");
    await within(row).findByRole("img", { name: "Assigned to Agus Wijaya" });
    expect(row.textContent).toContain("Zakat");
    expect(row.textContent).toContain("Starred");
  });
});

describe("a chat", () => {
  it("is_assigned_from_its_header", async () => {
    const mock = mockServer(world());
    const { user } = openApp("/chats/cht_1");
    await user.click(await within(await header()).findByRole("button", { name: "Assign" }));
    await user.click(await screen.findByRole("option", { name: "Agus Wijaya" }));
    expect(await within(await header()).findByRole("button", { name: "Assigned to Agus Wijaya" })).toBeTruthy();
    await waitFor(() => expect(mock.world.chats[0]?.assignee_id).toBe("usr_2"));
  });

  it("gets_a_tag_that_is_made_on_the_way", async () => {
    const mock = mockServer(world());
    const { user } = openApp("/chats/cht_1");
    await user.click(await within(await header()).findByRole("button", { name: "Tags" }));
    await user.type(await screen.findByRole("textbox", { name: "Find or create a tag" }), "Kurban");
    await user.click(await screen.findByRole("option", { name: "Create “Kurban”" }));
    await waitFor(() => expect(mock.world.tags.map((tag) => tag.name)).toContain("Kurban"));
    await waitFor(() => expect(mock.world.chats[0]?.tag_ids).toHaveLength(1));
  });

  it("is_put_aside_until_a_time_to_come", async () => {
    const mock = mockServer(world());
    const { user } = openApp("/chats/cht_1");
    await user.click(await within(await header()).findByRole("button", { name: "Snooze" }));
    await user.click(await screen.findByRole("menuitem", { name: "Pick a time" }));
    const field = await screen.findByLabelText(/Until/);
    fireEvent.change(field, { target: { value: "2020-01-01T09:00:00" } });
    const dialog = screen.getByRole("dialog", { name: "Snooze" });
    await user.click(within(dialog).getByRole("button", { name: "Snooze" }));
    expect(await within(dialog).findByText("Choose a time in the future.")).toBeTruthy();
    fireEvent.change(field, { target: { value: "2099-01-01T09:00:00" } });
    await user.click(within(dialog).getByRole("button", { name: "Snooze" }));
    await waitFor(() => expect(mock.world.chats[0]?.status).toBe("snoozed"));
    expect(mock.world.chats[0]?.snoozed_until).toBe(new Date("2099-01-01T09:00:00").toISOString());
    expect(await within(await header()).findByRole("button", { name: "Open again" })).toBeTruthy();
  });

  it("goes_back_when_the_server_refuses", async () => {
    const mock = mockServer(world());
    mock.on("PATCH /v1/chats/:id", () => new Response("{}", { status: 500 }));
    const { user } = openApp("/chats/cht_1");
    await user.click(await within(await header()).findByRole("button", { name: "Close chat" }));
    expect(await screen.findByText("That did not work")).toBeTruthy();
    expect(await within(await header()).findByRole("button", { name: "Close chat" })).toBeTruthy();
  });

  it("says_what_was_done_with_it_between_its_messages", async () => {
    const agus = { type: "user", id: "usr_2", name: "Agus Wijaya" } as const;
    const logs = new Map([
      [
        "cht_1",
        [
          { id: "log_2", at: at(4), by: agus, type: "closed" } as const,
          { id: "log_1", at: at(2), by: agus, type: "assigned", user_id: "usr_2", name: "Agus Wijaya" } as const,
        ],
      ],
    ]);
    mockServer(world({ logs }));
    openApp("/chats/cht_1");
    const log = await screen.findByRole("log", { name: "Messages with Budi Santoso" });
    await within(log).findByText(/Agus Wijaya closed this chat/);
    const text = log.textContent ?? "";
    const places = ["took this chat", "Halo", "closed this chat"].map((words) => text.indexOf(words));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(places).not.toContain(-1);
  });

  it("stays_unread_when_it_is_marked_so_while_it_is_open", async () => {
    const mock = mockServer(world());
    const { user } = openApp("/chats/cht_1");
    await user.click(await within(await header()).findByRole("button", { name: "Mark as unread" }));
    await within(await list()).findByLabelText("1 unread message");
    expect(mock.world.chats[0]?.unread).toBe(1);
  });
});

describe("colleagues", () => {
  const agusIn = (state: string) => ({ chat_id: "cht_1", user_id: "usr_2", name: "Agus Wijaya", state });

  it("are_seen_while_they_look_and_write_and_not_after_they_left", async () => {
    const mock = mockServer(world());
    openApp("/chats/cht_1");
    await header();
    act(() => mock.hint("chat.presence", agusIn("viewing")));
    expect(await screen.findByText("Agus Wijaya is looking at this chat")).toBeTruthy();
    act(() => mock.hint("chat.presence", agusIn("typing")));
    expect(await screen.findByText("Agus Wijaya is writing…")).toBeTruthy();
    act(() => mock.hint("chat.presence", agusIn("gone")));
    await waitFor(() => expect(screen.queryByText(/Agus Wijaya is/)).toBeNull());
  });

  it("are_told_what_we_do", async () => {
    const mock = mockServer(world());
    const told: string[] = [];
    mock.on("POST /v1/chats/:id/presence", async ({ body }) => {
      told.push(((await body()) as { state: string }).state);
      return new Response(null, { status: 204 });
    });
    const { user, unmount } = openApp("/chats/cht_1");
    await user.type(await screen.findByRole("textbox", { name: "Write a message" }), "Ha");
    await waitFor(() => expect(told).toEqual(["viewing", "typing"]));
    unmount();
    await waitFor(() => expect(told.at(-1)).toBe("gone"));
  });

  it("who_answered_meanwhile_are_named_before_a_second_answer_leaves", async () => {
    const mock = mockServer(world());
    const { user } = openApp("/chats/cht_1");
    const field = await screen.findByRole("textbox", { name: "Write a message" });
    await user.type(field, "Buka sampai jam lima.");
    const answer = makeMessage(
      { chat_id: "cht_1", direction: "out", sent_by: "user:usr_2", created_at: new Date(Date.now() + 5).toISOString() },
      { text: { body: "Sampai jam lima ya." } },
    );
    act(() => mock.emit({ type: "message.queued", data: answer }));
    await within(screen.getByRole("log")).findByText("Sampai jam lima ya.");
    await user.type(field, "{Enter}");
    const dialog = await screen.findByRole("dialog", { name: "Somebody answered already" });
    expect(dialog.textContent).toContain("Agus Wijaya answered");
    await user.click(within(dialog).getByRole("button", { name: "Go back" }));
    expect((field as HTMLTextAreaElement).value).toBe("Buka sampai jam lima.");
    await user.type(field, "{Enter}");
    const again = await screen.findByRole("dialog", { name: "Somebody answered already" });
    await user.click(within(again).getByRole("button", { name: "Send anyway" }));
    await within(screen.getByRole("log")).findByText("Buka sampai jam lima.");
    const emptied = await screen.findByRole("textbox", { name: "Write a message" });
    expect((emptied as HTMLTextAreaElement).value).toBe("");
  });
});

describe("the keyboard", () => {
  it("goes_through_the_chats_and_does_what_their_header_does", async () => {
    const mock = mockServer(world());
    const { user, router } = openApp("/chats");
    await list();
    await user.keyboard("j");
    await waitFor(() => expect(router.state.location.pathname).toBe("/chats/cht_1"));
    await header();
    await user.keyboard("j");
    await waitFor(() => expect(router.state.location.pathname).toBe("/chats/cht_2"));
    await user.keyboard("k");
    await waitFor(() => expect(router.state.location.pathname).toBe("/chats/cht_1"));
    await header();
    await user.keyboard("s");
    await waitFor(() => expect(mock.world.chats[0]?.is_starred).toBe(true));
    await user.keyboard("e");
    await waitFor(() => expect(mock.world.chats[0]?.status).toBe("closed"));
    await user.keyboard("l");
    expect(await screen.findByRole("textbox", { name: "Find or create a tag" })).toBeTruthy();
  });

  it("belongs_to_a_field_that_is_typed_in", async () => {
    const mock = mockServer(world());
    const { user } = openApp("/chats/cht_1");
    await user.type(await screen.findByRole("textbox", { name: "Write a message" }), "sejuk");
    expect(mock.world.chats[0]).toMatchObject({ is_starred: false, status: "open" });
  });

  it("says_which_keys_there_are", async () => {
    mockServer(world());
    const { user } = openApp("/chats/cht_1");
    await header();
    await user.keyboard("?");
    const help = await screen.findByRole("dialog", { name: "Keyboard shortcuts" });
    for (const words of ["Next chat", "Close chat", "Assign", "Mark as unread", "Tags"]) {
      expect(within(help).getByText(words)).toBeTruthy();
    }
  });

  it("opens_a_bar_that_finds_chats_and_commands", async () => {
    const mock = mockServer(world());
    const { user, router } = openApp("/chats/cht_1");
    await header();
    await user.keyboard("{Control>}k{/Control}");
    const field = await screen.findByRole("combobox", { name: "Type a name or what you want to do" });
    await user.type(field, "siti{Enter}");
    await waitFor(() => expect(router.state.location.pathname).toBe("/chats/cht_2"));
    await header();
    await user.keyboard("{Control>}k{/Control}");
    await user.type(await screen.findByRole("combobox"), "add a star{Enter}");
    await waitFor(() => expect(mock.world.chats[1]?.is_starred).toBe(true));
  });
});
