import { screen, waitFor, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { mockServer, openApp } from "~/test/app";
import { settleHeld } from "~/ui/undo";
import { emptyWorld, makeAccount, problem, type World } from "../../../mock/api";

function world(change: Partial<World> = {}): World {
  const entry = (id: string, kind: string) => ({
    id,
    kind,
    reason: "the value of column body is too long",
    created_at: new Date(Date.now() - 3_600_000).toISOString(),
  });
  return {
    ...emptyWorld(),
    accounts: [makeAccount({ id: "acc_1", name: "Front desk" }), makeAccount({ id: "acc_2", name: "Events" })],
    quarantine: new Map([["acc_2", [entry("qrt_1", "message"), entry("qrt_2", "something new")]]]),
    ...change,
  };
}

const section = () => screen.findByRole("region", { name: "2 things could not be stored" });

it("what_could_not_be_stored_is_stored_again", async () => {
  const mock = mockServer(world());
  const { user } = openApp("/settings");
  const message = within(await section()).getByRole("group", { name: "Message, Events" });
  expect(within(message).getByText("the value of column body is too long")).toBeTruthy();
  await user.click(within(message).getByRole("button", { name: "Store again" }));
  expect(await screen.findByRole("region", { name: "1 thing could not be stored" })).toBeTruthy();
  expect(mock.world.quarantine.get("acc_2")?.map(({ id }) => id)).toEqual(["qrt_2"]);
});

it("what_still_cannot_be_stored_stays_and_says_so", async () => {
  const mock = mockServer(world());
  mock.on("POST /v1/quarantine/:id/retry", () => problem(409, "still_refused", "It still cannot be stored."));
  const { user } = openApp("/settings");
  const message = within(await section()).getByRole("group", { name: "Message, Events" });
  await user.click(within(message).getByRole("button", { name: "Store again" }));
  expect(await screen.findByText(/^It still cannot be stored\. Ask whoever runs Pesan/)).toBeTruthy();
  expect(await section()).toBeTruthy();
});

it("what_could_not_be_stored_is_deleted_unless_that_is_taken_back", async () => {
  const mock = mockServer(world());
  const { user } = openApp("/settings");
  const other = within(await section()).getByRole("group", { name: "Something else, Events" });
  await user.click(within(other).getByRole("button", { name: "Delete" }));
  expect(await screen.findByRole("region", { name: "1 thing could not be stored" })).toBeTruthy();
  // Nothing was sent yet, and it can be taken back by key at once.
  expect(mock.world.quarantine.get("acc_2")).toHaveLength(2);
  const undo = await screen.findByRole("button", { name: "Undo" });
  await waitFor(() => expect(document.activeElement).toBe(undo));
  await user.keyboard("{Enter}");
  expect(await screen.findByRole("region", { name: "2 things could not be stored" })).toBeTruthy();
  await waitFor(() => expect(document.activeElement).toBe(screen.getByRole("main")));
  const again = within(await section()).getByRole("group", { name: "Something else, Events" });
  await user.click(within(again).getByRole("button", { name: "Delete" }));
  await settleHeld();
  expect(await screen.findByRole("region", { name: "1 thing could not be stored" })).toBeTruthy();
  expect(mock.world.quarantine.get("acc_2")?.map(({ id }) => id)).toEqual(["qrt_1"]);
});

it("nothing_is_shown_without_anything_or_to_people_who_may_not", async () => {
  const mock = mockServer(world({ permissions: ["accounts:read", "messages:read"] }));
  let asked = 0;
  mock.on("GET /v1/accounts/:id/quarantine", () => {
    asked += 1;
    return problem(403, "forbidden", "No.");
  });
  const { unmount } = openApp("/settings");
  await screen.findAllByRole("switch", { name: /E-mail me/ });
  expect(screen.queryByRole("region", { name: /could not be stored/ })).toBeNull();
  expect(asked).toBe(0);
  unmount();
  mockServer(world({ quarantine: new Map() }));
  openApp("/settings");
  await screen.findAllByRole("switch", { name: /E-mail me/ });
  expect(screen.queryByRole("region", { name: /could not be stored/ })).toBeNull();
});
