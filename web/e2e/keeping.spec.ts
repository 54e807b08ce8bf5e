import { expect, test } from "./demo";

const OURS = "6280000000094";
const BUDI = "6280000000194";
const SITI = "6280000000195";

test("chips find who is due, what a colleague sets is seen at once, and whoever is erased is gone", async ({
  demo,
  page,
  context,
}) => {
  await page.setViewportSize({ width: 1400, height: 900 });
  await demo.phone(OURS, "Yayasan Harapan");
  await demo.phone(BUDI, "Budi Santoso");
  await demo.phone(SITI, "Siti Rahma");
  await demo.logIn(page);
  await demo.link(page, "Front desk", OURS);
  await expect(page.getByRole("dialog")).toBeHidden();
  await demo.write(SITI, OURS, "Halo");
  await demo.write(BUDI, OURS, "Sudah saya transfer ya");

  // The card says what came in.
  const card = page.getByRole("article", { name: "Front desk" });
  await expect(card).toContainText("Linked device");
  await expect(card.getByText("Last message in").locator("xpath=following-sibling::dd")).not.toHaveText("never");

  // A reminder that comes due puts the chat below its chip, with a count.
  await page.getByRole("link", { name: "Chats" }).first().click();
  // The demo has chats on numbers of its own.
  const rows = page.getByTestId("chat-rows").getByRole("link").filter({ hasText: "Front desk" });
  await expect(rows).toHaveCount(2);
  const { data } = await demo.api<{ data: { id: string }[] }>("GET", `/v1/contacts?search=${BUDI}`);
  const budi = data[0]?.id ?? "";
  const users = await demo.api<{ data: { id: string }[] }>("GET", "/v1/users");
  await demo.api("POST", "/v1/reminders", {
    contact_id: budi,
    owner_id: users.data[0]?.id,
    text: "Kirim kwitansi",
    due_at: new Date(Date.now() + 1_500).toISOString(),
  });
  await page.getByRole("button", { name: /^Reminder due\s*1$/ }).click();
  await expect(rows).toHaveCount(1);
  await expect(rows).toContainText("Budi Santoso");
  await page.getByRole("button", { name: "Clear filters" }).click();
  await page.getByRole("button", { name: "Segment", exact: true }).click();
  await page.getByRole("menuitem", { name: "New", exact: true }).click();
  await expect(rows).toHaveCount(2);
  await page.getByRole("button", { name: "Clear filters" }).click();

  // What one browser changes of the settings, another shows without a reload.
  const colleague = await context.newPage();
  await colleague.goto(new URL("/settings?tab=organization", demo.ready.url).href);
  const name = colleague.getByLabel("Name of the organization");
  await expect(name).not.toHaveValue("");
  await page.goto(new URL("/settings?tab=organization", demo.ready.url).href);
  await page.getByLabel("Name of the organization").fill("Yayasan Baru");
  await page.getByRole("region", { name: "Organization" }).getByRole("button", { name: "Save" }).click();
  await expect(name).toHaveValue("Yayasan Baru");
  await colleague.close();
  const messages = page.getByRole("group", { name: "Messages" });
  await messages.getByRole("switch", { name: "For ever" }).click();
  await page.getByRole("region", { name: "How long things are kept" }).getByRole("button", { name: "Save" }).click();
  const shorter = page.getByRole("dialog", { name: "Delete what is older" });
  await shorter.getByRole("textbox").fill("Yayasan Baru");
  await shorter.getByRole("button", { name: "Delete what is older" }).click();
  await expect(shorter).toBeHidden();
  await page.reload();
  await expect(messages.getByRole("textbox")).toHaveValue("365 days");

  // An export is a file; erasing asks for the name, and nothing is left.
  await page.getByRole("link", { name: "Chats" }).first().click();
  await rows.filter({ hasText: "Budi Santoso" }).click();
  const panel = page.getByRole("complementary", { name: "About this contact" });
  await panel.getByRole("button", { name: "More", exact: true }).click();
  const download = page.waitForEvent("download");
  await page.getByRole("menuitem", { name: "Export" }).click();
  expect((await download).suggestedFilename()).toBe(`contact-${budi}.json`);
  await panel.getByRole("button", { name: "More", exact: true }).click();
  await page.getByRole("menuitem", { name: "Erase" }).click();
  const dialog = page.getByRole("dialog", { name: "Erase Budi Santoso" });
  await expect(dialog.getByRole("button", { name: "Erase for good" })).toBeDisabled();
  await dialog.getByRole("textbox").fill("Budi Santoso");
  await dialog.getByRole("button", { name: "Erase for good" }).click();
  await expect(dialog).toBeHidden();
  await expect(rows).toHaveCount(1);
  await expect(rows).toContainText("Siti Rahma");
  await page.reload();
  await expect(rows).toHaveCount(1);
});
