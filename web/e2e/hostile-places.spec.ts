/**
 * Wherever the names and words of strangers are shown besides the thread, they are words: in the panel, what a search
 * finds, the command bar, notices, the viewer, dialogs and the dashboard. As everywhere, nothing comes of any attempt.
 */
import type { Page } from "@playwright/test";
import { ATTEMPTS, beside, DOT, inSentence, noticed, start, walk } from "./attempts";
import { type Demo, expect, test } from "./demo";

const OURS = "6280000000391";
const STRANGER = "6280000000392";

test.use({ viewport: { width: 1400, height: 900 } });

interface Chats {
  data: { id: string; contact_id: string; name: string }[];
}

/** What they are called at first. */
const NAME = "Orang Asing";

/** The chat with the stranger, once it is there. */
async function chatOf(demo: Demo): Promise<{ id: string; contact_id: string }> {
  const find = async () => (await demo.api<Chats>("GET", "/v1/chats?limit=200")).data.find(({ name }) => name === NAME);
  await expect.poll(find).toBeDefined();
  const chat = await find();
  if (!chat) throw new Error("it is gone");
  return chat;
}

/** A message of the stranger, who is called so from then on. */
async function sayAs(demo: Demo, name: string, body: object): Promise<string> {
  await demo.phone(STRANGER, name);
  return JSON.parse(await demo.wanet("POST", `/admin/phones/${STRANGER}/messages`, { to: OURS, ...body })).id;
}

test("whatever becomes more than text is noticed, also where the browser does not run it", async ({ demo, page }) => {
  const notice = await noticed(demo, page);
  await page.goto(`${demo.ready.url}/login`);
  await expect(page.getByRole("button", { name: "Log in" })).toBeVisible();
  expect(await notice()).toEqual([]);
  // Those of which a browser makes an element; a style cannot be told from the app's own.
  const markup = ATTEMPTS.filter((each) => /<[a-z][^>]*>/i.test(each) && !/CDATA|<scr<|<body|<style>\*/.test(each));
  expect(markup.length).toBeGreaterThan(60);
  for (const attempt of markup) {
    const before = (await notice()).length;
    await page.evaluate((html) => {
      const place = document.createElement("p");
      document.body.append(place);
      place.innerHTML = html;
    }, attempt);
    const count = async () => (await notice()).length;
    await expect.poll(count, { message: attempt, intervals: [20] }).toBeGreaterThan(before);
  }
});

test("a name that changes under the eyes, its notices and the answer to it are words", async ({ demo, page }) => {
  test.setTimeout(300_000);
  const notice = await noticed(demo, page);
  await demo.account("Front desk", OURS);
  await sayAs(demo, NAME, { text: "Halo" });
  await demo.logIn(page);
  const chat = await chatOf(demo);
  await page.goto(`${demo.ready.url}/chats/${chat.id}`);
  const panel = page.getByRole("complementary", { name: "About this contact" });
  const row = page.getByTestId("chat-rows").locator("[data-active]");
  const log = page.getByRole("log");
  const toast = page.getByRole("alert").filter({ hasText: "was closed" });
  for (const attempt of ATTEMPTS) {
    await sayAs(demo, attempt, { text: attempt });
    await expect(log.locator("[data-message]").last()).toContainText(attempt);
    await expect(page.locator("header h1")).toHaveText(attempt);
    await expect(panel.getByRole("heading", { level: 3 }).first()).toHaveText(attempt);
    await expect(row).toContainText(attempt);
    await page.keyboard.press("e");
    await expect(toast).toContainText(inSentence(attempt));
    await toast.getByRole("button", { name: "Close" }).click();
    await expect(toast).toHaveCount(0);
  }

  // What is answered, above the composer.
  await log.getByRole("button", { name: "Reply" }).last().click();
  await expect(page.locator("[data-quote]").last()).toContainText(ATTEMPTS.at(-1) ?? "");

  // A reminder about somebody of such a name, and the name in what asks before they are erased.
  const [script] = ATTEMPTS.filter((attempt) => attempt.includes("<script>"));
  if (!script) throw new Error("there is no such attempt");
  await sayAs(demo, script, { text: script });
  await expect(page.locator("header h1")).toHaveText(script);
  const users = await demo.api<{ data: { id: string }[] }>("GET", "/v1/users");
  await demo.api("POST", "/v1/reminders", {
    contact_id: chat.contact_id,
    owner_id: users.data[0]?.id,
    text: script,
    due_at: new Date(Date.now() + 1_000).toISOString(),
    time_zone: "Asia/Jakarta",
  });
  const due = page.getByRole("alert").filter({ hasText: "Reminder:" });
  await expect(due).toContainText(`Reminder: ${script}`, { timeout: 20_000 });
  await expect(panel.getByRole("region", { name: "Timeline" })).toContainText(script);
  await due.getByRole("button", { name: "Done" }).click();
  await expect(due).toBeHidden();
  await panel.getByRole("button", { name: "More", exact: true }).click();
  await page.getByRole("menuitem", { name: "Erase" }).click();
  const asks = page.getByRole("dialog", { name: `Erase ${script}` });
  await expect(asks.locator("code")).toHaveText(new RegExp(script.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")));
  await asks.getByRole("textbox").fill(script);
  await asks.getByRole("button", { name: "Erase for good" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "is erased" })).toContainText(script);
  expect(await notice()).toEqual([]);
});

test("what is found, offered and looked at of strangers is words", async ({ demo, page }) => {
  test.setTimeout(420_000);
  const notice = await noticed(demo, page);
  const account = await demo.account("Front desk", OURS);
  for (const attempt of ATTEMPTS) {
    await sayAs(demo, NAME, { image: { data: DOT, mime_type: "image/png", caption: attempt } });
  }
  const pictures = await chatOf(demo);
  for (const [number, attempt] of ATTEMPTS.entries()) {
    const phone = await demo.phone(`62800000${String(1_000 + number)}`, attempt);
    await demo.write(phone, OURS, attempt);
  }
  await demo.logIn(page);

  await test.step("the viewer's caption", () => look(demo, page, pictures.id));
  await test.step("what a search finds", () => find(demo, page));
  await test.step("the command bar", () => command(page));
  await test.step("whom to join with", () => join(demo, page, pictures.id));
  await test.step("the dashboard", async () => {
    await page.goto(`${demo.ready.url}/dashboard?list=contacts`);
    const rows = page.getByRole("dialog").getByRole("listitem");
    await expect(rows.first()).toBeVisible();
    // The last one was joined with somebody.
    await walk(page, page.getByRole("dialog"), () => rows.allInnerTexts(), 1_000, ATTEMPTS.slice(0, -1));

    // As many as leave at once; all are refused.
    await demo.wanet("POST", "/admin/faults", { kind: "nack", code: 463, phone: OURS, count: null });
    const messages = ATTEMPTS.slice(0, 40).map((body, number) => {
      return { account_id: account, to: `62800000${String(1_000 + number)}`, type: "text", text: { body } };
    });
    await demo.api("POST", "/v1/messages/batch", { messages });
    await expect(async () => {
      await page.goto(`${demo.ready.url}/dashboard?list=failed`);
      await expect(page.locator("[aria-setsize='40']").first()).toBeVisible({ timeout: 2_000 });
    }).toPass({ timeout: 60_000 });
    const wanted = ATTEMPTS.slice(0, 40);
    await walk(page, page.getByRole("dialog"), () => rows.locator("strong").allInnerTexts(), 1_000, wanted);
  });
  for (const path of ["/accounts", "/webhooks", "/settings", "/settings?tab=audit"]) {
    await page.goto(demo.ready.url + path);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    expect(await notice()).toEqual([]);
  }
});

/** Goes through all pictures of a chat in the viewer, the oldest first. */
async function look(demo: Demo, page: Page, chat: string): Promise<void> {
  await page.goto(`${demo.ready.url}/chats/${chat}`);
  const thread = page.getByTestId("thread");
  await thread.hover();
  await expect(async () => {
    await page.mouse.wheel(0, -2_000);
    await expect(page.getByText("This is the start of the conversation")).toBeInViewport({ timeout: 100 });
  }).toPass({ timeout: 60_000 });
  await page.getByRole("log").getByRole("button", { name: "View picture" }).first().click();
  const viewer = page.getByRole("dialog");
  for (const attempt of ATTEMPTS) {
    await expect(viewer).toContainText(attempt);
    await expect(viewer.getByRole("img", { name: attempt })).toBeVisible();
    await page.keyboard.press("ArrowRight");
  }
  await page.keyboard.press("Escape");
  await expect(viewer).toBeHidden();
}

/** Chats by their names, and messages by their words. */
async function find(demo: Demo, page: Page): Promise<void> {
  await page.goto(`${demo.ready.url}/chats?q=uji`);
  const results = page.getByTestId("search-results");
  for (const [name, more] of [
    ["Chats", results.getByRole("button", { name: "Load more" })],
    ["Messages", results.getByRole("button", { name: "Look further back" })],
  ] as const) {
    const section = results.getByRole("region", { name });
    await expect(section.getByRole("link").first()).toBeVisible();
    await expect(async () => {
      if ((await more.count()) === 0) return;
      await more.click({ timeout: 1_000 });
      throw new Error("there may be more");
    }).toPass({ timeout: 60_000 });
    await results.hover();
    await page.mouse.wheel(0, -100_000);
    await walk(page, results, () => section.getByRole("link").allInnerTexts(), 600);
  }
}

/** The first of what it offers for each attempt. */
async function command(page: Page): Promise<void> {
  await page.getByRole("main").focus();
  await page.keyboard.press("Control+k");
  const bar = page.getByRole("dialog");
  const field = bar.getByRole("combobox");
  for (const attempt of ATTEMPTS) {
    await field.fill(start(attempt).trim());
    const offered = bar.getByRole("option").filter({ hasText: start(attempt) });
    await expect(offered.first()).toHaveText(attempt);
    // The message: who wrote it, and what.
    await expect(offered.filter({ hasText: `: ${start(attempt)}` }).first()).toContainText(inSentence(attempt));
  }
  await page.keyboard.press("Escape");
  await expect(bar).toBeHidden();
}

/** Every one of them as somebody else's other record, and one that it became. */
async function join(demo: Demo, page: Page, chat: string): Promise<void> {
  await page.goto(`${demo.ready.url}/chats/${chat}`);
  const panel = page.getByRole("complementary", { name: "About this contact" });
  await panel.getByRole("button", { name: "Join with another contact" }).click();
  const dialog = page.getByRole("dialog", { name: "Join with another contact" });
  const field = dialog.getByRole("textbox");
  const found = dialog.locator("label").filter({ hasText: "uji" });
  for (const attempt of ATTEMPTS) {
    await field.fill(start(attempt).trim());
    await expect(found).toHaveText(beside(attempt));
  }
  const last = inSentence(ATTEMPTS.at(-1) ?? "");
  await found.click();
  await dialog.getByRole("button", { name: "Join", exact: true }).click();
  await expect(page.getByRole("alert").filter({ hasText: "was joined" })).toContainText(last);
  await expect(panel.getByText(`Also this person: ${last}`)).toBeVisible();
  await expect(panel.getByRole("region", { name: "Timeline" })).toContainText(`Joined with ${last}`);
}
