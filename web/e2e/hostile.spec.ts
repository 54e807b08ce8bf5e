/**
 * Names, texts, captions, file names, subjects and emoji are chosen by strangers. More than a hundred attempts to be more
 * than text go through each of them, from a simulated phone through the real program into the page.
 */
import type { Locator } from "@playwright/test";
import { ATTEMPTS, DOT, noticed, start, walk } from "./attempts";
import { type Demo, expect, test } from "./demo";

const OURS = "6280000000391";
const STRANGER = "6280000000392";
const FRIEND = "6280000000393";

test("no attempt of a stranger to be more than text succeeds, in any field", async ({ demo, page }) => {
  test.setTimeout(420_000);
  expect(ATTEMPTS.length).toBeGreaterThanOrEqual(100);
  const notice = await noticed(demo, page);

  await demo.phone(OURS, "Yayasan Harapan");
  await demo.phone(FRIEND, "Budi");
  await demo.phone(STRANGER, ATTEMPTS[0] ?? "");
  await demo.logIn(page);
  await demo.link(page, "Front desk", OURS);
  await expect(page.getByRole("dialog")).toBeHidden();

  // Texts with a reaction and an answer that quotes them, captions and names of files, in one thread.
  const say = async (body: object): Promise<string> =>
    JSON.parse(await demo.wanet("POST", `/admin/phones/${STRANGER}/messages`, { to: OURS, ...body })).id;
  for (const attempt of ATTEMPTS) {
    const said = await say({ text: attempt });
    await say({ reaction: { message_id: said, emoji: attempt } });
    await say({ text: "Ya", reply_to: said });
  }
  for (const attempt of ATTEMPTS) await say({ image: { data: DOT, mime_type: "image/png", caption: attempt } });
  for (const attempt of ATTEMPTS) {
    await say({
      document: { data: DOT, mime_type: "application/octet-stream", file_name: attempt.replaceAll("/", "∕") },
    });
  }
  // Places, cards, polls, and other words for what was said.
  for (const attempt of ATTEMPTS) {
    await say({ location: { latitude: 1, longitude: 2, name: attempt, address: attempt, caption: attempt } });
    await say({ contacts: [{ name: attempt, phone: FRIEND }] });
    await say({ poll: { question: attempt, options: [attempt, `${attempt} `] } });
  }
  const said = await say({ text: "Halo" });
  for (const attempt of ATTEMPTS) await say({ edit: { message_id: said, text: attempt } });
  // Names and subjects, one chat each.
  for (const [number, attempt] of ATTEMPTS.entries()) {
    const phone = `62800000${String(1_000 + number)}`;
    await demo.phone(phone, attempt);
    await demo.wanet("POST", `/admin/phones/${phone}/messages`, { to: OURS, text: attempt });
    const members = [OURS];
    await demo.wanet("POST", "/admin/groups", { creator: FRIEND, subject: attempt, members });
  }

  await page.goto(`${demo.ready.url}/chats`);
  const rows = page.getByTestId("chat-rows");
  await expect(rows.getByRole("link").first()).toBeVisible();
  // The list is virtual: it is walked to its end.
  await walk(page, rows, () => rows.getByRole("link").allInnerTexts(), 1_200);

  const thread = await chatOf(demo, ATTEMPTS[0] ?? "");
  expect(thread).toBeDefined();
  await page.goto(`${demo.ready.url}/chats/${thread?.id}`);
  const log = page.getByRole("log");
  // It is virtual and walked to its beginning: texts, reactions, answers, captions and names of files, places, cards, polls,
  // and what was edited.
  const messages = 7 * ATTEMPTS.length + 1;
  const [shown, mapped] = [new Set<string>(), new Set<string>()];
  const unseen = { anywhere: new Set(ATTEMPTS), quoted: new Set(ATTEMPTS), reacted: new Set(ATTEMPTS) };
  let by = -400;
  await expect
    .poll(
      async () => {
        const now = await inView(log);
        for (const id of now.ids) shown.add(id);
        for (const id of now.mapped) mapped.add(id);
        for (const place of ["anywhere", "quoted", "reacted"] as const) {
          for (const attempt of unseen[place]) if (now[place].includes(start(attempt))) unseen[place].delete(attempt);
        }
        await page.getByTestId("thread").hover();
        // No further than what is drawn beyond the edge. A slow machine draws once for two turns of the wheel, so what was
        // stepped over is looked for on the way back.
        if (now.isAtStart) by = 400;
        if (now.isAtEnd) by = -400;
        await page.mouse.wheel(0, by);
        const [anywhere, quoted, reacted] = [[...unseen.anywhere], [...unseen.quoted], [...unseen.reacted]];
        const missing = { messages: messages - shown.size, maps: ATTEMPTS.length - mapped.size };
        return { anywhere, quoted, reacted, ...missing };
      },
      { timeout: 180_000, intervals: [50] },
    )
    .toEqual({ anywhere: [], quoted: [], reacted: [], messages: 0, maps: 0 });

  expect(await notice()).toEqual([]);
});

interface Chats {
  data: { id: string; contact_id: string | null; name: string; unread: number }[];
  next: string | null;
}

/** What is in the page right now: which messages, which of them with a map, and the words in each place. */
const inView = (log: Locator) =>
  log.evaluate((log) => {
    const idsOf = (among: string) =>
      [...log.querySelectorAll(`[data-message]${among}`)].map((each) => each.getAttribute("data-message") ?? "");
    const { scrollTop, clientHeight, scrollHeight } = log.parentElement ?? log;
    const wordsOf = (among: string) => [...log.querySelectorAll(among)].map((each) => each.textContent).join("\n");
    return {
      ids: idsOf(""),
      mapped: idsOf(':has(a[href^="https://www.openstreetmap.org/?mlat=1&mlon=2#"])'),
      anywhere: log.textContent ?? "",
      quoted: wordsOf("[data-quote]"),
      reacted: wordsOf("[data-reactions]"),
      isAtStart: scrollTop < 1 && (log.textContent ?? "").includes("This is the start of the conversation"),
      isAtEnd: scrollTop + clientHeight > scrollHeight - 1,
    };
  });

/** The long chat with a person of this name, on whichever page of the list it is: somebody else of the name wrote once. */
async function chatOf(demo: Demo, name: string) {
  let after = "";
  for (;;) {
    const page = await demo.api<Chats>("GET", `/v1/chats?limit=200${after}`);
    const found = page.data.find((chat) => chat.contact_id !== null && chat.name === name && chat.unread > 1);
    if (found || page.next === null) return found;
    after = `&after=${page.next}`;
  }
}
