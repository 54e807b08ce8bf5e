import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect, test } from "./demo";

const OURS = "6280000000091";
const BUDI = "6280000000191";

const card = (page: Page, label: string) => page.getByRole("link", { name: new RegExp(`^${label}`) });
const figure = (page: Page, label: string) => page.getByRole("group", { name: label, exact: true });

/** The number on a figure: the demo has some messages already. */
async function numberOn(page: Page, label: string): Promise<number> {
  await expect(figure(page, label)).toContainText(/\d/);
  const text = (await figure(page, label).textContent()) ?? "";
  return Number(/\d+/.exec(text.slice(label.length))?.[0]);
}

/** What axe finds on the page. */
async function violations(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(" ")}`));
}

test("the dashboard counts what happens, as it happens, and figures open lists", async ({ demo, page }) => {
  await demo.phone(OURS, "Yayasan Harapan");
  await demo.phone(BUDI, "Budi Santoso");
  await demo.logIn(page);
  const account = await demo.link(page, "Front desk", OURS);
  await expect(page.getByRole("dialog")).toBeHidden();

  await page.getByRole("link", { name: "Dashboard" }).first().click();
  await expect(card(page, "Accounts connected")).toContainText("3 of 4");
  const [cameIn, wentOut] = [await numberOn(page, "Messages in"), await numberOn(page, "Messages out")];
  await demo.write(BUDI, OURS, "Apakah kantor buka?");
  await expect.poll(() => numberOn(page, "Messages in")).toBe(cameIn + 1);
  await demo.api("POST", "/v1/messages", { account_id: account, to: BUDI, type: "text", text: { body: "Buka." } });
  await expect.poll(() => numberOn(page, "Messages out")).toBe(wentOut + 1);
  await expect(figure(page, "First reply time")).toContainText("Median of");

  // Of the new account alone there is nothing else.
  await page.getByRole("combobox", { name: "Account" }).click();
  await page.getByRole("option", { name: "Front desk" }).click();
  await expect.poll(() => numberOn(page, "Messages in")).toBe(1);
  await expect(figure(page, "Delivered")).toContainText("100%");
  await expect(figure(page, "First reply time")).toContainText("Median of 1 answer");
  await page.getByRole("group", { name: "Messages a day" }).focus();
  await page.keyboard.press("End");
  await expect(page.getByText("Messages in: 1 · Messages out: 1 · Active chats: 1")).toBeVisible();
  await page.getByRole("combobox", { name: "Account" }).click();
  await page.getByRole("option", { name: "All accounts" }).click();

  // A message that cannot arrive: its figure lists it with the reason, and leads to where it stands.
  await demo.wanet("POST", "/admin/faults", { kind: "nack", code: 413, phone: OURS, stanza: "message" });
  const lost = { account_id: account, to: BUDI, type: "text", text: { body: "Kwitansi terlampir" } };
  await demo.api("POST", "/v1/messages", lost);
  const failed = page.getByRole("button", { name: /^Failed messages/ });
  await expect(failed).toContainText("Failed messages1");
  await failed.click();
  const line = page.getByRole("dialog").getByRole("link").filter({ hasText: "Kwitansi terlampir" });
  await expect(line).toContainText("It is too large for WhatsApp.");
  expect(await violations(page)).toEqual([]);
  await line.click();
  await expect(page.getByRole("log").locator("[data-found]")).toContainText("Kwitansi terlampir");
  await page.goBack();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toBeHidden();
  await page.getByRole("button", { name: /^New contacts/ }).click();
  await expect(page.getByRole("dialog").getByRole("link").filter({ hasText: "Budi Santoso" })).toBeVisible();
  await page.keyboard.press("Escape");

  const contacts = await demo.api<{ data: { id: string }[] }>("GET", "/v1/contacts");
  await demo.api("POST", "/v1/donations", { contact_id: contacts.data[0]?.id, amount: 15_000_000, fund: "Wakaf" });
  const donations = page.getByRole("button", { name: /^Donations/ });
  await expect(donations).toContainText(/\d+ gifts?/);
  await donations.click();
  await expect(page.getByRole("dialog").getByRole("cell", { name: "Wakaf" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(donations).toBeFocused();

  await card(page, "Active chats").click();
  await expect(page.getByTestId("chat-rows").getByRole("link").filter({ hasText: "Budi Santoso" })).toBeVisible();
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`axe finds nothing on the dashboard, and it fits a phone, ${colorScheme}`, async ({ demo, page }) => {
    await demo.logIn(page);
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    for (const width of [1280, 360]) {
      await page.setViewportSize({ width, height: 800 });
      await page.goto(`${demo.ready.url}/dashboard`);
      await expect(figure(page, "Messages in")).toContainText(/\d/);
      expect(await violations(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      await page.getByRole("button", { name: "Show as a table" }).click();
      expect(await violations(page)).toEqual([]);
    }
  });
}
