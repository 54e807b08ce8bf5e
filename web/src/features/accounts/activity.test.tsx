import { screen, waitFor, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { mockServer, openApp } from "~/test/app";
import { emptyWorld, makeAccount, type World } from "../../../mock/api";

function world(change: Partial<World> = {}): World {
  return {
    ...emptyWorld(),
    accounts: [makeAccount({ id: "acc_1", name: "Front desk" })],
    teams: [{ id: "team_1", name: "Donor care", member_ids: [], created_at: "2026-01-05T02:00:00.000Z" }],
    ...change,
  };
}

const card = async () => within(await screen.findByRole("article", { name: "Front desk" }));
const fact = async (name: string) => (await card()).getByText(name).parentElement?.querySelector("dd")?.textContent;

it("a_card_says_what_goes_over_the_account_and_who_has_to_do_with_it", async () => {
  mockServer(world());
  openApp("/accounts");
  await waitFor(async () => expect(await fact("Sent today")).toBe("34"));
  expect(await fact("Last message in")).toMatch(/4 min/);
  expect(await fact("Drops in 30 days")).toBe("0");
  expect(await fact("Webhooks")).toBe("none");
  expect(await fact("New chats go to")).toBe("nobody");
  expect(await fact("Connected as")).toBe("Linked device");
});

it("new_chats_are_given_to_a_team", async () => {
  const mock = mockServer(world());
  const { user } = openApp("/accounts");
  await user.click((await card()).getByRole("button", { name: /Front desk/ }));
  await user.click(await screen.findByRole("menuitem", { name: "Who is given new chats" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Who is given new chats: Front desk" }));
  await user.click(dialog.getByRole("combobox", { name: "Team" }));
  await user.click(await screen.findByRole("option", { name: "Donor care" }));
  await user.click(dialog.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(mock.world.accounts[0]).toMatchObject({ team_id: "team_1", assignee_id: null }));
  await waitFor(async () => expect(await fact("New chats go to")).toBe("Donor care"));
});
