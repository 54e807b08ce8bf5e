import { screen, waitFor, within } from "@testing-library/react";
import { expect, it } from "vitest";
import type { Webhook } from "~/api/types";
import { mockServer, openApp } from "~/test/app";
import { emptyWorld, problem } from "../../../mock/api";

it("shows_the_secret_of_a_new_webhook_once", async () => {
  const mock = mockServer();
  const { user } = openApp("/webhooks");
  await user.click(await screen.findByRole("button", { name: "Add webhook" }));
  await user.type(await screen.findByLabelText(/Address/), "https://example.org/hook");
  await user.click(screen.getByRole("button", { name: "Create" }));
  expect((await screen.findByTestId("secret")).textContent).toMatch(/^whsec_/);
  await user.click(screen.getByRole("button", { name: "I have stored it" }));
  await waitFor(() => expect(screen.queryByTestId("secret")).toBeNull());
  expect(await screen.findByRole("article", { name: "https://example.org/hook" })).toBeTruthy();
  expect(mock.world.webhooks[0]).toMatchObject({ events: ["*"], envelope: "native" });
});

it("shows_a_refused_address_at_its_field", async () => {
  const mock = mockServer();
  mock.on("POST /v1/webhooks", () =>
    problem(422, "invalid", "Some fields are wrong.", [
      {
        pointer: "/url",
        code: "private_network",
        detail: "is in a private or reserved network, which is not allowed",
      },
    ]),
  );
  const { user } = openApp("/webhooks");
  await user.click(await screen.findByRole("button", { name: "Add webhook" }));
  await user.type(await screen.findByLabelText(/Address/), "http://127.0.0.1/");
  await user.click(screen.getByRole("button", { name: "Create" }));
  expect(await screen.findByText("This address is in a private network, which is not allowed.")).toBeTruthy();
  expect(screen.getByLabelText(/Address/).getAttribute("aria-invalid")).toBe("true");
});

it("says_what_a_replay_could_not_send_any_more", async () => {
  const webhook: Webhook = {
    id: "whk_1",
    url: "https://example.org/hook",
    events: ["*"],
    accounts: [],
    envelope: "native",
    enabled: true,
    created_at: new Date().toISOString(),
  };
  const mock = mockServer({ ...emptyWorld(), webhooks: [webhook] });
  const parts = [
    { deliveries: 2, first_seq: 41, has_gap: true, last_seq: 42, is_complete: false },
    { deliveries: 1, first_seq: 43, has_gap: false, last_seq: 43, is_complete: true },
  ];
  mock.on("POST /v1/webhooks/:id/replay", () => {
    const part = JSON.stringify(parts.shift());
    return new Response(part, { status: 202, headers: { "content-type": "application/json" } });
  });
  const { user } = openApp("/webhooks");
  await user.click(await screen.findByRole("button", { name: "Replay" }));
  const dialog = await screen.findByRole("dialog");
  await user.click(within(dialog).getByLabelText("Everything in the log"));
  await user.click(within(dialog).getByRole("button", { name: "Replay" }));
  expect(await screen.findByText("3 deliveries queued")).toBeTruthy();
  expect(screen.getByText(/The log begins with event 41\./)).toBeTruthy();
});

it("chooses_groups_and_single_events", async () => {
  const mock = mockServer();
  const { user } = openApp("/webhooks");
  await user.click(await screen.findByRole("button", { name: "Add webhook" }));
  const dialog = await screen.findByRole("dialog");
  await user.type(within(dialog).getByLabelText(/Address/), "https://example.org/hook");
  await user.click(within(dialog).getByLabelText("All events"));
  await user.click(within(dialog).getByLabelText("Messages"));
  await user.click(within(dialog).getByLabelText("account.deleted"));
  await user.click(within(dialog).getByRole("button", { name: "Create" }));
  await screen.findByTestId("secret");
  expect(mock.world.webhooks[0]?.events).toEqual(["message.*", "account.deleted"]);
});
