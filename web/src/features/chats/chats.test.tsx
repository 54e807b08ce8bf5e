import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import { mockServer, openApp, streams } from "~/test/app";
import { emptyWorld, makeAccount, makeChat, makeMessage, problem, type World } from "../../../mock/api";

function world(change: Partial<World> = {}): World {
  return {
    ...emptyWorld(),
    accounts: [makeAccount({ id: "acc_1" })],
    chats: [makeChat({ id: "cht_1", name: "Budi Santoso" })],
    messages: [makeMessage({ id: "msg_0", chat_id: "cht_1" }, { text: { body: "Halo" } })],
    ...change,
  };
}

const log = () => screen.findByRole("log", { name: "Messages with Budi Santoso" });
const composer = () => screen.findByRole("textbox", { name: "Write a message" });

describe("a thread", () => {
  it("shows_a_received_message_without_a_reload", async () => {
    const mock = mockServer(world());
    openApp("/chats/cht_1");
    await within(await log()).findByText("Halo");
    mock.emit({ type: "message.received", data: makeMessage({ chat_id: "cht_1" }, { text: { body: "Apa kabar?" } }) });
    expect(await within(await log()).findByText("Apa kabar?")).toBeTruthy();
  });

  it("moves_the_ticks_with_the_receipts", async () => {
    const sent = makeMessage({ chat_id: "cht_1", direction: "out", status: "sent" });
    const mock = mockServer(world({ messages: [sent] }));
    openApp("/chats/cht_1");
    await within(await log()).findByRole("img", { name: "Sent" });
    mock.emit({ type: "message.read", data: { ...sent, status: "read" } });
    expect(await within(await log()).findByRole("img", { name: "Read" })).toBeTruthy();
  });

  it("shows_what_strangers_write_as_text_only", async () => {
    const hostile = '<img src=x onerror="window.hacked=1"><b>bold</b>';
    mockServer(
      world({
        chats: [makeChat({ id: "cht_1", name: hostile, is_group: true })],
        messages: [makeMessage({ chat_id: "cht_1", push_name: hostile }, { text: { body: hostile } })],
      }),
    );
    openApp("/chats/cht_1");
    const thread = await screen.findByRole("log");
    await within(thread).findAllByText(hostile);
    expect(document.querySelector('img[src="x"], b')).toBeNull();
  });

  it("marks_an_open_chat_as_read", async () => {
    const mock = mockServer(world({ chats: [makeChat({ id: "cht_1", name: "Budi Santoso", unread: 3 })] }));
    openApp("/chats/cht_1");
    await log();
    await waitFor(() => expect(mock.world.chats[0]?.unread).toBe(0));
  });

  it("shows_where_somebody_had_read_to_until_they_leave", async () => {
    const mock = mockServer(
      world({
        chats: [
          makeChat({ id: "cht_1", name: "Budi Santoso", unread: 1, last_message_at: "2026-01-05T09:01:00.000Z" }),
        ],
        messages: [
          makeMessage({ chat_id: "cht_1", created_at: "2026-01-05T09:00:00.000Z" }, { text: { body: "Halo" } }),
          makeMessage({ chat_id: "cht_1", created_at: "2026-01-05T09:01:00.000Z" }, { text: { body: "Sudah buka?" } }),
        ],
      }),
    );
    const { router } = openApp("/chats/cht_1");
    const line = await within(await log()).findByText("New messages");
    const rowOf = (text: string) => screen.getByText(text, { selector: "[role=log] *" }).closest("[data-row]");
    expect(line.closest("[data-row]")).toBe(rowOf("Sudah buka?"));
    await waitFor(() => expect(mock.world.chats[0]?.unread).toBe(0));
    mock.emit({ type: "message.received", data: makeMessage({ chat_id: "cht_1" }, { text: { body: "Pak?" } }) });
    await within(await log()).findByText("Pak?");
    expect(screen.getByText("New messages").closest("[data-row]")).toBe(rowOf("Sudah buka?"));
    await router.navigate({ to: "/accounts" });
    await waitFor(() => expect(mock.world.chats[0]?.unread).toBe(0));
    await router.navigate({ to: "/chats/$chatId", params: { chatId: "cht_1" } });
    await within(await log()).findByText("Pak?");
    expect(screen.queryByText("New messages")).toBeNull();
  });

  it("puts_reactions_on_their_message", async () => {
    mockServer(
      world({
        messages: [
          makeMessage({ id: "msg_0", chat_id: "cht_1" }),
          makeMessage({ chat_id: "cht_1" }, { reaction: { message_id: "msg_0", emoji: "👍" } }),
        ],
      }),
    );
    openApp("/chats/cht_1");
    expect(await within(await log()).findByRole("img", { name: "Reacted with 👍" })).toBeTruthy();
  });

  it("says_why_a_message_failed_and_sends_it_again", async () => {
    const error = { code: "not_on_whatsapp", detail: "This number is not on WhatsApp." };
    const failed = makeMessage({ chat_id: "cht_1", direction: "out", status: "failed", error });
    const mock = mockServer(world({ messages: [failed] }));
    const { user } = openApp("/chats/cht_1");
    expect((await screen.findByRole("alert")).textContent).toContain(
      "This number is not on WhatsApp. Check the number.",
    );
    await user.click(screen.getByRole("button", { name: "Retry" }));
    await within(await log()).findByRole("img", { name: "Waiting to be sent" });
    expect(mock.world.messages[0]?.status).toBe("queued");
  });

  it("cancels_what_waits_and_takes_that_back_without_losing_the_focus", async () => {
    const queued = makeMessage({ chat_id: "cht_1", direction: "out", status: "queued" });
    const mock = mockServer(world({ messages: [queued] }));
    const { user } = openApp("/chats/cht_1");
    const button = await within(await log()).findByRole("button", { name: "Cancel sending" });
    button.focus();
    await user.keyboard("{Enter}");
    const notice = await screen.findByText("The message will not be sent");
    expect(mock.world.messages[0]?.status).toBe("cancelled");
    expect(document.activeElement?.textContent).toBe("Send after all");
    const undo = within(notice.closest("[role=alert]") as HTMLElement).getByRole("button", { name: "Undo" });
    await user.click(undo);
    await within(await log()).findByRole("button", { name: "Cancel sending" });
    expect(mock.world.messages[0]?.status).toBe("queued");

    // Also after the notice is gone.
    await user.click(within(await log()).getByRole("button", { name: "Cancel sending" }));
    await user.click(await within(await log()).findByRole("button", { name: "Send after all" }));
    await waitFor(() => expect(mock.world.messages[0]?.status).toBe("queued"));
  });

  it("offers_no_fourth_retry_and_says_why", async () => {
    const error = { code: "rejected", detail: "This number is not on WhatsApp." };
    const failed = makeMessage({ chat_id: "cht_1", direction: "out", status: "failed", error, retries: 3 });
    mockServer(world({ messages: [failed] }));
    const { user } = openApp("/chats/cht_1");
    const button = await screen.findByRole("button", { name: "Retry" });
    expect(button.hasAttribute("disabled")).toBe(true);
    await user.hover(button.parentElement ?? button);
    expect((await screen.findByRole("tooltip")).textContent).toBe(
      "It was retried three times. Send it as a new message.",
    );
  });

  it("says_that_a_message_was_lost_and_tells_it_from_one_that_cannot_be_read_yet", async () => {
    mockServer(
      world({
        messages: [
          makeMessage({ chat_id: "cht_1" }, { undecryptable: { reason: "interrupted" } }),
          makeMessage({ chat_id: "cht_1" }, { undecryptable: { reason: "no_session" } }),
        ],
      }),
    );
    openApp("/chats/cht_1");
    await within(await log()).findByText(/The server stopped at the moment a message came here/);
    expect(within(await log()).getByText(/cannot be read yet/)).toBeTruthy();
  });

  it("names_members_of_a_group_by_number_and_nobody_by_a_hidden_id", async () => {
    const participants = ["628000000102@s.whatsapp.net", "100000000000103@lid"];
    mockServer(
      world({
        chats: [makeChat({ id: "cht_1", name: "Budi Santoso", is_group: true })],
        messages: [makeMessage({ chat_id: "cht_1" }, { group_change: { action: "add", participants } })],
      }),
    );
    openApp("/chats/cht_1");
    const line = await within(await log()).findByText(/joined/);
    expect(line.textContent).toBe("\u2066+628000000102\u2069, a WhatsApp user joined");
  });
});

describe("the list of chats", () => {
  it("says_that_a_chat_has_no_messages_when_the_only_one_was_deleted", async () => {
    mockServer(world({ messages: [] }));
    openApp("/chats");
    const row = await screen.findByRole("link", { name: /Budi Santoso/ });
    expect(within(row).getByText("No messages")).toBeTruthy();
  });
});

describe("a file", () => {
  const sound = (id: string) => makeMessage({ chat_id: "cht_1" }, { audio: { media_id: id, mime: "audio/amr" } });
  const player = async () => {
    await log();
    return waitFor(() => {
      const audio = document.querySelector("audio");
      if (!audio) throw new Error("there is no player");
      return audio;
    });
  };

  it("that_this_browser_cannot_play_is_offered_as_a_download", async () => {
    const mock = mockServer(world({ messages: [sound("med_1")] }));
    mock.world.files.set("med_1", { mime: "audio/amr", bytes: new Uint8Array([1, 2, 3]) });
    openApp("/chats/cht_1");
    fireEvent.error(await player());
    await within(await log()).findByText("This browser cannot play this file.");
    expect(screen.getByRole("link", { name: "Download" }).getAttribute("href")).toBe("/v1/media/med_1/content");
  });

  it.each([
    ["image", "image/svg+xml"],
    ["sticker", "image/svg+xml; charset=utf-8"],
    ["image", "text/html"],
    ["video", "application/xhtml+xml"],
    ["audio", "text/javascript"],
  ])("that_could_run_is_a_document_at_once: %s of %s", async (kind, mime) => {
    const mock = mockServer(
      world({
        messages: [
          makeMessage({ chat_id: "cht_1" }, { [kind]: { media_id: "med_1", mime, file_name: "x.y" } } as never),
        ],
      }),
    );
    const asked: string[] = [];
    mock.on("GET /v1/media/:id/content", () => {
      asked.push(kind);
      return problem(410, "media_gone", "The file can no longer be had.");
    });
    openApp("/chats/cht_1");
    const link = await within(await log()).findByRole("link", { name: /x\.y/ });
    expect(link.getAttribute("download")).toBe("x.y");
    expect(document.querySelector("[role=log] img, [role=log] video, [role=log] audio")).toBeNull();
    expect(asked).toEqual([]);
  });

  it("that_is_a_voice_note_has_a_waveform_that_is_read_once_and_gone_through_by_key", async () => {
    const read = vi.fn(async () => ({ getChannelData: () => Float32Array.from([0.1, 0.2, 0.4, 0.8]) }));
    vi.stubGlobal(
      "OfflineAudioContext",
      class {
        decodeAudioData = read;
      },
    );
    const audio = { media_id: "med_1", mime: "audio/ogg; codecs=opus", voice: true, seconds: 12, size: 3 };
    const mock = mockServer(world({ messages: [makeMessage({ chat_id: "cht_1" }, { audio })] }));
    mock.world.files.set("med_1", { mime: "audio/ogg", bytes: new Uint8Array([1, 2, 3]) });
    const { user, router } = openApp("/chats/cht_1");
    const note = async () => within(await within(await log()).findByRole("group", { name: "Voice note" }));
    const place = (await note()).getByRole("slider", { name: "Place in the voice note" });
    expect(place.getAttribute("aria-valuetext")).toBe("0:00 of 0:12");
    await waitFor(() => {
      const bars = [...document.querySelectorAll<HTMLElement>("[role=log] [aria-hidden] > span[style]")];
      expect(bars.at(0)?.style.height).toBe("13%");
      expect(bars.at(-1)?.style.height).toBe("100%");
    });
    place.focus();
    await user.keyboard("{ArrowRight}{ArrowRight}{ArrowLeft}");
    expect(place.getAttribute("aria-valuetext")).toBe("0:05 of 0:12");
    await user.keyboard("{ArrowUp}{ArrowUp}");
    expect(place.getAttribute("aria-valuetext")).toBe("0:12 of 0:12");
    const player = document.querySelector("audio");
    for (const speed of [1.5, 2, 1]) {
      await user.click((await note()).getByRole("button", { name: /^Speed/ }));
      expect(player?.playbackRate).toBe(speed);
    }
    await router.navigate({ to: "/accounts" });
    await router.navigate({ to: "/chats/$chatId", params: { chatId: "cht_1" } });
    await note();
    expect(read).toHaveBeenCalledTimes(1);
  });

  it("that_is_gone_is_told_apart", async () => {
    const mock = mockServer(world({ messages: [sound("med_2")] }));
    mock.on("GET /v1/media/:id/content", () => problem(410, "media_gone", "The file can no longer be had."));
    openApp("/chats/cht_1");
    fireEvent.error(await player());
    await within(await log()).findByText("This file is not available any more");
  });
});

describe("sending", () => {
  it("shows_the_message_at_once_and_once", async () => {
    const mock = mockServer(world());
    let answer = () => {};
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const real = makeMessage(
      { chat_id: "cht_1", direction: "out", status: "queued" },
      { text: { body: "Selamat pagi" } },
    );
    mock.on("POST /v1/messages", async () => {
      mock.emit({ type: "message.queued", data: real });
      await held;
      return new Response(JSON.stringify(real), { status: 202, headers: { "content-type": "application/json" } });
    });
    const { user } = openApp("/chats/cht_1");
    await user.type(await composer(), "Selamat pagi{Enter}");
    await waitFor(() => expect(screen.getAllByText("Selamat pagi", { selector: "[role=log] *" })).toHaveLength(1));
    answer();
    await within(await log()).findByRole("img", { name: "Waiting to be sent" });
    expect(screen.getAllByText("Selamat pagi", { selector: "[role=log] *" })).toHaveLength(1);
    expect(((await composer()) as HTMLTextAreaElement).value).toBe("");
  });

  it("keeps_a_refused_message_and_retries_it_under_the_same_key", async () => {
    const mock = mockServer(world());
    const seen: (string | null)[] = [];
    let refuse = true;
    mock.on("POST /v1/messages", ({ request }) => {
      seen.push(request.headers.get("idempotency-key"));
      if (refuse) return problem(429, "too_many", "The queue of this account is full.");
      const real = makeMessage(
        { chat_id: "cht_1", direction: "out", status: "queued" },
        { text: { body: "Terima kasih" } },
      );
      return new Response(JSON.stringify(real), { status: 202, headers: { "content-type": "application/json" } });
    });
    const { user } = openApp("/chats/cht_1");
    await user.type(await composer(), "Terima kasih{Enter}");
    expect((await screen.findByRole("alert")).textContent).toContain("The queue of this account is full.");
    refuse = false;
    await user.click(screen.getByRole("button", { name: "Retry" }));
    await waitFor(() => expect(screen.queryByRole("alert")).toBeNull());
    expect(seen).toHaveLength(2);
    expect(seen[0]).toBe(seen[1]);
    expect(seen[0]).toMatch(/^[0-9a-f]{32}$/);
  });

  it("refuses_a_text_that_is_too_long_before_it_leaves", async () => {
    const mock = mockServer(world());
    const { user } = openApp("/chats/cht_1");
    await user.click(await composer());
    await user.paste("x".repeat(4_097));
    expect((await screen.findByRole("alert")).textContent).toContain("4096");
    await user.keyboard("{Enter}");
    expect(mock.world.messages).toHaveLength(1);
  });

  it("answers_the_message_that_was_chosen", async () => {
    const mock = mockServer(world());
    const { user } = openApp("/chats/cht_1");
    await user.click(await screen.findByRole("button", { name: "Reply" }));
    await user.type(await composer(), "Halo juga{Enter}");
    await waitFor(() => expect(mock.world.messages[1]).toMatchObject({ reply_to: "msg_0" }));
  });
});

describe("a new message", () => {
  it("shows_every_problem_at_its_field", async () => {
    const mock = mockServer(world());
    mock.on("POST /v1/messages", () =>
      problem(422, "invalid", "Some fields are wrong.", [
        { pointer: "/to", code: "no_country_code", detail: "must start with the country code, not with 0" },
        {
          pointer: "/text/body",
          code: "too_long",
          params: { max: 4096, length: 5000 },
          detail: "must have at most 4096 characters, has 5000",
        },
      ]),
    );
    const { user } = openApp("/chats?new=true");
    await user.type(await screen.findByLabelText(/Phone number/), "12");
    await user.type(screen.getByLabelText("Message"), "Halo");
    await user.click(screen.getByRole("button", { name: "Send" }));
    const to = await screen.findByLabelText(/Phone number/);
    await waitFor(() => expect(to.getAttribute("aria-invalid")).toBe("true"));
    expect(screen.getByText(/^Begin with the country code instead of 0/)).toBeTruthy();
    expect(screen.getByText("Write at most 4,096 characters.")).toBeTruthy();
  });

  it("opens_its_chat_when_it_is_taken", async () => {
    mockServer(world());
    const { user, router } = openApp("/chats?new=true");
    await user.type(await screen.findByLabelText(/Phone number/), "+62 800-0000-0199");
    await user.type(screen.getByLabelText("Message"), "Halo");
    await user.click(screen.getByRole("button", { name: "Send" }));
    await waitFor(() => expect(router.state.location.pathname).toMatch(/^\/chats\/cht_/));
    expect(screen.queryByRole("alert"), "the thread shows it; a notice would only cover it").toBeNull();
  });

  it("marks_an_account_that_is_not_connected", async () => {
    mockServer(world({ accounts: [makeAccount({ id: "acc_1", name: "Donor care", state: "created", phone: null })] }));
    openApp("/chats?new=true");
    const account = await screen.findByRole<HTMLInputElement>("combobox", { name: /Account/ });
    await waitFor(() => expect(account.value).toBe("Donor care · Not linked"));
    expect(screen.getByText("Donor care is not connected. Messages wait in the queue until it is.")).toBeTruthy();
  });

  it("asks_for_something_to_send", async () => {
    mockServer(world());
    const { user } = openApp("/chats?new=true");
    await user.type(await screen.findByLabelText(/Phone number/), "+62 800-0000-0199");
    await user.click(screen.getByRole("button", { name: "Send" }));
    expect(await screen.findByText("Write a message or attach a file.")).toBeTruthy();
  });
});

describe("the live stream", () => {
  it("goes_on_after_the_last_event_when_the_server_was_away", async () => {
    const mock = mockServer(world());
    openApp("/chats/cht_1");
    await within(await log()).findByText("Halo");
    mock.emit({ type: "chat.updated", data: makeChat({ id: "cht_1", name: "Budi Santoso" }) });
    streams()[0]?.giveUp();
    await screen.findAllByText("Live updates are interrupted. Reconnecting…");
    await waitFor(() => expect(streams()).toHaveLength(2));
    expect(streams()[1]?.url).toBe("/v1/stream?after=1");
    await waitFor(() => expect(screen.queryByText("Live updates are interrupted. Reconnecting…")).toBeNull());
  });

  it("goes_on_where_it_began_when_nothing_had_happened", async () => {
    const mock = mockServer(world());
    openApp("/chats/cht_1");
    await within(await log()).findByText("Halo");
    mock.hint("ready", { seq: 7 }, 7);
    streams()[0]?.giveUp();
    await waitFor(() => expect(streams()).toHaveLength(2), { timeout: 5_000 });
    expect(streams()[1]?.url).toBe("/v1/stream?after=7");
  });

  it("reads_again_what_is_open_when_it_comes_back_after_a_gap", async () => {
    const mock = mockServer(world());
    openApp("/chats/cht_1");
    await within(await log()).findByText("Halo");
    streams()[0]?.cut();
    await screen.findAllByText("Live updates are interrupted. Reconnecting…");
    mock.world.messages.push(makeMessage({ chat_id: "cht_1" }, { text: { body: "Missed" } }));
    mock.world.permissions = mock.world.permissions.filter((each) => each !== "messages:send");
    streams()[0]?.back();
    expect(await within(await log()).findByText("Missed")).toBeTruthy();
    await waitFor(() => expect(screen.getByRole("textbox").hasAttribute("disabled")).toBe(true));
  });

  it("leads_to_the_log_in_when_that_ended_during_the_gap", async () => {
    const mock = mockServer(world());
    openApp("/chats/cht_1");
    await within(await log()).findByText("Halo");
    streams()[0]?.cut();
    mock.world.user = null;
    streams()[0]?.back();
    expect(await screen.findByText("Your session has ended. Log in to go on where you were.")).toBeTruthy();
  });

  it("keeps_what_is_on_its_way_when_it_comes_back_after_a_gap", async () => {
    const mock = mockServer(world());
    mock.on("POST /v1/messages", () => new Promise<Response>(() => {}));
    const { user } = openApp("/chats/cht_1");
    await within(await log()).findByText("Halo");
    streams()[0]?.cut();
    await user.type(await composer(), "Selamat pagi{Enter}");
    await within(await log()).findByText("Selamat pagi");
    mock.world.messages.push(makeMessage({ chat_id: "cht_1" }, { text: { body: "Missed" } }));
    streams()[0]?.back();
    await within(await log()).findByText("Missed");
    expect(within(await log()).getByText("Selamat pagi")).toBeTruthy();
  });

  it("reads_everything_again_when_it_cannot_be_replayed", async () => {
    const mock = mockServer(world());
    openApp("/chats/cht_1");
    await within(await log()).findByText("Halo");
    mock.world.messages.push(makeMessage({ chat_id: "cht_1" }, { text: { body: "Missed" } }));
    mock.hint("resync", {});
    expect(await within(await log()).findByText("Missed")).toBeTruthy();
  });
});
