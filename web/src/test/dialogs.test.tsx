/** Whoever closes a dialog is back at what opened it, so that the keyboard goes on from there. */
import { screen, waitFor, within } from "@testing-library/react";
import type { UserEvent } from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { makeMessage } from "../../mock/api";
import { story } from "../../mock/story";
import { mockServer, openApp } from "./app";

/** A world in which no dialog opens by itself. */
function quiet() {
  const world = story();
  for (const account of world.accounts) Object.assign(account, { state: "connected", reason: null });
  world.invitations = [
    {
      id: "inv_1",
      email: "budi@example.org",
      name: "Budi",
      role: "agent",
      created_at: "2026-11-26T10:00:00.000Z",
      expires_at: "2026-12-03T10:00:00.000Z",
    },
  ];
  return world;
}

interface Case {
  name: string;
  path: string;
  /** The button that opens the dialog, or the menu that has it. */
  opener: string | RegExp;
  /** The line of the menu. */
  item?: string | RegExp;
  /** Where the opener is, when the page has several. */
  within?: string;
  dialog: string | RegExp;
}

const FRONT_DESK = { path: "/accounts", opener: "More actions for Front desk" };
const WEBHOOK = { path: "/webhooks", opener: "More actions for https://crm.example.org/hooks/pesan" };

const CASES: Case[] = [
  { name: "a new account", path: "/accounts", opener: "Add account", dialog: "Add account" },
  { name: "the name of an account", ...FRONT_DESK, item: "Rename", dialog: "Rename" },
  { name: "the pacing", ...FRONT_DESK, item: "Change pacing", dialog: "Pacing: Front desk" },
  { name: "the history", ...FRONT_DESK, item: "History", dialog: "History of Front desk" },
  { name: "the history", path: "/accounts", within: "Front desk", opener: "History", dialog: "History of Front desk" },
  { name: "unlinking", ...FRONT_DESK, item: "Unlink from phone", dialog: "Unlink from phone: Front desk" },
  { name: "deleting an account", ...FRONT_DESK, item: "Delete account", dialog: "Delete account: Front desk" },
  { name: "a new message", path: "/chats", opener: "New message", dialog: "New message" },
  { name: "a snooze", path: "/chats/cht_1", opener: "Snooze", item: "Pick a time", dialog: "Snooze" },
  { name: "a picture", path: "/chats/cht_1", opener: "View picture", dialog: /^(You|Budi Santoso) / },
  { name: "virtual phones", path: "/chats", opener: "Make a virtual phone", dialog: /virtual phone/i },
  { name: "a new key", path: "/settings?tab=keys", opener: "Create key", dialog: "Create key" },
  {
    name: "revoking a key",
    path: "/settings?tab=keys",
    within: "Reporting",
    opener: "Revoke",
    dialog: "Revoke Reporting",
  },
  { name: "an invitation", path: "/settings?tab=members", opener: "Invite somebody", dialog: "Invite somebody" },
  {
    name: "removing somebody",
    path: "/settings?tab=members",
    within: "Agus Wijaya",
    opener: "Remove",
    dialog: "Remove Agus Wijaya",
  },
  { name: "deleting a tag", path: "/settings?tab=inbox", opener: "Delete Zakat", dialog: "Delete the tag Zakat" },
  { name: "deleting a team", path: "/settings?tab=inbox", opener: "Delete Events", dialog: "Delete the team Events" },
  { name: "a new webhook", path: "/webhooks", opener: "Add webhook", dialog: "Add webhook" },
  { name: "changing a webhook", ...WEBHOOK, item: "Edit", dialog: "Edit" },
  { name: "a new secret", ...WEBHOOK, item: "New secret", dialog: "New secret" },
  { name: "deleting a webhook", ...WEBHOOK, item: "Delete", dialog: /^Delete: / },
  {
    name: "a replay",
    path: "/webhooks",
    within: "https://crm.example.org/hooks/pesan",
    opener: "Replay",
    dialog: "Replay",
  },
  {
    name: "deliveries",
    path: "/webhooks",
    within: "https://crm.example.org/hooks/pesan",
    opener: "Delivery log",
    dialog: /^Delivery log/,
  },
];

async function find(each: Pick<Case, "opener" | "within">): Promise<HTMLElement> {
  const scope = each.within ? within(await screen.findByRole("article", { name: each.within })) : screen;
  const [opener] = await scope.findAllByRole("button", { name: each.opener });
  if (!opener) throw new Error("there is no such button");
  return opener;
}

async function open(user: UserEvent, each: Case): Promise<HTMLElement> {
  const opener = await find(each);
  await user.click(opener);
  if (each.item) await user.click(await screen.findByRole("menuitem", { name: each.item }));
  await waitFor(() =>
    expect(screen.getByRole("dialog", { name: each.dialog }).contains(document.activeElement)).toBe(true),
  );
  return opener;
}

const gone = () => waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());

describe("the focus goes back after", () => {
  it.each(CASES)("$name ($dialog)", async (each) => {
    mockServer(quiet());
    const { user } = openApp(each.path);
    await open(user, each);
    await user.keyboard("{Escape}");
    await gone();
    await waitFor(async () => expect(document.activeElement).toBe(await find(each)));
  });

  it.each([
    ["search and commands", "{Control>}k{/Control}", "Search and commands"],
    ["the shortcuts", "?", "Keyboard shortcuts"],
  ])("%s", async (_, keys, name) => {
    mockServer(quiet());
    const { user } = openApp("/chats");
    const opener = await find({ opener: "New message" });
    opener.focus();
    await user.keyboard(keys);
    await screen.findByRole("dialog", { name });
    await user.keyboard("{Escape}");
    await gone();
    await waitFor(() => expect(document.activeElement).toBe(opener));
  });

  it("choosing_when_a_message_leaves", async () => {
    mockServer(quiet());
    const { user } = openApp("/chats/cht_1");
    await user.type(await screen.findByRole("textbox", { name: "Write a message" }), "Halo");
    const opener = screen.getByRole("button", { name: "Send later and other options" });
    await user.click(opener);
    await user.click(await screen.findByRole("menuitem", { name: "Pick a time" }));
    await screen.findByRole("dialog", { name: "Send later" });
    await user.keyboard("{Escape}");
    await gone();
    await waitFor(() => expect(document.activeElement).toBe(opener));
  });

  it("a_message_that_was_held_back", async () => {
    const mock = mockServer(quiet());
    const { user } = openApp("/chats/cht_1");
    const field = await screen.findByRole("textbox", { name: "Write a message" });
    await user.type(field, "Masih dibuka");
    const answer = makeMessage(
      { chat_id: "cht_1", direction: "out", sent_by: "user:usr_2", created_at: new Date(Date.now() + 5).toISOString() },
      { text: { body: "Sudah saya jawab" } },
    );
    mock.emit({ type: "message.sent", data: answer });
    await screen.findByText("Sudah saya jawab");
    await user.keyboard("{Enter}");
    await screen.findByRole("dialog", { name: "Somebody answered already" });
    await user.keyboard("{Escape}");
    await gone();
    await waitFor(() => expect(document.activeElement).toBe(field));
  });

  it("a_dialog_that_came_after_another", async () => {
    mockServer(quiet());
    const { user } = openApp("/settings?tab=keys");
    const opener = await screen.findByRole("button", { name: "Create key" });
    await user.click(opener);
    await user.type(await screen.findByLabelText(/Name/), "Website");
    await user.click(screen.getByRole("button", { name: "Create" }));
    await user.click(await screen.findByRole("button", { name: "I have stored it" }));
    await gone();
    await waitFor(() => expect(document.activeElement).toBe(opener));
  });

  it("a_deletion_to_the_page_since_its_button_is_gone", async () => {
    mockServer(quiet());
    const { user } = openApp("/settings?tab=inbox");
    await user.click(await screen.findByRole("button", { name: "Delete Zakat" }));
    const dialog = await screen.findByRole("dialog", { name: "Delete the tag Zakat" });
    await user.type(within(dialog).getByRole("textbox"), "Zakat");
    await user.click(within(dialog).getByRole("button", { name: "Delete" }));
    await waitFor(() => expect(screen.queryByRole("button", { name: "Delete Zakat" })).toBeNull());
    await gone();
    await waitFor(() => expect(document.activeElement).toBe(screen.getByRole("main")));
  });
});
