import { act, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { mockServer, openApp } from "~/test/app";
import { emptyWorld, makeAccount, makeChat, makeMessage } from "../../../mock/api";
import { dropOf } from "./drops";
import { saidBetween } from "./stage";

const earlier = (ms: number) => new Date(Date.now() - ms).toISOString();

describe("the first steps", () => {
  const steps = () => screen.findByRole("region", { name: "First steps" });

  it("are_read_from_what_there_is", async () => {
    const mock = mockServer();
    const { user } = openApp("/accounts");
    expect((await steps()).textContent).toContain("0 of 3 done");
    expect(
      within(await steps())
        .getByRole("button", { name: "Write" })
        .getAttribute("aria-disabled"),
    ).toBe("true");
    await user.click(within(await steps()).getByRole("button", { name: "Link" }));
    await screen.findByRole("dialog", { name: "Add account" });
    await user.keyboard("{Escape}");

    const account = makeAccount({ id: "acc_1" });
    mock.world.accounts.push(account);
    act(() => mock.emit({ type: "account.created", data: account }));
    await waitFor(async () => expect((await steps()).textContent).toContain("1 of 3 done"));
    expect(
      within(await steps())
        .getByRole("link", { name: "Write" })
        .getAttribute("href"),
    ).toBe("/chats?new=true");

    mock.world.chats.push(makeChat({ id: "cht_1" }));
    const message = makeMessage({ direction: "out", status: "sent" });
    mock.world.messages.push(message);
    act(() => mock.emit({ type: "message.sent", data: message }));
    await waitFor(async () => expect((await steps()).textContent).toContain("2 of 3 done"));
    expect(
      within(await steps())
        .getByRole("link", { name: "Invite" })
        .getAttribute("href"),
    ).toBe("/settings?tab=members");
  });

  it("can_be_dismissed_for_good", async () => {
    mockServer();
    const { user, unmount } = openApp("/accounts");
    await user.click(within(await steps()).getByRole("button", { name: "Dismiss the first steps" }));
    await waitFor(() => expect(screen.queryByRole("region", { name: "First steps" })).toBeNull());
    unmount();
    openApp("/accounts");
    await screen.findByText("Link your first WhatsApp number");
    expect(screen.queryByRole("region", { name: "First steps" })).toBeNull();
  });

  it("are_not_shown_to_an_organization_that_has_done_them", async () => {
    const world = emptyWorld();
    const [user] = world.users;
    if (!user) throw new Error("the world has no user");
    const chat = makeChat({
      last_message: { type: "text", preview: "Halo", direction: "out", status: "read" },
    });
    const users = [user, { ...user, id: "usr_2", email: "agus@example.org" }];
    const mock = mockServer({ ...world, users, accounts: [makeAccount()], chats: [chat] });
    const asked = new Promise<void>((resolve) => {
      mock.on("GET /v1/users", () => {
        resolve();
        return Response.json({ data: users, next: null });
      });
    });
    openApp("/accounts");
    await screen.findByRole("article");
    await asked;
    await waitFor(() => expect(screen.queryByRole("region", { name: "First steps" })).toBeNull());
  });
});

describe("a card", () => {
  it("says_since_when_why_what_waits_and_how_fast_it_sends", async () => {
    mockServer({
      ...emptyWorld(),
      accounts: [
        makeAccount({
          name: "Front desk",
          state: "logged_out",
          reason: { code: "logged_out_401", detail: "The phone or WhatsApp unlinked this device." },
          state_since: earlier(2 * 3_600_000),
          last_connected_at: earlier(5 * 3_600_000),
          queued: 14,
        }),
      ],
    });
    openApp("/accounts?link=acc_none");
    const card = await screen.findByRole("article", { name: "Front desk" });
    for (const text of [
      "Unlinked",
      "for 2 hr",
      "The phone or WhatsApp unlinked this device. Connect the account and scan a new QR code.",
      "14 messages",
      "10 a minute, bursts of 50",
      "5 hr. ago",
    ]) {
      expect(card.textContent).toContain(text);
    }
    for (const name of ["Reconnect", "History", "More actions for Front desk"]) {
      expect(within(card).getByRole("button", { name })).toBeTruthy();
    }
  });

  it("stays_a_problem_when_the_codes_of_a_number_that_worked_have_run_out", async () => {
    const mock = mockServer({
      ...emptyWorld(),
      accounts: [
        makeAccount({ name: "A fine one" }),
        makeAccount({ name: "B lost", state: "created", reason: { code: "qr_not_scanned", detail: "" } }),
        makeAccount({ name: "C new", state: "created", last_connected_at: null }),
      ],
    });
    openApp("/accounts");
    const names = (await screen.findAllByRole("article")).map((card) => card.getAttribute("aria-label"));
    expect(names).toEqual(["B lost", "C new", "A fine one"]);
    expect(screen.getByRole("button", { name: "1 of 3 connected" }).getAttribute("data-gravity")).toBe("person");
    const [, lost] = mock.world.accounts;
    if (!lost) throw new Error("the account is gone");
    act(() => mock.setState(lost, "connected"));
    await waitFor(() =>
      expect(screen.getByRole("button", { name: "2 of 3 connected" }).getAttribute("data-gravity")).toBe("fine"),
    );
  });

  it("keeps_its_queue_true_while_messages_come_and_go", async () => {
    const account = makeAccount({ id: "acc_1", name: "Front desk" });
    const mock = mockServer({ ...emptyWorld(), accounts: [account] });
    openApp("/accounts");
    const card = await screen.findByRole("article", { name: "Front desk" });
    mock.world.accounts = [{ ...account, queued: 3 }];
    act(() => mock.emit({ type: "message.queued", data: makeMessage({ direction: "out", status: "queued" }) }));
    await waitFor(() => expect(card.textContent).toContain("3 messages"));
  });
});

it("the_history_has_every_change_with_its_reason_and_how_long_it_lasted", async () => {
  mockServer({
    ...emptyWorld(),
    accounts: [makeAccount({ name: "Front desk" })],
    history: [
      { state: "connected", at: earlier(3 * 60_000), reason: null },
      {
        state: "reconnecting",
        at: earlier(5 * 60_000 + 30_000),
        reason: { code: "connection_lost", detail: "The connection to WhatsApp was lost." },
      },
      { state: "connected", at: earlier(3 * 3_600_000), reason: null },
    ],
  });
  const { user } = openApp("/accounts");
  await user.click(await screen.findByRole("button", { name: "History" }));
  const drawer = await screen.findByRole("dialog", { name: "History of Front desk" });
  await within(drawer).findByText("Reconnecting");
  expect(drawer.textContent).toMatch(/Connected.*for 3 min now.*Reconnecting/);
  expect(drawer.textContent).toMatch(/The connection to WhatsApp was lost\..*lasted 2 min 30 sec/);
  expect(drawer.textContent).toContain("lasted 2 hr 54 min");
});

it("a_drop_is_named_by_the_connection_that_ended", () => {
  const account = makeAccount({ state: "logged_out", last_connected_at: "2026-01-05T02:00:00.000Z" });
  expect(dropOf(account)).toBe("2026-01-05T02:00:00.000Z");
  expect(dropOf({ ...account, state: "need_scan" })).toBe("2026-01-05T02:00:00.000Z");
  expect(dropOf({ ...account, state: "connected" })).toBeUndefined();
  expect(dropOf({ ...account, last_connected_at: null })).toBeUndefined();
});

it("the_countdown_speaks_as_it_passes_sixty_twenty_ten_and_zero", () => {
  expect(saidBetween(undefined, 60)).toBe(60);
  expect(saidBetween(undefined, 45)).toBeUndefined();
  expect(saidBetween(60, 59)).toBeUndefined();
  expect(saidBetween(21, 20)).toBe(20);
  // A browser in the background skips seconds.
  expect(saidBetween(23, 8)).toBe(10);
  expect(saidBetween(1, 0)).toBe(0);
  expect(saidBetween(0, 20)).toBe(20);
});
