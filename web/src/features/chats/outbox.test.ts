import { afterEach, describe, expect, it, vi } from "vitest";
import { Problem } from "~/api/problem";
import { type HandOver, Outbox, TOO_OLD } from "./outbox";
import { openShelf } from "./shelf";

const CHAT = { id: "cht_1", account_id: "acc_1", address: "628000000101@s.whatsapp.net" };
const OTHER = { ...CHAT, id: "cht_2" };
const offline = () => new Problem(0, { code: "offline" });

let ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends) end();
  ends = [];
});

/** A tab of somebody's browser, whose messages go to this server. */
function open(server: HandOver, user = "usr_1") {
  const outbox = new Outbox(user, server);
  const close = outbox.start();
  ends.push(close);
  return { outbox, close };
}

/** A server that can be away, and what it took. */
function makeServer() {
  const taken: string[] = [];
  const keys: string[] = [];
  const server = {
    taken,
    keys,
    isAway: false,
    refuses: undefined as string | undefined,
    handOver: (async ({ key, draft }) => {
      keys.push(key);
      if (server.isAway) throw offline();
      if (draft.text === server.refuses) throw new Problem(422, { code: "invalid" });
      taken.push(draft.text);
    }) as HandOver,
  };
  return server;
}

const texts = (outbox: Outbox, chat = CHAT.id) => outbox.of(chat).map(({ draft }) => draft.text);
const drafts = (...all: string[]) => all.map((text) => ({ text }));

describe("what is written", () => {
  it("leaves_one_after_the_other_in_its_order", async () => {
    const server = makeServer();
    let answer = () => {};
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const { outbox } = open(async (pending, handling) => {
      await held;
      await server.handOver(pending, handling);
    });
    outbox.add(CHAT, drafts("satu", "dua"), "");
    outbox.add(CHAT, drafts("tiga"), "");
    expect(texts(outbox)).toEqual(["satu", "dua", "tiga"]);
    answer();
    await vi.waitFor(() => expect(server.taken).toEqual(["satu", "dua", "tiga"]));
    await vi.waitFor(() => expect(outbox.count()).toBe(0));
  });

  it("waits_for_a_server_that_is_away_and_leaves_in_its_order_when_it_is_back", async () => {
    const server = makeServer();
    server.isAway = true;
    const { outbox } = open(server.handOver);
    outbox.add(CHAT, drafts("satu", "dua"), "");
    await vi.waitFor(() => expect(outbox.of(CHAT.id).every(({ isWaiting }) => isWaiting)).toBe(true));
    expect(server.keys).toHaveLength(1);
    server.isAway = false;
    outbox.wake();
    await vi.waitFor(() => expect(server.taken).toEqual(["satu", "dua"]));
    expect(server.keys[0]).toBe(server.keys[1]);
  });

  it("waits_as_long_as_a_busy_server_asks_for", async () => {
    const tries: number[] = [];
    const { outbox } = open(async () => {
      tries.push(Date.now());
      if (tries.length === 1) throw new Problem(429, { code: "too_many_requests" }, 3_600);
    });
    outbox.add(CHAT, drafts("satu"), "");
    await vi.waitFor(() => expect(outbox.of(CHAT.id)[0]?.isWaiting).toBe(true));
    expect(tries).toHaveLength(1);
    outbox.wake();
    await vi.waitFor(() => expect(outbox.count()).toBe(0));
  });

  it("lets_others_past_when_it_is_refused_and_leaves_under_the_same_key_later", async () => {
    const server = makeServer();
    server.refuses = "satu";
    const { outbox } = open(server.handOver);
    outbox.add(CHAT, drafts("satu", "dua"), "");
    await vi.waitFor(() => expect(server.taken).toEqual(["dua"]));
    const refused = outbox.of(CHAT.id)[0];
    expect(refused?.problem).toMatchObject({ status: 422, code: "invalid" });
    server.refuses = undefined;
    outbox.retry(refused?.key ?? "");
    await vi.waitFor(() => expect(server.taken).toEqual(["dua", "satu"]));
    expect(server.keys.at(-1)).toBe(server.keys[0]);
  });

  it("of_another_chat_does_not_wait", async () => {
    const { outbox } = open(async ({ chat }) => {
      if (chat.id === CHAT.id) throw offline();
    });
    outbox.add(CHAT, drafts("satu"), "");
    outbox.add(OTHER, drafts("dua"), "");
    await vi.waitFor(() => expect(texts(outbox, OTHER.id)).toEqual([]));
    expect(texts(outbox)).toEqual(["satu"]);
  });

  it("is_forgotten_when_it_is_discarded", async () => {
    const server = makeServer();
    server.isAway = true;
    const { outbox } = open(server.handOver);
    outbox.add(CHAT, drafts("satu", "dua"), "");
    await vi.waitFor(() => expect(outbox.of(CHAT.id)[0]?.isWaiting).toBe(true));
    server.isAway = false;
    outbox.discard(outbox.of(CHAT.id)[0]?.key ?? "");
    await vi.waitFor(() => expect(server.taken).toEqual(["dua"]));
  });

  it("comes_back_in_its_place_when_that_is_taken_back", async () => {
    const server = makeServer();
    server.isAway = true;
    const { outbox } = open(server.handOver);
    outbox.add(CHAT, drafts("satu", "dua", "tiga"), "");
    await vi.waitFor(() => expect(outbox.of(CHAT.id)[0]?.isWaiting).toBe(true));
    const [first, second] = outbox.of(CHAT.id);
    if (!first || !second) throw new Error("there are three");
    outbox.discard(first.key);
    outbox.discard(second.key);
    outbox.restore(second);
    outbox.restore(first);
    outbox.restore(first);
    expect(texts(outbox)).toEqual(["satu", "dua", "tiga"]);
    expect(
      outbox
        .of(CHAT.id)
        .map(({ key }) => key)
        .slice(0, 2),
    ).toEqual([first.key, second.key]);
    server.isAway = false;
    outbox.wake();
    await vi.waitFor(() => expect(server.taken).toEqual(["satu", "dua", "tiga"]));
  });
});

describe("after_a_reload", () => {
  it("what_did_not_leave_leaves_in_its_order_under_the_same_keys", async () => {
    const server = makeServer();
    server.isAway = true;
    const before = open(server.handOver);
    before.outbox.add(CHAT, drafts("satu", "dua"), "msg_7");
    before.outbox.add(CHAT, [{ text: "", file: new File(["png"], "a.png", { type: "image/png" }) }], "msg_7");
    await vi.waitFor(() => expect(before.outbox.of(CHAT.id)[0]?.isWaiting).toBe(true));
    const keys = before.outbox.of(CHAT.id).map(({ key }) => key);
    before.close();

    const seen: [string, string | undefined][] = [];
    const { outbox } = open(async ({ key, draft }) => {
      seen.push([key, draft.file?.name]);
    });
    await vi.waitFor(() => expect(seen.map(([key]) => key)).toEqual(keys));
    expect(seen.map(([, name]) => name)).toEqual([undefined, undefined, "a.png"]);
    await vi.waitFor(() => expect(outbox.count()).toBe(0));
    await vi.waitFor(async () => expect(await openShelf().list("usr_1")).toEqual([]));
  });

  it("what_was_refused_still_says_why_and_does_not_leave_by_itself", async () => {
    const errors = [{ pointer: "/text/body", code: "required" as const, detail: "is empty" }];
    const before = open(async () => {
      throw new Problem(422, { code: "invalid", detail: "Some fields are wrong.", errors });
    });
    before.outbox.add(CHAT, drafts("satu"), "");
    await vi.waitFor(async () => expect((await openShelf().list("usr_1"))[0]?.problem).toBeTruthy());
    before.close();
    const server = makeServer();
    const { outbox } = open(server.handOver);
    await vi.waitFor(() => expect(outbox.of(CHAT.id)[0]?.problem).toMatchObject({ status: 422, code: "invalid" }));
    expect(outbox.of(CHAT.id)[0]?.problem?.fields.get("/text/body")).toMatchObject({ code: "required" });
    expect(server.keys).toEqual([]);
  });

  it("what_was_uploaded_is_not_uploaded_again", async () => {
    const file = new File(["png"], "a.png", { type: "image/png" });
    const before = open(async (_, { uploaded }) => {
      uploaded("med_1");
      throw offline();
    });
    before.outbox.add(CHAT, [{ text: "", file }], "");
    await vi.waitFor(async () => expect((await openShelf().list("usr_1"))[0]?.media).toBe("med_1"));
    before.close();
    const media: (string | undefined)[] = [];
    open(async (pending) => void media.push(pending.media));
    await vi.waitFor(() => expect(media).toEqual(["med_1"]));
  });

  it("what_was_written_long_ago_asks_whether_it_is_still_meant", async () => {
    const at = new Date(Date.now() - 7 * 86_400_000).toISOString();
    const place = Date.parse(at);
    await openShelf().put("usr_1", { key: "old", place, chat: CHAT, draft: { text: "satu" }, at, after: "" });
    const server = makeServer();
    const { outbox } = open(server.handOver);
    await vi.waitFor(() => expect(outbox.of(CHAT.id)[0]?.problem?.code).toBe(TOO_OLD));
    expect(server.keys).toEqual([]);
    outbox.retry("old");
    await vi.waitFor(() => expect(server.keys).toEqual(["old"]));
  });

  it("nobody_sends_or_sees_what_somebody_else_wrote", async () => {
    const server = makeServer();
    server.isAway = true;
    const before = open(server.handOver);
    before.outbox.add(CHAT, drafts("satu"), "");
    await vi.waitFor(() => expect(before.outbox.of(CHAT.id)[0]?.isWaiting).toBe(true));
    before.close();
    const another = makeServer();
    const { outbox } = open(another.handOver, "usr_2");
    outbox.add(CHAT, drafts("dua"), "");
    await vi.waitFor(() => expect(another.taken).toEqual(["dua"]));
  });

  it("nothing_is_left_of_who_logged_out", async () => {
    const server = makeServer();
    server.isAway = true;
    const { outbox } = open(server.handOver);
    outbox.add(CHAT, drafts("satu"), "");
    await outbox.forget();
    expect(outbox.count()).toBe(0);
    expect(await openShelf().list("usr_1")).toEqual([]);
  });
});
