import { expect, test } from "./demo";

const OURS = "6280000000093";
const BUDI = "6280000000193";

test("a donation changes the card and the segment, a reminder fires, and a note stands in the thread", async ({
  demo,
  page,
}) => {
  await page.setViewportSize({ width: 1400, height: 900 });
  await demo.phone(OURS, "Yayasan Harapan");
  await demo.phone(BUDI, "Budi Santoso");
  await demo.logIn(page);
  await demo.link(page, "Front desk", OURS);
  await expect(page.getByRole("dialog")).toBeHidden();
  await demo.write(BUDI, OURS, "Sudah saya transfer ya");
  await page.getByRole("link", { name: "Chats" }).first().click();
  await page.getByTestId("chat-rows").getByRole("link").filter({ hasText: "Budi Santoso" }).click();

  // A new person, who has not given yet.
  const panel = page.getByRole("complementary", { name: "About this contact" });
  const card = panel.getByRole("region", { name: "Donor" });
  await expect(card).toContainText("No gift yet");
  await expect(card.locator("[data-segment]")).toHaveText("New");

  // Three gifts make a loyal donor.
  for (const [amount, times] of [
    ["1250000", 1],
    ["500000", 2],
    ["250000", 3],
  ] as const) {
    await panel.getByRole("button", { name: "Record donation" }).click();
    const form = page.getByRole("dialog", { name: "Record a donation" });
    await form.getByLabel("Amount").fill(amount);
    await form.getByRole("button", { name: "Save" }).click();
    await expect(form).toBeHidden();
    await expect(card.locator("dd").nth(1)).toHaveText(String(times));
  }
  await expect(card).toContainText("Rp 2,000,000");
  await expect(card.locator("[data-segment]")).toHaveText("Loyal");
  await card.locator("[data-segment]").hover();
  await expect(page.getByText("Gifts in 12 months: 3. From 3 on, a donor is loyal.")).toBeVisible();

  // A tag, which is made here: it is there after a reload, and gone once it is taken away.
  const tags = panel.getByRole("list", { name: "Tags" });
  await panel.getByRole("button", { name: "Add tags" }).click();
  const find = page.getByRole("textbox", { name: "Find or create a tag" });
  await find.fill("Zakat");
  const list = page.getByRole("listbox", { name: "Find or create a tag" });
  await list.getByRole("option", { name: "Create “Zakat”" }).click();
  await expect(tags).toContainText("Zakat");
  await page.keyboard.press("Escape");
  await expect(find).toBeHidden();
  await page.reload();
  await expect(tags).toContainText("Zakat");
  await panel.getByRole("button", { name: "Change tags" }).focus();
  await page.keyboard.press("Enter");
  await list.getByRole("option", { name: "Zakat" }).click();
  await page.keyboard.press("Escape");
  await expect(panel.getByRole("button", { name: "Add tags" })).toBeFocused();
  await page.reload();
  await expect(panel.getByRole("button", { name: "Add tags" })).toBeVisible();
  await expect(tags).toBeHidden();

  // A note, in the panel and in the thread.
  await panel.getByRole("button", { name: "Note", exact: true }).click();
  const noteForm = page.getByRole("dialog", { name: "Write a note" });
  await noteForm.getByLabel("Note").fill("Minta kwitansi lewat e-mail");
  await noteForm.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("log").getByRole("article").filter({ hasText: "Minta kwitansi" })).toBeVisible();
  await expect(panel.getByRole("region", { name: "Notes" })).toContainText("Minta kwitansi lewat e-mail");

  // A reminder for a moment from now: it is told wherever its owner is.
  const { data } = await demo.api<{ data: { id: string }[] }>("GET", `/v1/contacts?search=${BUDI}`);
  const users = await demo.api<{ data: { id: string }[] }>("GET", "/v1/users");
  await page.getByRole("link", { name: "Accounts" }).first().click();
  await demo.api("POST", "/v1/reminders", {
    contact_id: data[0]?.id,
    owner_id: users.data[0]?.id,
    text: "Kirim kwitansi",
    due_at: new Date(Date.now() + 1_500).toISOString(),
    time_zone: "Asia/Jakarta",
  });
  const toast = page.getByRole("alert").filter({ hasText: "Reminder: Budi Santoso" });
  await expect(toast).toContainText("Kirim kwitansi", { timeout: 20_000 });
  await toast.getByRole("button", { name: "Done" }).click();
  await expect(toast).toBeHidden();
  await expect.poll(async () => (await demo.api<{ data: unknown[] }>("GET", "/v1/reminders")).data.length).toBe(0);
});

test("on a small screen the panel is a drawer", async ({ demo, page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await demo.phone(OURS, "Yayasan Harapan");
  await demo.phone(BUDI, "Budi Santoso");
  await demo.logIn(page);
  await demo.link(page, "Front desk", OURS);
  await expect(page.getByRole("dialog")).toBeHidden();
  await demo.write(BUDI, OURS, "Halo");
  await page.getByRole("link", { name: "Chats" }).first().click();
  await page.getByTestId("chat-rows").getByRole("link").filter({ hasText: "Budi Santoso" }).click();
  await page.getByRole("button", { name: "Show contact" }).click();
  const drawer = page.getByRole("dialog", { name: "About this contact" });
  await expect(drawer.getByRole("button", { name: "Record donation" })).toBeVisible();

  // The list of tags stands above the drawer, and Esc closes the list only.
  const button = drawer.getByRole("button", { name: "Add tags" });
  await button.click();
  await page.getByRole("textbox", { name: "Find or create a tag" }).fill("Jumat");
  const list = page.getByRole("listbox", { name: "Find or create a tag" });
  await list.getByRole("option", { name: "Create “Jumat”" }).click();
  await expect(drawer.getByRole("list", { name: "Tags" })).toContainText("Jumat");
  await page.keyboard.press("Escape");
  await expect(list).toBeHidden();
  await expect(drawer.getByRole("button", { name: "Change tags" })).toBeFocused();
  const { scroll, client } = await page.evaluate(() => ({
    scroll: document.documentElement.scrollWidth,
    client: document.documentElement.clientWidth,
  }));
  expect(scroll).toBeLessThanOrEqual(client);
  await page.keyboard.press("Escape");
  await expect(drawer).toBeHidden();
});
