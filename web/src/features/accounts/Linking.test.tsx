import { act, screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Account } from "~/api/types";
import { mockServer, openApp } from "~/test/app";
import { emptyWorld, json, makeAccount, makeChat, makeMessage, type World } from "../../../mock/api";
import { IDLE_MS } from "./Linking";

const LOST = { code: "logged_out_401", detail: "The phone or WhatsApp unlinked this device." };

beforeEach(() => {
  // The clock goes on by itself, and can be put forward.
  vi.useFakeTimers({ shouldAdvanceTime: true });
  return () => vi.useRealTimers();
});

/** A page with a connected account that can be dropped. */
async function openPage(path: string, change: Partial<World> = {}) {
  const account = makeAccount({ id: "acc_1", name: "Front desk" });
  const chat = makeChat({ id: "cht_1" });
  const mock = mockServer({ ...emptyWorld(), accounts: [account], chats: [chat], ...change });
  const connected: string[] = [];
  mock.on("POST /v1/accounts/:id/connect", ({ id }) => {
    connected.push(id);
    const found = mock.world.accounts.find((each) => each.id === id);
    if (!found) throw new Error("no such account");
    mock.setState(found, "need_scan");
    return json(found, 202);
  });
  const app = openApp(path);
  await screen.findByRole("button", { name: /connected/ });
  return { ...app, mock, account, connected };
}

type Opened = Awaited<ReturnType<typeof openPage>>;

const drop = ({ mock }: Opened, account: Account, reason = LOST) =>
  act(() => mock.setState(account, "logged_out", reason));
const state = ({ mock }: Opened, account: Account, next: Account["state"]) => act(() => mock.setState(account, next));
const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms));
const dialog = () => screen.findByRole("dialog", { name: "Reconnect Front desk" });
const noDialog = () => expect(screen.queryByRole("dialog")).toBeNull();

/** Until the page has taken in everything that was sent before. */
async function settled(opened: Opened) {
  const marker = makeAccount({ name: "Marker", state: "created", last_connected_at: null });
  act(() => opened.mock.emit({ type: "account.created", data: marker }));
  await screen.findByRole("button", { name: / of .* connected/ });
}

describe("a number that disconnects", () => {
  it.each(["/chats", "/accounts", "/webhooks", "/settings?tab=audit"])(
    "opens_its_dialog_by_itself_on_%s_and_asks_for_the_code",
    async (path) => {
      const opened = await openPage(path);
      drop(opened, opened.account);
      expect(await within(await dialog()).findByRole("img", { name: "QR code to link this account" })).toBeTruthy();
      expect(opened.connected).toEqual(["acc_1"]);
      expect(within(await dialog()).getAllByRole("listitem")).toHaveLength(5);
      expect((await dialog()).textContent).toContain("The phone or WhatsApp unlinked this device.");
    },
  );

  it.each(["need_scan", "passkey_required"] as const)("opens_it_in_the_state_%s_too", async (next) => {
    const opened = await openPage("/chats");
    state(opened, opened.account, next);
    await dialog();
    expect(opened.connected).toEqual([]);
  });

  it.each(["paused", "created", "banned", "reconnecting", "restricted", "starting"] as const)(
    "stays_quiet_in_the_state_%s",
    async (next) => {
      const opened = await openPage("/chats");
      state(opened, opened.account, next);
      await settled(opened);
      await pass(2 * IDLE_MS);
      noDialog();
    },
  );

  it("stays_quiet_when_somebody_unlinked_it_with_purpose", async () => {
    const opened = await openPage("/chats");
    drop(opened, opened.account, { code: "logged_out_by_user", detail: "Somebody logged this account out." });
    await settled(opened);
    await pass(2 * IDLE_MS);
    noDialog();
  });

  it("stays_quiet_for_a_number_that_was_never_connected", async () => {
    const opened = await openPage("/chats", {
      accounts: [makeAccount({ id: "acc_1", state: "need_scan", last_connected_at: null }), makeAccount()],
    });
    await settled(opened);
    await pass(2 * IDLE_MS);
    noDialog();
  });

  it("stays_quiet_for_people_who_may_not_reconnect_it", async () => {
    const opened = await openPage("/chats", {
      permissions: ["accounts:read", "messages:read", "messages:send", "events:read"],
    });
    drop(opened, opened.account);
    await settled(opened);
    await pass(2 * IDLE_MS);
    noDialog();
    expect(opened.connected).toEqual([]);
  });

  it("is_shown_once_for_each_drop", async () => {
    const opened = await openPage("/chats");
    drop(opened, opened.account);
    await dialog();
    await opened.user.keyboard("{Escape}");
    await waitFor(noDialog);
    drop(opened, opened.account);
    await settled(opened);
    await pass(2 * IDLE_MS);
    noDialog();

    opened.account.last_connected_at = new Date().toISOString();
    state(opened, opened.account, "connected");
    expect(await screen.findByText("Front desk is back")).toBeTruthy();
    drop(opened, opened.account);
    await dialog();
  });

  it("stays_closed_for_its_drop_after_the_page_was_loaded_again", async () => {
    const opened = await openPage("/chats");
    drop(opened, opened.account);
    await dialog();
    await opened.user.keyboard("{Escape}");
    await waitFor(noDialog);
    opened.unmount();
    const again = openApp("/chats");
    await screen.findByRole("button", { name: /connected/ });
    await settled({ ...opened, ...again });
    await pass(2 * IDLE_MS);
    noDialog();
  });

  it("opens_when_the_person_comes_after_the_drop", async () => {
    await openPage("/chats", {
      accounts: [makeAccount({ id: "acc_1", name: "Front desk", state: "logged_out", reason: LOST })],
    });
    await dialog();
  });
});

describe("somebody who is busy", () => {
  async function openWriting() {
    const opened = await openPage("/chats/cht_1");
    const field = await screen.findByRole("textbox", { name: "Write a message" });
    await opened.user.click(field);
    drop(opened, opened.account);
    const notice = await screen.findByRole("alert");
    expect(notice.textContent).toContain("Front desk disconnected");
    noDialog();
    return { opened, field, notice };
  }

  it("gets_a_notice_first_and_the_dialog_after_ten_quiet_seconds", async () => {
    const { opened, field } = await openWriting();
    await pass(IDLE_MS / 2);
    await opened.user.type(field, "Halo");
    await pass(IDLE_MS / 2);
    noDialog();
    expect(opened.connected).toEqual([]);
    await pass(IDLE_MS / 2);
    await dialog();
    await waitFor(() => expect(screen.queryByText("Front desk disconnected")).toBeNull());
    expect(opened.connected).toEqual(["acc_1"]);
    await opened.user.keyboard("{Escape}");
    await waitFor(() => expect(document.activeElement).toBe(field));
    expect((field as HTMLTextAreaElement).value).toBe("Halo");
  });

  it("opens_it_from_the_notice_and_has_the_focus_back_afterwards", async () => {
    const { opened, field, notice } = await openWriting();
    await opened.user.click(within(notice).getByRole("button", { name: "Reconnect" }));
    await dialog();
    await opened.user.keyboard("{Escape}");
    await waitFor(() => expect(document.activeElement).toBe(field));
  });

  it("is_left_alone_when_the_number_comes_back_in_time", async () => {
    const { opened } = await openWriting();
    state(opened, opened.account, "connected");
    await waitFor(() => expect(screen.queryByText("Front desk disconnected")).toBeNull());
    expect(await screen.findByText("Front desk is back")).toBeTruthy();
    await pass(2 * IDLE_MS);
    noDialog();
  });

  it("is_left_alone_for_this_drop_once_the_notice_is_closed", async () => {
    const { opened, notice } = await openWriting();
    await opened.user.click(within(notice).getByRole("button", { name: "Close" }));
    await pass(2 * IDLE_MS);
    noDialog();
  });

  it("keeps_the_other_dialog_which_escape_does_not_reach", async () => {
    const opened = await openPage("/accounts");
    await opened.user.click(await screen.findByRole("button", { name: "Add account" }));
    const other = await screen.findByRole("dialog", { name: "Add account" });
    await opened.user.type(within(other).getByLabelText(/Account name/), "Events");
    drop(opened, opened.account);
    await screen.findByText("Front desk disconnected");
    expect(screen.queryByRole("dialog", { name: "Reconnect Front desk" })).toBeNull();
    await pass(IDLE_MS);
    await dialog();
    await opened.user.keyboard("{Escape}");
    await waitFor(() => expect(screen.queryByRole("dialog", { name: "Reconnect Front desk" })).toBeNull());
    expect((within(other).getByLabelText(/Account name/) as HTMLInputElement).value).toBe("Events");
  });

  it("sees_one_number_after_the_other", async () => {
    const second = makeAccount({ id: "acc_2", name: "Events" });
    const first = makeAccount({ id: "acc_1", name: "Front desk" });
    const opened = await openPage("/chats", { accounts: [first, second] });
    drop(opened, first);
    await dialog();
    drop(opened, second);
    await screen.findByText("Events disconnected");
    await pass(2 * IDLE_MS);
    expect(screen.getAllByRole("dialog")).toHaveLength(1);
    await opened.user.keyboard("{Escape}");
    await waitFor(noDialog);
    await pass(IDLE_MS);
    await screen.findByRole("dialog", { name: "Reconnect Events" });
  });
});

describe("a number that is back", () => {
  const sent = (opened: Opened, id: string, created_at: string) =>
    act(() =>
      opened.mock.emit({
        type: "message.sent",
        data: makeMessage({ id, account_id: "acc_1", direction: "out", status: "sent", created_at }),
      }),
    );

  it("closes_the_dialog_whoever_scanned_and_tells_what_its_queue_has_sent", async () => {
    const opened = await openPage("/chats");
    drop(opened, opened.account);
    await dialog();
    const before = new Date().toISOString();
    await pass(5);
    state(opened, opened.account, "syncing");
    await waitFor(() => expect(screen.getByTestId("link-state").textContent).toBe("Linked. Syncing…"));
    opened.account.queued = 14;
    opened.account.last_connected_at = new Date().toISOString();
    state(opened, opened.account, "connected");
    await waitFor(() => expect(screen.getByTestId("link-state").textContent).toBe("Front desk is connected"));
    sent(opened, "msg_1", before);
    sent(opened, "msg_2", before);
    // The log is replayed after a gap, and somebody writes something new.
    sent(opened, "msg_2", before);
    sent(opened, "msg_3", new Date(Date.now() + 1_000).toISOString());
    await pass(1_500);
    noDialog();
    expect(await screen.findByText("Front desk is back · 2 messages sent from the queue")).toBeTruthy();
    sent(opened, "msg_4", before);
    expect(await screen.findByText("Front desk is back · 3 messages sent from the queue")).toBeTruthy();
  });

  it("says_what_still_waits_while_nothing_has_left", async () => {
    const opened = await openPage("/chats");
    drop(opened, opened.account);
    await dialog();
    opened.account.queued = 1;
    state(opened, opened.account, "connected");
    await pass(1_500);
    expect(await screen.findByText("Front desk is back · 1 message waits in the queue")).toBeTruthy();
  });

  it("warns_when_the_phone_that_scanned_has_another_number", async () => {
    const opened = await openPage("/chats");
    drop(opened, opened.account);
    await dialog();
    opened.account.phone = "+628000000009";
    state(opened, opened.account, "connected");
    const warning = await within(await dialog()).findByRole("alert");
    expect(warning.textContent).toContain("Another number was linked");
    expect(warning.textContent).toMatch(/\+628000000001.*\+628000000009/);
    await pass(5_000);
    await opened.user.click(within(await dialog()).getByRole("button", { name: "Unlink it again" }));
    await waitFor(() => expect(opened.mock.world.accounts[0]?.state).toBe("logged_out"));
  });
});

describe("the codes", () => {
  it("are_blurred_when_they_end_until_a_new_one_is_asked_for", async () => {
    const opened = await openPage("/chats");
    drop(opened, opened.account);
    await within(await dialog()).findByRole("img", { name: "QR code to link this account" });
    state(opened, opened.account, "created");
    await waitFor(() => expect(screen.getByTestId("link-state").textContent).toBe("The codes have run out"));
    expect(screen.queryByRole("img", { name: "QR code to link this account" })).toBeNull();
    await opened.user.click(screen.getByRole("button", { name: "Generate new code" }));
    expect(await screen.findByRole("img", { name: "QR code to link this account" })).toBeTruthy();
    expect(opened.connected).toEqual(["acc_1", "acc_1"]);
  });

  it("have_a_countdown_that_speaks_seldom", async () => {
    const opened = await openPage("/chats");
    // There is no second code: how soon one would come is not what is looked at.
    let expires_at: string | undefined;
    opened.mock.on("GET /v1/accounts/:id/qr", () => {
      expires_at ??= new Date(Date.now() + 60_000).toISOString();
      return json({ code: "one", png: "data:image/png;base64,AA==", expires_at });
    });
    drop(opened, opened.account);
    await within(await dialog()).findByRole("img", { name: "QR code to link this account" });
    const said: string[] = [];
    for (let tick = 0; tick < 62 * 4; tick += 1) {
      const text = screen.getByTestId("qr-countdown").textContent ?? "";
      if (said.at(-1) !== text) said.push(text);
      await pass(250);
    }
    expect(said.filter(Boolean).slice(0, 4)).toEqual([
      "60 seconds until the next code",
      "20 seconds until the next code",
      "10 seconds until the next code",
      "This code has expired",
    ]);
  });

  it("can_be_downloaded_as_a_picture", async () => {
    const opened = await openPage("/chats");
    drop(opened, opened.account);
    const link = await within(await dialog()).findByRole("link", { name: "Download QR" });
    await waitFor(() => expect(link.getAttribute("href")).toMatch(/^data:image\/png/));
    expect(link.getAttribute("download")).toBe("pesan-Front-desk.png");
  });
});

describe("the address of a dialog", () => {
  it("opens_it_and_is_gone_when_it_closes", async () => {
    const opened = await openPage("/accounts?link=acc_1", {
      accounts: [makeAccount({ id: "acc_1", name: "Front desk", state: "logged_out", reason: LOST })],
    });
    await dialog();
    await waitFor(() => expect(opened.connected).toEqual(["acc_1"]));
    await opened.user.keyboard("{Escape}");
    await waitFor(noDialog);
    expect(opened.router.state.location.href).toBe("/accounts");
  });

  it("works_after_a_log_in", async () => {
    const account = makeAccount({ id: "acc_1", name: "Front desk", state: "logged_out", reason: LOST });
    mockServer({ ...emptyWorld(), user: null, accounts: [account] });
    const { user } = openApp("/accounts?link=acc_1");
    await user.type(await screen.findByLabelText(/E-mail/), "sari@example.org");
    await user.type(screen.getByLabelText(/Password/, { selector: "input" }), "a long password");
    await user.click(screen.getByRole("button", { name: "Log in" }));
    await dialog();
  });

  it("does_not_wake_an_account_that_somebody_paused", async () => {
    const opened = await openPage("/accounts?link=acc_1", {
      accounts: [makeAccount({ id: "acc_1", name: "Front desk", state: "paused" })],
    });
    await within(await dialog()).findByRole("button", { name: "Get a new code" });
    expect(opened.connected).toEqual([]);
  });

  it("says_when_there_is_no_such_account", async () => {
    const opened = await openPage("/accounts?link=acc_0");
    expect(await screen.findByText("This account does not exist any more.")).toBeTruthy();
    await waitFor(() => expect(opened.router.state.location.href).toBe("/accounts"));
  });
});

describe("the sound of a drop", () => {
  function listen() {
    const tone = { frequency: { value: 0 }, connect() {}, start: vi.fn(), stop() {} };
    const volume = { gain: { setValueAtTime() {}, exponentialRampToValueAtTime() {} }, connect() {} };
    vi.stubGlobal(
      "AudioContext",
      class {
        currentTime = 0;
        createGain = () => volume;
        createOscillator = () => tone;
        close = async () => {};
      },
    );
    return tone.start;
  }

  it("is_off_until_it_is_switched_on_and_is_remembered", async () => {
    const heard = listen();
    const opened = await openPage("/accounts");
    drop(opened, opened.account);
    await dialog();
    expect(heard).not.toHaveBeenCalled();
    await opened.user.keyboard("{Escape}");
    await waitFor(noDialog);
    await opened.user.click(screen.getByRole("switch", { name: /^Sound when a number disconnects/ }));
    expect(heard).toHaveBeenCalled();
    heard.mockClear();
    opened.account.last_connected_at = new Date().toISOString();
    state(opened, opened.account, "connected");
    await screen.findByText("Front desk is back");
    drop(opened, opened.account);
    await dialog();
    expect(heard).toHaveBeenCalled();
    expect(localStorage.getItem("pesan.dropSound")).toBe("on");
  });
});
