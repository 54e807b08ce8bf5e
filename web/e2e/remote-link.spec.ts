import { AxeBuilder } from "@axe-core/playwright";
import type { Browser, Page } from "@playwright/test";
import { type Demo, expect, test } from "./demo";

const OURS = "6280000000091";
const CODE = { name: "QR code to link this account" } as const;

/** Somebody else, who is not logged in. */
async function stranger(browser: Browser): Promise<Page> {
  return (await browser.newContext({ locale: "en-GB" })).newPage();
}

/** The dialog of a new account, and the link that was made in it. */
async function makeLink(demo: Demo, page: Page): Promise<{ account: string; url: string }> {
  await demo.phone(OURS, "Yayasan Harapan");
  await demo.logIn(page);
  await page.getByRole("link", { name: "Accounts" }).first().click();
  await page.getByRole("button", { name: "Add account" }).click();
  await page.getByLabel("Account name").fill("Front desk");
  await page.getByRole("button", { name: "Add and show QR code" }).click();
  await expect(page.getByRole("img", CODE)).toBeVisible();
  await page.getByRole("button", { name: "Copy link for remote linking" }).click();
  const url = await page.getByRole("textbox", { name: "Link for remote linking" }).inputValue();
  const { data } = await demo.api<{ data: { id: string; name: string }[] }>("GET", "/v1/accounts");
  const account = data.find(({ name }) => name === "Front desk")?.id;
  if (!account) throw new Error("the account is not listed");
  return { account, url };
}

test("somebody far away links the number by the link, both pages say so, and the link is dead", async ({
  demo,
  page,
  browser,
}) => {
  const { account, url } = await makeLink(demo, page);
  const far = await stranger(browser);
  const requests: string[] = [];
  far.on("request", (request) => requests.push(`${request.url()} ${request.headers().referer ?? ""}`));
  await far.goto(url);
  await expect(far.getByRole("heading", { name: "Link Front desk to WhatsApp", level: 1 })).toBeVisible();
  await expect(far.getByRole("img", CODE)).toBeVisible();
  await expect(far.getByTestId("link-state")).toHaveText("Waiting for the phone");
  await expect(page.getByText("It is open in a browser.")).toBeVisible({ timeout: 15_000 });
  const { violations } = await new AxeBuilder({ page: far }).analyze();
  expect(violations.map(({ id }) => id)).toEqual([]);
  // It goes on after the page is read again, and shows nothing in another browser.
  await far.reload();
  await expect(far.getByRole("img", CODE)).toBeVisible();
  const third = await stranger(browser);
  await third.goto(url);
  await expect(third.getByRole("heading", { name: "This link works no more" })).toBeVisible();

  await demo.scanShown(OURS, account);
  await expect(far.getByRole("heading", { name: "Front desk is linked" })).toBeVisible({ timeout: 30_000 });
  await expect(page.getByRole("dialog")).toBeHidden({ timeout: 30_000 });
  await third.reload();
  await expect(third.getByRole("heading", { name: "This link works no more" })).toBeVisible();
  await third.goto(`${demo.ready.url}/accounts`);
  await expect(third.getByLabel("E-mail")).toBeVisible();
  // The token left the browser in no address.
  const token = url.split("#")[1] ?? "";
  expect(requests.filter((line) => line.includes(token))).toEqual([]);
  await far.context().close();
  await third.context().close();
});

test("a number that its phone unlinked is linked again by a link, and a link can be taken back", async ({
  demo,
  page,
  browser,
}) => {
  const { account, url } = await makeLink(demo, page);
  const far = await stranger(browser);
  await far.goto(url);
  await expect(far.getByRole("img", CODE)).toBeVisible();
  await page.getByRole("button", { name: "Take the link back" }).click();
  await expect(far.getByRole("heading", { name: "This link works no more" })).toBeVisible({ timeout: 15_000 });
  await demo.scanShown(OURS, account);
  await expect(page.getByRole("dialog")).toBeHidden({ timeout: 30_000 });

  await demo.unlink(OURS);
  await expect(page.getByRole("dialog", { name: "Reconnect Front desk" })).toBeVisible({ timeout: 15_000 });
  await page.getByRole("button", { name: "Copy link for remote linking" }).click();
  const again = await page.getByRole("textbox", { name: "Link for remote linking" }).inputValue();
  // A phone far away, in another language.
  const small = await browser.newContext({ locale: "ar", viewport: { width: 360, height: 740 } });
  const phone = await small.newPage();
  await phone.goto(again);
  await expect(phone.getByRole("heading", { level: 1 })).toContainText("Front desk");
  await expect(phone.getByRole("img", { name: /QR/ })).toBeVisible();
  expect(await phone.evaluate(() => document.documentElement.dir)).toBe("rtl");
  expect(await phone.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  await demo.scanShown(OURS, account);
  await expect(phone.getByRole("heading", { level: 1 })).toContainText("رُبط", { timeout: 30_000 });
  await expect(page.getByRole("dialog")).toBeHidden({ timeout: 30_000 });
  await far.context().close();
  await small.close();
});
