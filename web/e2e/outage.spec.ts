import type { Page } from "@playwright/test";
import { type Demo, expect, test } from "./demo";

const OURS = "6280000000091";
const BUDI = "6280000000191";

/** A linked account and an open chat, in which nothing has happened since the page was opened. */
async function openChat(demo: Demo, page: Page): Promise<string> {
  await demo.phone(OURS, "Yayasan Harapan");
  await demo.phone(BUDI, "Budi Santoso");
  await demo.logIn(page);
  const account = await demo.link(page, "Front desk", OURS);
  await expect(page.getByRole("dialog")).toBeHidden();
  await demo.write(BUDI, OURS, "Boleh bertanya?");
  await page.getByRole("link", { name: "Chats" }).first().click();
  await page.getByTestId("chat-rows").getByRole("link").filter({ hasText: "Boleh bertanya?" }).click();
  await page.reload();
  await expect(page.getByRole("log").getByText("Boleh bertanya?")).toBeVisible();
  return account;
}

test("what a phone wrote while the page was cut off is there when it is back", async ({ demo, page }) => {
  const account = await openChat(demo, page);
  await page.route("**/v1/**", (route) => route.abort());
  await demo.kill();
  await expect(page.getByText("Live updates are interrupted. Reconnecting…").first()).toBeVisible();
  await demo.restart();
  await demo.connected(account);
  await demo.write(BUDI, OURS, "Saya tunggu jawabannya.");
  await expect
    .poll(async () => JSON.stringify(await demo.api("GET", `/v1/chats?account_id=${account}`)))
    .toContain("Saya tunggu jawabannya.");
  await page.unroute("**/v1/**");
  await expect(page.getByRole("log").getByText("Saya tunggu jawabannya.")).toBeVisible();
});

test("what is sent while the server is away leaves when it is back, and says so", async ({ demo, page }) => {
  const account = await openChat(demo, page);
  await demo.kill();
  await page.getByRole("textbox", { name: "Write a message" }).fill("Silakan, Pak.");
  await page.keyboard.press("Enter");
  const message = page.getByRole("log").locator("[data-status]").filter({ hasText: "Silakan, Pak." });
  await expect(message).toHaveAttribute("data-status", "sending");
  await demo.restart();
  await demo.connected(account);
  await expect(message).toHaveAttribute("data-status", /delivered|read/);
  await expect(message).toHaveCount(1);
});
