/** The banner of a sandbox makes virtual phones that write. */
import { expect, test } from "./demo";

const OURS = "6280000000091";

test("a virtual phone is made from the banner, and writes to an account", async ({ demo, page }) => {
  await demo.account("Front desk", OURS);
  await demo.logIn(page);
  await page.getByRole("button", { name: "Make a virtual phone" }).click();
  const dialog = page.getByRole("dialog", { name: "Virtual phones" });
  await dialog.getByLabel("Name on the phone").fill("Wulan");
  await dialog.getByRole("textbox", { name: "Message" }).fill("");
  await dialog.getByRole("button", { name: "Make it and write" }).click();
  await expect(dialog.getByText("This is empty.")).toBeVisible();
  await dialog.getByRole("textbox", { name: "Message" }).fill("Apakah kantor buka hari ini?");
  await dialog.getByRole("button", { name: "Make it and write" }).click();
  await expect(dialog.getByRole("status")).toHaveText("Wulan has written");
  // The same phone goes on.
  await dialog.getByRole("textbox", { name: "Message" }).fill("Sampai jam berapa?");
  await dialog.getByRole("button", { name: "Write", exact: true }).click();
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await page.getByRole("link", { name: "Chats" }).first().click();
  await page.getByTestId("chat-rows").getByRole("link").filter({ hasText: "Wulan" }).click();
  await expect(page.getByRole("log")).toContainText("Apakah kantor buka hari ini?");
  await expect(page.getByRole("log")).toContainText("Sampai jam berapa?");
});
