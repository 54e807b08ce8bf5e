import type { Page } from "@playwright/test";
import { type Demo, expect, test } from "./demo";

const OURS = "6280000000091";
const OTHER = "6280000000092";
const BUDI = "6280000000191";

/** An account that is linked and connected, with the person on another page. */
async function openChats(demo: Demo, page: Page): Promise<string> {
  await demo.phone(OURS, "Yayasan Harapan");
  await demo.phone(BUDI, "Budi Santoso");
  await demo.logIn(page);
  const account = await demo.link(page, "Front desk", OURS);
  await expect(page.getByRole("dialog")).toBeHidden();
  await page.getByRole("link", { name: "Chats" }).first().click();
  await expect(page.getByRole("heading", { name: "Chats", level: 1 })).toBeVisible();
  return account;
}

const reconnect = (page: Page) => page.getByRole("dialog", { name: "Reconnect Front desk" });
const picture = (page: Page) => reconnect(page).getByRole("img", { name: "QR code to link this account" });

const queue = (demo: Demo, account: string, body: string) =>
  demo.api<{ id: string }>("POST", "/v1/messages", {
    account_id: account,
    to: `+${BUDI}`,
    type: "text",
    text: { body },
  });

test("a number that its phone unlinks asks for a scan by itself, and sends what waited when it is back", async ({
  demo,
  page,
}) => {
  const account = await openChats(demo, page);
  await demo.unlink(OURS);

  // Nobody asked for it: the dialog is there, and so is the code.
  await expect(picture(page)).toBeVisible();
  await expect(page.getByTestId("link-state")).toHaveText("Waiting for the phone");
  const box = await picture(page).boundingBox();
  expect(Math.min(box?.width ?? 0, box?.height ?? 0)).toBeGreaterThanOrEqual(300);
  const bodies = ["Antre satu", "Antre dua", "Antre tiga"];
  for (const body of bodies) await queue(demo, account, body);

  await demo.scanShown(OURS, account);
  await expect(page.getByTestId("link-state")).toHaveText("Front desk is connected");
  await expect(reconnect(page)).toBeHidden();
  await expect(
    page.getByRole("alert").filter({ hasText: "Front desk is back · 3 messages sent from the queue" }),
  ).toBeVisible();
  await expect.poll(() => demo.wanet("GET", `/admin/phones/${BUDI}/messages`)).toContain("Antre tiga");
});

test("the same code can be scanned by whoever has the phone, and the dialog closes for everybody", async ({
  demo,
  page,
  browser,
}) => {
  const account = await openChats(demo, page);
  const second = await (await browser.newContext()).newPage();
  await demo.logIn(second);
  await demo.unlink(OURS);
  await expect(picture(page)).toBeVisible();
  await expect(picture(second)).toBeVisible();
  await demo.scanShown(OURS, account);
  await expect(reconnect(page)).toBeHidden();
  await expect(reconnect(second)).toBeHidden();
  await second.context().close();
});

test("whoever writes is told first, keeps the keyboard, and is not asked again for the same drop", async ({
  demo,
  page,
}) => {
  const account = await openChats(demo, page);
  await demo.write(BUDI, OURS, "Boleh bertanya?");
  await page.getByTestId("chat-rows").getByRole("link").filter({ hasText: "Boleh bertanya?" }).click();
  const field = page.getByRole("textbox", { name: "Write a message" });
  await field.fill("Silakan");
  await demo.unlink(OURS);
  const notice = page.getByRole("alert").filter({ hasText: "Front desk disconnected" });
  await expect(notice).toBeVisible();
  await expect(reconnect(page)).toBeHidden();
  await expect(field).toBeFocused();
  await notice.getByRole("button", { name: "Reconnect" }).click();
  await expect(picture(page)).toBeVisible();
  // The focus cannot leave the dialog, and comes back.
  for (let press = 0; press < 6; press += 1) await page.keyboard.press("Tab");
  expect(await page.evaluate(() => document.activeElement?.closest('[role="dialog"]') !== null)).toBe(true);
  await page.keyboard.press("Escape");
  await expect(reconnect(page)).toBeHidden();
  await expect(field).toBeFocused();

  // The address of its dialog opens it all the same, after a log-in too.
  await page.goto(`${demo.ready.url}/settings`);
  await expect(page.getByRole("heading", { name: "Settings", level: 1 })).toBeVisible();
  await expect(page.getByRole("button", { name: /^\d of \d connected$/ })).toBeVisible();
  await expect(reconnect(page)).toBeHidden();
  await page.context().clearCookies();
  await page.goto(`${demo.ready.url}/accounts?link=${account}`);
  await page.getByLabel("E-mail").fill(demo.ready.owner.email);
  await page.getByRole("textbox", { name: "Password" }).fill(demo.ready.owner.password);
  await page.getByRole("button", { name: "Log in" }).click();
  await expect(picture(page)).toBeVisible();
});

test("a phone with another number than before is warned about", async ({ demo, page }) => {
  const account = await openChats(demo, page);
  await demo.phone(OTHER, "Toko Lain");
  await demo.unlink(OURS);
  await expect(picture(page)).toBeVisible();
  await demo.scanShown(OTHER, account);
  const warning = reconnect(page).getByRole("alert").filter({ hasText: "Another number was linked" });
  await expect(warning).toContainText(OURS);
  await expect(warning).toContainText(OTHER);
  await warning.getByRole("button", { name: "Unlink it again" }).click();
  await expect(reconnect(page).getByRole("button", { name: "Get a new code" })).toBeVisible();
});
