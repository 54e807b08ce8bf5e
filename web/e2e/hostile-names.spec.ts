/**
 * Names that are made to break what stands around them: turned, unseen, endless, in many lines, piled up. On a phone,
 * where there is the least room.
 */
import type { Locator, Page } from "@playwright/test";
import { DOT } from "./attempts";
import { type Demo, expect, test } from "./demo";

const OURS = "6280000000391";
const WIDTH = 360;

test.use({ viewport: { width: WIDTH, height: 740 } });

/** By what it is made to break. */
const NAMES: Record<string, string> = {
  turned: "\u202eitiS",
  escaping: "Siti\u2069\u202e",
  nested: "\u2067Siti\u2066\u202b",
  paragraph: "Siti\u2029\u202eRahma",
  arabic: "سيتي 12",
  unseen: "\u200b\u2060\u3164",
  endless: "W".repeat(400),
  endlessWithBreaks: "Siti\u00ad".repeat(80),
  lines: "Siti\n\n\n\n\nRahma",
  piled: `Z${"\u0335\u0321\u0334\u0489".repeat(60)}`,
};

interface Chats {
  data: { id: string; name: string; is_group: boolean; address?: string; contact_id: string | null }[];
}

/** Somebody of this name sends one of everything; where their chat is. */
async function everything(demo: Demo, phone: string, name: string): Promise<void> {
  await demo.phone(phone, name);
  const say = async (body: object, to = OURS): Promise<string> =>
    JSON.parse(await demo.wanet("POST", `/admin/phones/${phone}/messages`, { to, ...body })).id;
  const said = await say({ text: name });
  await say({ reaction: { message_id: said, emoji: name } });
  await say({ text: "Ya", reply_to: said });
  await say({ document: { data: DOT, mime_type: "application/pdf", file_name: `${name}.pdf` } });
  await say({ location: { latitude: 1, longitude: 2, name, address: name, caption: name } });
  const vcard = `BEGIN:VCARD\nVERSION:3.0\nFN:${name.replaceAll("\n", " ")}\nORG:${name.replaceAll("\n", " ")}\nTEL:${"W".repeat(300)}\nEND:VCARD`;
  await say({ contacts: [{ name, vcard }] });
  await say({ poll: { question: name, options: [name, `${name} `] } });
  await say({ image: { data: DOT, mime_type: "image/png", caption: name } });
  const { id: group } = JSON.parse(
    await demo.wanet("POST", "/admin/groups", { creator: phone, subject: name.slice(0, 100), members: [OURS] }),
  );
  await say({ text: name }, group);
}

test("names that are made to break it leave what stands around them as it is", async ({ demo, page }) => {
  test.setTimeout(420_000);
  const account = await demo.account("Front desk", OURS);
  for (const [number, name] of Object.values(NAMES).entries()) {
    await everything(demo, `62800000${String(1_000 + number)}`, name);
  }
  await demo.logIn(page);
  const listed = async () => (await demo.api<Chats>("GET", `/v1/chats?account_id=${account}&limit=200`)).data;
  await expect.poll(async () => (await listed()).length).toBe(2 * Object.keys(NAMES).length);
  const chats = await listed();
  // What cannot be seen is no name.
  expect(chats.map(({ name }) => name)).toContain("+628000001005");

  await test.step("the list of chats", async () => {
    const rows = page.getByTestId("chat-rows");
    await expect(rows.getByRole("link").first()).toBeVisible();
    await fits(page, rows);
    for (const row of await rows.getByRole("link").all()) {
      await expect(row).toHaveCSS("height", "86px");
      const time = await row.locator("time").boundingBox();
      expect((time?.x ?? WIDTH) + (time?.width ?? 1)).toBeLessThanOrEqual(WIDTH);
      await readsForth(row.locator("time"));
      expect((await row.textContent())?.trim().length).toBeGreaterThan(10);
    }
  });
  for (const { id, name, contact_id } of chats) {
    await test.step(`a thread: ${JSON.stringify(name).slice(0, 40)}`, async () => {
      await page.goto(`${demo.ready.url}/chats/${id}`);
      const log = page.getByRole("log");
      await expect(log.locator("[data-message]").first()).toBeVisible();
      await inSight(page.getByRole("link", { name: "Back to chats" }), page);
      await inSight(page.getByRole("button", { name: "Show contact" }), page);
      await fits(page, page.getByTestId("thread"));
      await page.getByTestId("thread").hover();
      await expect(async () => {
        await page.mouse.wheel(0, -300);
        await fits(page, page.getByTestId("thread"));
        for (const time of await log.locator("[data-message] time").all()) await readsForth(time);
        await expect(page.getByText("This is the start of the conversation")).toBeInViewport({ timeout: 50 });
      }).toPass();
      await page.getByRole("button", { name: "Show contact" }).click();
      const drawer = page.getByRole("dialog");
      await expect(drawer.getByRole("heading", { level: 3 }).first()).toBeVisible();
      await fits(page, drawer);
      await page.keyboard.press("Escape");
      await expect(drawer).toBeHidden();
      if (contact_id === null) return;
      await page.getByTestId("thread").hover();
      await expect(async () => {
        await page.mouse.wheel(0, 5_000);
        await page.getByRole("button", { name: "View picture" }).click({ timeout: 500 });
      }).toPass();
      const viewer = page.getByRole("dialog");
      await expect(viewer.getByRole("img").first()).toBeVisible();
      await readsForth(viewer.getByRole("heading"), String(new Date().getFullYear()));
      await fits(page, viewer);
      await page.keyboard.press("Escape");
      await expect(viewer).toBeHidden();
    });
    await test.step("a notice", async () => {
      await page.getByRole("main").focus();
      await page.keyboard.press("e");
      const notice = page.getByRole("alert").filter({ hasText: "was closed" });
      // As long as the pointer is over it, it stays.
      await notice.hover();
      await readsForth(notice, "was closed");
      const isWhole = () => notice.evaluate((each) => each.scrollHeight <= each.clientHeight);
      await expect.poll(isWhole).toBe(true);
      await inSight(notice.getByRole("button", { name: "Close" }), page);
      await fits(page, notice);
      await notice.getByRole("button", { name: "Close" }).click();
      await expect(notice).toHaveCount(0);
    });
  }
  await test.step("what a search finds", async () => {
    for (const asked of ["siti", "wwww"]) {
      await page.goto(`${demo.ready.url}/chats?status=all&q=${asked}`);
      const results = page.getByTestId("search-results");
      await expect(results.getByRole("link").first()).toBeVisible();
      await fits(page, results);
      for (const hit of await results.getByRole("link").all()) await readsForth(hit.locator("time"));
    }
  });
  await test.step("the dashboard", async () => {
    await page.goto(`${demo.ready.url}/dashboard?list=contacts`);
    const dialog = page.getByRole("dialog");
    await expect(dialog.getByRole("link").first()).toBeVisible();
    await fits(page, dialog);
    for (const time of await dialog.locator("time").all()) await readsForth(time);
  });
});

/** Neither the page nor what scrolls in it is wider than its window. */
async function fits(page: Page, area: Locator): Promise<void> {
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(WIDTH);
  const [first] = await area.evaluateAll((all) => all.map((each) => each.scrollWidth - each.clientWidth));
  expect(first).toBeLessThanOrEqual(0);
}

async function inSight(thing: Locator, page: Page): Promise<void> {
  await expect(thing).toBeInViewport({ ratio: 1 });
  // Nothing lies over it, as soon as it stands still.
  const isOnTop = () =>
    thing.evaluate((each) => {
      const { x, y, width, height } = each.getBoundingClientRect();
      return each.contains(document.elementFromPoint(x + width / 2, y + height / 2));
    });
  await expect.poll(isOnTop).toBe(true);
  expect(page.viewportSize()?.width).toBe(WIDTH);
}

/** Words of ours stand in the order in which they are written: each letter right of the one before, or in the next line. */
async function readsForth(area: Locator, words?: string): Promise<void> {
  await expect(area).toBeVisible();
  const places = await area.evaluate((element, words) => {
    const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    const letters: { letter: string; left: number; top: number }[] = [];
    for (let node = texts.nextNode(); node; node = texts.nextNode()) {
      for (let at = 0; at < (node.textContent?.length ?? 0); at += 1) {
        const range = document.createRange();
        range.setStart(node, at);
        range.setEnd(node, at + 1);
        const { left, top } = range.getBoundingClientRect();
        letters.push({ letter: node.textContent?.[at] ?? "", left, top });
      }
    }
    const whole = letters.map(({ letter }) => letter).join("");
    const from = words === undefined ? 0 : whole.lastIndexOf(words);
    if (from === -1) throw new Error(`${words} is not in ${whole}`);
    return letters.slice(from, words === undefined ? undefined : from + words.length);
  }, words);
  expect(places.length).toBeGreaterThan(0);
  for (const [index, { left, top }] of places.entries()) {
    const before = places[index - 1];
    if (before && Math.abs(before.top - top) < 2)
      expect(left, JSON.stringify(places)).toBeGreaterThanOrEqual(before.left);
  }
}
