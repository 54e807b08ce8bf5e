import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { mockServer, openApp } from "~/test/app";
import { emptyWorld, type MockApi, makeAccount, makeChat, makeMessage, problem } from "../../../mock/api";

function world() {
  return {
    ...emptyWorld(),
    accounts: [makeAccount({ id: "acc_1" })],
    chats: [
      makeChat({ id: "cht_1", name: "Budi Santoso" }),
      makeChat({ id: "cht_2", name: "Siti Rahma", address: "628000000102@s.whatsapp.net" }),
    ],
    messages: [makeMessage({ id: "msg_0", chat_id: "cht_1" }, { text: { body: "Halo" } })],
  };
}

const field = () => screen.findByRole<HTMLTextAreaElement>("textbox", { name: /Write a message|Add a caption/ });
const log = () => screen.findByRole("log", { name: "Messages with Budi Santoso" });
const png = (name: string) => new File(["png"], name, { type: "image/png" });
const ogg = (name: string) => new File(["ogg"], name, { type: "audio/ogg" });
const sent = (mock: MockApi) => mock.world.messages.filter((message) => message.direction === "out");

function drag(type: "dragOver" | "drop", files: File[]) {
  fireEvent[type](document.body, { dataTransfer: { files, types: ["Files"] } });
}

/** Keeps uploads on their way until they are let through. */
function holdUploads(mock: MockApi) {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  mock.on("POST /v1/media", async ({ request }) => {
    await held;
    const file = (await request.formData()).get("file") as File;
    mock.world.files.set("med_1", { mime: file.type, bytes: new Uint8Array([1]) });
    const body = { id: "med_1", mime: file.type, size: file.size, file_name: file.name, sha256: "" };
    return new Response(JSON.stringify(body), { status: 201 });
  });
  return release;
}

describe("files", () => {
  it("are_taken_wherever_they_are_dropped_and_leave_one_after_the_other", async () => {
    const mock = mockServer(world());
    const { user } = openApp("/chats/cht_1");
    await field();
    drag("dragOver", []);
    expect(await screen.findByText("Drop files here to attach them")).toBeTruthy();
    drag("drop", [png("a.png"), png("b.png")]);
    expect(screen.queryByText("Drop files here to attach them")).toBeNull();
    const list = await screen.findByRole("list", { name: "Attached files" });
    expect(within(list).getAllByRole("listitem")).toHaveLength(2);
    await user.type(await field(), "Dua poster{Enter}");
    await waitFor(() => expect(sent(mock)).toHaveLength(2));
    expect(sent(mock)).toMatchObject([{ image: { caption: "Dua poster" } }, { type: "image" }]);
    expect(sent(mock)[1]).not.toHaveProperty("image.caption");
    expect(screen.queryByRole("list", { name: "Attached files" })).toBeNull();
  });

  it("can_be_pasted_and_taken_away_again", async () => {
    mockServer(world());
    const { user } = openApp("/chats/cht_1");
    await user.click(await field());
    const clipboard = (types: string[]) => ({ clipboardData: { files: [png("shot.png")], types, getData: () => "" } });
    fireEvent.paste(await field(), clipboard(["text/plain", "text/html", "Files"]));
    expect(screen.queryByText("shot.png"), "text beside its own picture is text").toBeNull();
    fireEvent.paste(await field(), clipboard(["Files"]));
    expect(await screen.findByText("shot.png")).toBeTruthy();
    await user.click(screen.getByRole("button", { name: "Remove the file" }));
    expect(screen.queryByText("shot.png")).toBeNull();
    expect(document.activeElement).toBe(await field());
  });

  it("are_at_most_ten_and_none_too_large", async () => {
    mockServer(world());
    openApp("/chats/cht_1");
    await field();
    drag(
      "drop",
      Array.from({ length: 11 }, (_, index) => png(`${index}.png`)),
    );
    expect((await screen.findByRole("alert")).textContent).toMatch(/^At most 10 files/);
    const list = screen.getByRole("list", { name: "Attached files" });
    expect(within(list).getAllByRole("listitem")).toHaveLength(10);
    const large = png("large.png");
    Object.defineProperty(large, "size", { value: 17 * 1024 * 1024 });
    for (const button of within(list).getAllByRole("button").slice(1)) fireEvent.click(button);
    drag("drop", [large]);
    expect((await screen.findByRole("alert")).textContent).toBe("This file is too large. At most 16.8 MB can be sent.");
    expect(screen.getByRole("button", { name: "Send" }).hasAttribute("disabled")).toBe(true);
  });

  it("with_sound_keep_their_text_as_a_message_of_its_own", async () => {
    const mock = mockServer(world());
    const { user } = openApp("/chats/cht_1");
    await field();
    drag("drop", [ogg("lagu.ogg")]);
    await user.type(await field(), "Dengarkan{Enter}");
    await waitFor(() => expect(sent(mock)).toHaveLength(2));
    expect(sent(mock)).toMatchObject([{ type: "audio" }, { text: { body: "Dengarkan" } }]);
  });

  it("show_how_far_their_upload_is", async () => {
    const mock = mockServer(world());
    const release = holdUploads(mock);
    const { user } = openApp("/chats/cht_1");
    await field();
    drag("drop", [png("poster.png")]);
    await user.type(await field(), "{Enter}");
    const bar = await within(await log()).findByRole("progressbar", { name: "Uploading poster.png" });
    await waitFor(() => expect(bar.getAttribute("aria-valuenow")).toBe("50"));
    expect(within(await log()).getByText("50%")).toBeTruthy();
    release();
    await waitFor(() => expect(sent(mock)).toHaveLength(1));
    expect(screen.queryByRole("progressbar")).toBeNull();
  });

  it("can_be_cancelled_while_they_are_uploaded_and_while_they_wait", async () => {
    const mock = mockServer(world());
    holdUploads(mock);
    const { user } = openApp("/chats/cht_1");
    await field();
    drag("drop", [png("a.png"), png("b.png")]);
    await user.type(await field(), "{Enter}");
    await within(await log()).findByText("Waits for its turn");
    await user.type(await field(), "Tanpa poster{Enter}");
    for (const name of ["b.png", "a.png"]) {
      const bar = within(await log()).getByRole("progressbar", { name: `Uploading ${name}` });
      const cancel = within(bar.closest("[data-status]") as HTMLElement).getByRole("button", { name: "Cancel" });
      await user.click(cancel);
    }
    await waitFor(() => expect(sent(mock)).toMatchObject([{ text: { body: "Tanpa poster" } }]));
    expect(screen.queryByRole("progressbar")).toBeNull();
    expect(within(await log()).queryByRole("alert")).toBeNull();
  });

  it("that_the_server_refuses_say_why", async () => {
    const mock = mockServer(world());
    mock.on("POST /v1/media", () => problem(413, "too_large", "The file is too large."));
    const { user } = openApp("/chats/cht_1");
    await field();
    drag("drop", [png("a.png")]);
    await user.type(await field(), "{Enter}");
    expect((await within(await log()).findByRole("alert")).textContent).toContain("Not sent:");
    expect(within(await log()).getByRole("button", { name: "Retry" })).toBeTruthy();
  });
});

describe("the key that sends", () => {
  it("is_enter_until_somebody_chooses_otherwise_and_is_remembered", async () => {
    const mock = mockServer(world());
    const { user, unmount } = openApp("/chats/cht_1");
    await user.click(await screen.findByRole("button", { name: "Send later and other options" }));
    await user.click(await screen.findByRole("menuitemradio", { name: "Ctrl+Enter sends" }));
    await user.type(await field(), "Satu{Enter}Dua");
    expect(sent(mock)).toEqual([]);
    expect((await field()).value).toBe("Satu\nDua");
    await user.keyboard("{Control>}{Enter}{/Control}");
    await waitFor(() => expect(sent(mock)).toMatchObject([{ text: { body: "Satu\nDua" } }]));
    unmount();
    openApp("/chats/cht_1");
    await user.click(await screen.findByRole("button", { name: "Send later and other options" }));
    const chosen = await screen.findByRole("menuitemradio", { name: "Ctrl+Enter sends" });
    expect(chosen.getAttribute("aria-checked")).toBe("true");
  });
});

describe("sending later", () => {
  it("gives_the_message_its_moment", async () => {
    const mock = mockServer(world());
    const bodies: { send_at?: string }[] = [];
    mock.on("POST /v1/messages", async ({ body }) => {
      bodies.push(await body());
      return new Response(JSON.stringify(makeMessage({ chat_id: "cht_1", direction: "out", status: "queued" })), {
        status: 202,
      });
    });
    const { user } = openApp("/chats/cht_1");
    await user.type(await field(), "Selamat pagi");
    await user.click(screen.getByRole("button", { name: "Send later and other options" }));
    const before = Date.now();
    await user.click(await screen.findByRole("menuitem", { name: /In 1 hour/ }));
    await waitFor(() => expect(bodies).toHaveLength(1));
    const wait = Date.parse(bodies[0]?.send_at ?? "") - before;
    expect(wait).toBeGreaterThanOrEqual(3_600_000);
    expect(wait).toBeLessThan(3_700_000);
    expect((await field()).value).toBe("");
  });

  it("at_any_moment_within_a_year", async () => {
    const mock = mockServer(world());
    const { user } = openApp("/chats/cht_1");
    await user.type(await field(), "Selamat pagi");
    await user.click(screen.getByRole("button", { name: "Send later and other options" }));
    await user.click(await screen.findByRole("menuitem", { name: "Pick a time" }));
    const dialog = await screen.findByRole("dialog", { name: "Send later" });
    const at = within(dialog).getByLabelText(/Send at/);
    const year = new Date().getFullYear();
    fireEvent.change(at, { target: { value: `${year + 2}-01-01T09:00:00` } });
    await user.click(within(dialog).getByRole("button", { name: "Schedule" }));
    expect(await within(dialog).findByText("Choose a time within a year.")).toBeTruthy();
    fireEvent.change(at, { target: { value: "2020-01-01T09:00:00" } });
    await user.click(within(dialog).getByRole("button", { name: "Schedule" }));
    expect(await within(dialog).findByText("Choose a time in the future.")).toBeTruthy();
    expect(sent(mock)).toEqual([]);
  });

  it("needs_something_to_send", async () => {
    mockServer(world());
    const { user } = openApp("/chats/cht_1");
    await user.click(await screen.findByRole("button", { name: "Send later and other options" }));
    expect((await screen.findByRole("menuitem", { name: /In 1 hour/ })).hasAttribute("data-disabled")).toBe(true);
    expect(screen.getByText("Write something first.")).toBeTruthy();
  });
});

describe("emoji", () => {
  it("go_where_the_cursor_is_and_are_reached_by_arrow_keys", async () => {
    mockServer(world());
    const { user } = openApp("/chats/cht_1");
    const text = await field();
    await user.type(text, "Halo Budi");
    text.setSelectionRange(4, 4);
    await user.click(screen.getByRole("button", { name: "Emoji" }));
    const first = await screen.findByRole("button", { name: "😀" });
    first.focus();
    await user.keyboard("{ArrowRight}{ArrowDown}");
    expect(document.activeElement?.textContent).toBe("😊");
    await user.keyboard("{ArrowUp}{ArrowLeft}{Enter}");
    expect(text.value).toBe("Halo😀 Budi");
  });
});

describe("a draft", () => {
  it("stays_with_its_chat_and_is_shown_in_the_list", async () => {
    mockServer(world());
    const { user, router } = openApp("/chats/cht_1");
    await user.type(await field(), "Belum selesai");
    const row = () => screen.getByRole("link", { name: /Budi Santoso/ });
    expect(within(row()).queryByText("Draft:")).toBeNull();
    await router.navigate({ to: "/chats/$chatId", params: { chatId: "cht_2" } });
    await screen.findByRole("log", { name: "Messages with Siti Rahma" });
    expect((await field()).value).toBe("");
    expect(within(row()).getByText("Draft:")).toBeTruthy();
    expect(row().textContent).toContain("Belum selesai");
    await router.navigate({ to: "/chats/$chatId", params: { chatId: "cht_1" } });
    await log();
    await waitFor(async () => expect((await field()).value).toBe("Belum selesai"));
  });

  it("outlives_a_reload_until_its_person_logs_out", async () => {
    mockServer(world());
    const before = openApp("/chats/cht_1");
    await before.user.type(await field(), "Belum selesai");
    before.unmount();
    const { user } = openApp("/chats/cht_1");
    expect((await field()).value).toBe("Belum selesai");
    await user.click(screen.getByRole("button", { name: "Your menu" }));
    await user.click(await screen.findByRole("menuitem", { name: "Log out" }));
    await screen.findByRole("heading", { name: "Log in" });
    expect(Object.keys(localStorage).filter((key) => key.startsWith("pesan.draft"))).toEqual([]);
  });

  it("is_seen_in_another_tab", async () => {
    mockServer(world());
    openApp("/chats/cht_1");
    const text = await field();
    // What the other tab does is stored, and this one hears of it.
    const key = "pesan.draft.usr_1.cht_1";
    act(() => {
      localStorage.setItem(key, `${Date.now()} Dari jendela lain`);
      window.dispatchEvent(new StorageEvent("storage", { key }));
    });
    expect(text.value).toBe("Dari jendela lain");
  });
});

/** A browser's recorder that gives these bytes. */
function fakeRecorder(type: string | undefined, bytes: number[] = []) {
  const track = { stop: vi.fn() };
  class Recorder extends EventTarget {
    static isTypeSupported = (asked: string) => asked === type;
    state = "inactive";
    start() {
      this.state = "recording";
    }
    stop() {
      this.state = "inactive";
      this.dispatchEvent(Object.assign(new Event("dataavailable"), { data: new Blob([Uint8Array.from(bytes)]) }));
      this.dispatchEvent(new Event("stop"));
    }
  }
  vi.stubGlobal("MediaRecorder", Recorder);
  const getUserMedia = vi.fn(async () => ({ getTracks: () => [track] }));
  Object.defineProperty(navigator, "mediaDevices", { configurable: true, value: { getUserMedia } });
  return { track, getUserMedia };
}

describe("a voice note", () => {
  afterEach(() => {
    Reflect.deleteProperty(navigator, "mediaDevices");
    vi.stubGlobal("MediaRecorder", undefined);
  });
  const begin = async () => {
    const opened = openApp("/chats/cht_1");
    await opened.user.click(await screen.findByRole("button", { name: "Record a voice note" }));
    return opened;
  };

  it("is_recorded_and_sent_as_one", async () => {
    const { track } = fakeRecorder("audio/ogg;codecs=opus", [1, 2, 3]);
    const mock = mockServer(world());
    const { user } = await begin();
    const send = await screen.findByRole("button", { name: "Send the voice note" });
    await waitFor(() => expect(document.activeElement).toBe(send));
    await user.click(send);
    await waitFor(() => expect(sent(mock)).toMatchObject([{ type: "audio", audio: { voice: true } }]));
    expect(sent(mock)[0]).toMatchObject({ audio: { mime: "audio/ogg; codecs=opus" } });
    expect(track.stop).toHaveBeenCalled();
    await waitFor(async () => expect(document.activeElement).toBe(await field()));
  });

  it("can_be_thrown_away", async () => {
    const { track } = fakeRecorder("audio/ogg;codecs=opus", [1, 2, 3]);
    const mock = mockServer(world());
    const { user } = await begin();
    await user.click(await screen.findByRole("button", { name: "Discard the recording" }));
    await field();
    await waitFor(() => expect(track.stop).toHaveBeenCalled());
    expect(sent(mock)).toEqual([]);
  });

  it.each([
    ["Browsers record only over a secure connection", () => undefined],
    ["This browser cannot record what WhatsApp plays", () => void fakeRecorder("audio/mp4")],
    [
      "Pesan may not use the microphone",
      () =>
        void fakeRecorder("audio/ogg;codecs=opus").getUserMedia.mockRejectedValue(
          new DOMException("", "NotAllowedError"),
        ),
    ],
    [
      "No microphone was found",
      () =>
        void fakeRecorder("audio/ogg;codecs=opus").getUserMedia.mockRejectedValue(
          new DOMException("", "NotFoundError"),
        ),
    ],
  ])("that_cannot_be_had_says_why: %s", async (words, prepare) => {
    prepare();
    mockServer(world());
    const { user } = await begin();
    expect((await screen.findByRole("alert")).textContent).toContain(words);
    await user.click(screen.getByRole("button", { name: "Close" }));
    expect(await field()).toBeTruthy();
  });

  it("without_a_sound_in_it_is_not_sent", async () => {
    fakeRecorder("audio/webm;codecs=opus", [0x1a, 0x45]);
    const mock = mockServer(world());
    const { user } = await begin();
    await user.click(await screen.findByRole("button", { name: "Send the voice note" }));
    expect((await screen.findByRole("alert")).textContent).toContain("Nothing could be recorded");
    expect(sent(mock)).toEqual([]);
  });
});
