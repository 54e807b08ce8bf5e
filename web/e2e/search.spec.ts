import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { type Demo, expect, test } from "./demo";

const OURS = "6280000000091";
const BUDI = "6280000000191";
const SITI = "6280000000192";

/** A chat with Budi in which the message that is looked for stands far above the newest ones. */
async function talk(demo: Demo, page: Page): Promise<void> {
  test.setTimeout(240_000);
  await demo.phone(OURS, "Yayasan Harapan");
  await demo.phone(BUDI, "Budi Santoso");
  await demo.phone(SITI, "Siti Wakaf");
  await demo.logIn(page);
  await demo.link(page, "Front desk", OURS);
  await expect(page.getByRole("dialog")).toBeHidden();
  await demo.write(SITI, OURS, "Selamat pagi");
  await demo.write(BUDI, OURS, "Bukti wakaf sumur sudah saya kirim");
  for (let number = 1; number <= 130; number += 1) await demo.write(BUDI, OURS, `Kabar nomor ${number}, ya`);
  await page.getByRole("link", { name: "Chats" }).first().click();
  await expect(page.getByTestId("chat-rows").getByRole("link").filter({ hasText: "Kabar nomor 130" })).toBeVisible();
  // The list stands still beneath the pointer.
  await page.mouse.move(900, 400);
}

/** What axe finds wrong on the page. */
async function wrong(page: Page) {
  // A notice that fades is read as one of too little contrast.
  await expect(page.getByRole("alert")).toHaveCount(0);
  const { violations } = await new AxeBuilder({ page })
    .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"])
    .analyze();
  return violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.target).join(" ")}`);
}

/** Where a message stands in the thread that is shown. */
async function top(page: Page, text: string): Promise<number> {
  const box = await page.getByRole("log").getByText(text, { exact: true }).boundingBox();
  if (!box) throw new Error(`${text} is not shown`);
  return box.y;
}

/** Newer parts of a thread. */
const NEWER = /messages\?.*before=/;

/** Holds the newer parts of a thread up until they may arrive. */
async function holdNewer(page: Page) {
  let arrive = () => {};
  let asked = 0;
  const held = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  await page.route(NEWER, async (route) => {
    asked += 1;
    await held;
    await route.continue();
  });
  return { isAsked: () => asked > 0, arrive: () => arrive() };
}

/** What a message in the middle of the thread says. */
async function middleOf(page: Page): Promise<string> {
  const text = await page.getByTestId("thread").evaluate((thread) => {
    const box = thread.getBoundingClientRect();
    const rows = [...thread.querySelectorAll("[data-row]")];
    const row = rows.find((each) => each.getBoundingClientRect().top > box.top + box.height / 3);
    return row?.querySelector("div[dir=auto]")?.textContent;
  });
  if (!text) throw new Error("no message is shown");
  return text;
}

/** Where a message stands once the thread has come to rest. */
async function resting(page: Page, text: string): Promise<number> {
  let last = Number.NaN;
  await expect(async () => {
    const now = await top(page, text);
    const same = now === last;
    last = now;
    expect(same).toBe(true);
  }).toPass();
  return last;
}

for (const reducedMotion of ["no-preference", "reduce"] as const)
  test(`an old message is found by a word and opened where it stands, motion: ${reducedMotion}`, async ({
    demo,
    page,
  }) => {
    await page.emulateMedia({ reducedMotion });
    await talk(demo, page);

    // By keyboard alone: the field by its key, a word, down to the message, and into it.
    await page.getByRole("main").focus();
    await page.keyboard.press("/");
    await expect(page.getByRole("searchbox", { name: "Search chats, people and messages" })).toBeFocused();
    await page.keyboard.type("WAKAF");
    const results = page.getByTestId("search-results");
    const hit = results.getByRole("link").filter({ hasText: "Bukti wakaf sumur" });
    await expect(hit.locator("mark")).toHaveText("wakaf");
    await expect(results.getByRole("link").filter({ hasText: "Siti Wakaf" })).toBeVisible();
    expect(await wrong(page)).toEqual([]);
    await page.keyboard.press("ArrowDown");
    await expect(results.getByRole("link").filter({ hasText: "Siti Wakaf" })).toBeFocused();
    await page.keyboard.press("ArrowDown");
    await expect(hit).toBeFocused();
    const newer = await holdNewer(page);
    await page.keyboard.press("Enter");

    const log = page.getByRole("log");
    const found = log.locator("[data-found]");
    await expect(found).toContainText("Bukti wakaf sumur sudah saya kirim");
    await expect(found).toBeFocused();
    await expect(found).toBeInViewport();
    await expect(log.getByText("Kabar nomor 130, ya", { exact: true })).toHaveCount(0);
    await expect(page).toHaveURL(/message=msg_/);
    expect(await wrong(page)).toEqual([]);

    // Newer messages come in below, and nothing moves: neither while they are on their way, nor when they are there.
    await page.getByTestId("thread").hover();
    await expect(async () => {
      await page.mouse.wheel(0, 300);
      expect(newer.isAsked()).toBe(true);
    }).toPass();
    const seen = await middleOf(page);
    const place = await resting(page, seen);
    const height = () => log.evaluate((each) => each.clientHeight);
    const before = await height();
    newer.arrive();
    await expect.poll(height).toBeGreaterThan(before + 1_000);
    expect(Math.abs((await top(page, seen)) - place)).toBeLessThan(2);

    await page.getByRole("button", { name: "Newest messages" }).click();
    await expect(log.getByText("Kabar nomor 130, ya", { exact: true })).toBeInViewport();
    await expect(page).not.toHaveURL(/message=/);
  });

test("one chat is searched on a small screen, and nothing found is said", async ({ demo, page }) => {
  await talk(demo, page);
  await page.setViewportSize({ width: 360, height: 740 });
  await page.getByTestId("chat-rows").getByRole("link").filter({ hasText: "Budi Santoso" }).click();
  await page.getByRole("link", { name: "Search in this chat" }).click();
  const field = page.getByRole("searchbox", { name: "Search chats, people and messages" });
  await expect(field).toBeFocused();
  await field.fill("sumur");
  const results = page.getByTestId("search-results");
  await expect(results.getByRole("link")).toHaveCount(1);
  expect(await wrong(page)).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  await results.getByRole("link").click();
  await expect(page.getByRole("log").locator("[data-found]")).toBeInViewport();
  await page.goBack();
  await field.fill("zakat");
  await expect(page.getByRole("heading", { name: "Nothing found" })).toBeVisible();
});
