/** A thread is a virtual list: only what is seen is there, nothing moves under the eyes, and the focus is not lost. */
import type { Page } from "@playwright/test";
import { type Demo, expect, test } from "./demo";

const OURS = "6280000000091";
const BUDI = "6280000000191";

const line = (page: Page, number: number) =>
  page.getByRole("log").getByText(`Kabar nomor ${number}, ya`, { exact: true });
const thread = (page: Page) => page.getByTestId("thread");

/** Budi wrote from one number to another; all of it but the last `unread` is read. */
async function talk(demo: Demo, page: Page, { count, unread }: { count: number; unread: number }): Promise<string> {
  test.setTimeout(240_000);
  await demo.account("Front desk", OURS);
  await demo.phone(BUDI, "Budi Santoso");
  const write = (number: number) => demo.write(BUDI, OURS, `Kabar nomor ${number}, ya`);
  for (let number = 1; number <= count - unread; number += 1) await write(number);
  const chat = async () =>
    (await demo.api<{ data: { id: string; name: string; unread: number }[] }>("GET", "/v1/chats")).data.find(
      ({ name }) => name === "Budi Santoso",
    );
  await expect.poll(async () => (await chat())?.unread).toBe(count - unread);
  const id = (await chat())?.id ?? "";
  await demo.api("POST", `/v1/chats/${id}/read`);
  for (let number = count - unread + 1; number <= count; number += 1) await write(number);
  await expect.poll(async () => (await chat())?.unread).toBe(unread);
  await demo.logIn(page);
  return id;
}

/** Scrolls until it is seen. */
async function scrollTo(page: Page, number: number, by: number): Promise<void> {
  await thread(page).hover();
  await expect(async () => {
    await page.mouse.wheel(0, by);
    await expect(line(page, number)).toBeInViewport({ timeout: 100 });
  }).toPass();
}

async function top(page: Page, number: number): Promise<number> {
  const box = await line(page, number).boundingBox();
  if (!box) throw new Error(`message ${number} is not shown`);
  return box.y;
}

test("a thread opens at what is new, and says so until it is left", async ({ demo, page }) => {
  const id = await talk(demo, page, { count: 40, unread: 25 });
  await page.getByTestId("chat-rows").getByRole("link").filter({ hasText: "Budi Santoso" }).click();
  const mark = page.getByTestId("first-new");
  await expect(mark).toBeInViewport();
  await expect(mark).toHaveText("New messages");
  await expect(page.locator("[data-row]").filter({ has: mark })).toContainText("Kabar nomor 16, ya");
  await expect(line(page, 40)).not.toBeInViewport();
  await expect.poll(async () => (await demo.api<{ unread: number }>("GET", `/v1/chats/${id}`)).unread).toBe(0);
  await expect(mark).toBeInViewport();

  await scrollTo(page, 40, 400);
  // Whoever sees the newest message goes on seeing it: when one comes in, and when a long text is written.
  await demo.write(BUDI, OURS, "Kabar nomor 41, ya");
  await expect(line(page, 41)).toBeInViewport();
  await page.getByRole("textbox", { name: "Write a message" }).fill("Satu\nDua\nTiga\nEmpat\nLima");
  await expect(line(page, 41)).toBeInViewport();
  await page.getByRole("textbox", { name: "Write a message" }).fill("Baik.");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("log").locator("[data-status]").filter({ hasText: "Baik." })).toBeInViewport();

  await page.getByRole("link", { name: "Accounts" }).first().click();
  await expect(page.getByRole("heading", { name: "Accounts", level: 1 })).toBeVisible();
  await page.goBack();
  await expect(line(page, 41)).toBeInViewport();
  await expect(mark).toHaveCount(0);
});

test("older messages come in above and nothing moves; few lines are there, and none with the focus is lost", async ({
  demo,
  page,
}) => {
  await talk(demo, page, { count: 220, unread: 1 });
  await page.getByTestId("chat-rows").getByRole("link").filter({ hasText: "Budi Santoso" }).click();
  await expect(line(page, 220)).toBeInViewport();
  await expect(page.getByRole("log").locator("[data-row]").nth(4)).toBeAttached();

  // A line with the focus stays, wherever the thread is scrolled to.
  const row = page.getByRole("log").locator("[data-row]").filter({ hasText: "Kabar nomor 219, ya" });
  await row.getByRole("button", { name: "Reply" }).focus();

  let arrive = () => {};
  const held = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  await page.route(/messages\?.*after=/, async (route) => {
    await held;
    await route.continue();
  });
  const asked = page.waitForRequest(/messages\?.*after=/);
  await scrollTo(page, 178, -500);
  await asked;
  const height = () => page.getByRole("log").evaluate((each) => each.clientHeight);
  const before = await height();
  const place = await top(page, 178);
  arrive();
  await expect.poll(height).toBeGreaterThan(before + 1_000);
  expect(Math.abs((await top(page, 178)) - place)).toBeLessThan(2);

  await scrollTo(page, 1, -3_000);
  await expect(page.getByText("This is the start of the conversation")).toBeInViewport();
  expect(await page.getByRole("log").locator("[data-row]").count()).toBeLessThan(50);
  await expect(row.getByRole("button", { name: "Reply" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: "Cancel reply" })).toBeVisible();
});
