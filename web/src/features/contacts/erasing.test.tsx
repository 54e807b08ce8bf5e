import { screen, waitFor, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { mockServer, openApp } from "~/test/app";
import {
  EVERY_PERMISSION,
  emptyWorld,
  makeAccount,
  makeChat,
  makeContact,
  problem,
  type World,
} from "../../../mock/api";

function world(change: Partial<World> = {}): World {
  return {
    ...emptyWorld(),
    accounts: [makeAccount({ id: "acc_1" })],
    chats: [
      makeChat({ id: "cht_1", name: "Budi Santoso", contact_id: "con_1" }),
      makeChat({ id: "cht_2", name: "Siti Rahma" }),
    ],
    contacts: [makeContact({ id: "con_1" })],
    ...change,
  };
}

async function openMore(with_: World) {
  const mock = mockServer(with_);
  const { user, router } = openApp("/chats/cht_1");
  await user.click(await screen.findByRole("button", { name: "Show contact" }));
  const panel = within(await screen.findByRole("dialog", { name: "About this contact" }));
  await user.click(await panel.findByRole("button", { name: "More" }));
  return { mock, user, router };
}

it("erasing_somebody_asks_for_their_name_and_leaves_the_chat", async () => {
  const { mock, user, router } = await openMore(world());
  await user.click(await screen.findByRole("menuitem", { name: "Erase" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Erase Budi Santoso" }));
  const act = dialog.getByRole("button", { name: "Erase for good" }) as HTMLButtonElement;
  expect(act.disabled).toBe(true);
  await user.type(dialog.getByRole("textbox"), "Budi Santoso");
  await user.click(act);
  await waitFor(() => expect(mock.world.contacts).toEqual([]));
  await waitFor(() => expect(router.state.location.pathname).toBe("/chats"));
  const rows = within(await screen.findByTestId("chat-rows"));
  await waitFor(() => expect(rows.queryByText("Budi Santoso")).toBeNull());
  expect(rows.getByText("Siti Rahma")).toBeTruthy();
});

it("a_name_that_is_made_to_mislead_is_shown_whole_and_typed_as_it_is_seen", async () => {
  const name = "\u202eBudi\u200b <strong>Santoso</strong> <1>x</1>";
  const { mock, user } = await openMore(
    world({
      chats: [makeChat({ id: "cht_1", name, contact_id: "con_1" })],
      contacts: [makeContact({ id: "con_1", name })],
    }),
  );
  await user.click(await screen.findByRole("menuitem", { name: "Erase" }));
  const dialog = within(await screen.findByRole("dialog", { name: /^Erase .*Santoso/ }));
  expect(dialog.getByText(/<strong>Santoso<\/strong> <1>x<\/1>/, { selector: "code" })).toBeTruthy();
  await user.type(dialog.getByRole("textbox"), "Budi <strong>Santoso</strong> <1>x</1>");
  await user.click(dialog.getByRole("button", { name: "Erase for good" }));
  await waitFor(() => expect(mock.world.contacts).toEqual([]));
});

it("what_cannot_be_erased_right_now_says_so_where_it_was_asked_for", async () => {
  const { mock, user } = await openMore(world());
  mock.on("DELETE /v1/contacts/:id", () => problem(409, "being_sent", "A message to them is being sent right now."));
  await user.click(await screen.findByRole("menuitem", { name: "Erase" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Erase Budi Santoso" }));
  await user.type(dialog.getByRole("textbox"), "Budi Santoso");
  await user.click(dialog.getByRole("button", { name: "Erase for good" }));
  expect(await dialog.findByText("A message is just being sent. Try again in a moment.")).toBeTruthy();
  expect(mock.world.contacts).toHaveLength(1);
});

it("an_export_is_a_download", async () => {
  await openMore(world());
  const link = await screen.findByRole("menuitem", { name: "Export" });
  expect(link.getAttribute("href")).toBe("/v1/contacts/con_1/export");
  expect(link.hasAttribute("download")).toBe(true);
});

it("neither_is_for_who_may_not", async () => {
  await openMore(world({ permissions: EVERY_PERMISSION.filter((permission) => permission !== "contacts:manage") }));
  for (const name of ["Export", "Erase"]) {
    const item = await screen.findByRole("menuitem", { name });
    expect(item.getAttribute("data-disabled") ?? (item as HTMLButtonElement).disabled).toBeTruthy();
  }
});
