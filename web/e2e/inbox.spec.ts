import type { Browser, Page } from "@playwright/test";
import { type Demo, expect, test } from "./demo";

const OURS = "6280000000091";
const BUDI = "6280000000191";
const ANI = { email: "ani@example.org", name: "Ani Lestari", role: "agent", password: "a long enough password" };

/** Opens the chat with Budi, and takes the pointer off the list, which stands still beneath it. */
async function openChat(page: Page): Promise<void> {
  await page.getByTestId("chat-rows").getByRole("link").filter({ hasText: "Budi Santoso" }).click();
  await expect(page.getByRole("log")).toBeVisible();
  await page.mouse.move(900, 400);
}

/** Ani, in a browser of her own. */
async function logInAni(demo: Demo, browser: Browser): Promise<Page> {
  await demo.api("POST", "/v1/users", ANI);
  const page = await (await browser.newContext()).newPage();
  await page.goto(`${demo.ready.url}/login`);
  await page.getByLabel("E-mail").fill(ANI.email);
  await page.getByRole("textbox", { name: "Password" }).fill(ANI.password);
  await page.getByRole("button", { name: "Log in" }).click();
  await expect(page.getByRole("heading", { name: "Chats", level: 1 })).toBeVisible();
  return page;
}

/** This many seconds from now, as the field for it has it. */
function inSeconds(seconds: number): string {
  const moment = new Date(Date.now() + seconds * 1_000);
  return new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

test("two colleagues see each other in a chat, hand it over, put it aside and close it", async ({
  demo,
  page,
  browser,
}) => {
  await demo.phone(OURS, "Yayasan Harapan");
  await demo.phone(BUDI, "Budi Santoso");
  await demo.logIn(page);
  await demo.link(page, "Front desk", OURS);
  await expect(page.getByRole("dialog")).toBeHidden();
  await demo.write(BUDI, OURS, "Apakah kantor buka hari ini?");
  const anis = await logInAni(demo, browser);
  await page.getByRole("link", { name: "Chats" }).first().click();
  await openChat(page);
  await openChat(anis);

  // Who looks, and who writes.
  await expect(page.getByText("Ani Lestari is looking at this chat")).toBeVisible();
  await anis.getByRole("textbox", { name: "Write a message" }).pressSequentially("Buka ");
  await expect(page.getByText("Ani Lestari is writing…")).toBeVisible();

  // Handed over, and counted.
  await page.getByRole("toolbar").getByRole("button", { name: "Assign" }).click();
  await page.getByRole("option", { name: "Ani Lestari" }).click();
  await page.mouse.move(900, 400);
  await expect(anis.getByRole("toolbar").getByRole("button", { name: "Assigned to Ani Lestari" })).toBeVisible();
  await expect(anis.getByText(/assigned this chat to Ani Lestari/)).toBeVisible();
  await anis.getByText("Mine", { exact: false }).first().click();
  const anisRow = anis.getByTestId("chat-rows").getByRole("link").filter({ hasText: "Budi Santoso" });
  await expect(anisRow).toBeVisible();
  await anis.getByText("All", { exact: false }).first().click();
  await anis.mouse.move(900, 400);

  // A star, by its key.
  await anis.getByRole("log").click();
  await anis.keyboard.press("s");
  const row = page.getByTestId("chat-rows").getByRole("link").filter({ hasText: "Budi Santoso" });
  await expect(row).toContainText("Starred");

  // Put aside for a few seconds: it comes back by itself.
  await anis.getByRole("toolbar").getByRole("button", { name: "Snooze" }).click();
  await anis.getByRole("menuitem", { name: "Pick a time" }).click();
  const dialog = anis.getByRole("dialog", { name: "Snooze" });
  await dialog.getByLabel("Until").fill(inSeconds(6));
  await dialog.getByRole("button", { name: "Snooze" }).click();
  await expect(page.getByRole("toolbar").getByRole("button", { name: "Open again" })).toBeVisible();
  await expect(row).toBeHidden();
  await expect(page.getByText("The snooze ended: this chat is open again")).toBeVisible();
  await expect(row).toBeVisible();

  // Closed, until somebody writes.
  await anis.getByRole("toolbar").getByRole("button", { name: "Close chat" }).click();
  await expect(page.getByText(/Ani Lestari closed this chat/)).toBeVisible();
  await expect(row).toBeHidden();
  await demo.write(BUDI, OURS, "Satu pertanyaan lagi");
  await expect(row).toBeVisible();
  await expect(page.getByText("A message came in: this chat is open again")).toBeVisible();
  await anis.context().close();
});

test("two colleagues who answer at the same time are told, before two answers leave", async ({
  demo,
  page,
  browser,
}) => {
  await demo.account("Front desk", OURS);
  await demo.phone(BUDI, "Budi Santoso");
  await demo.write(BUDI, OURS, "Apakah kantor buka hari ini?");
  const anis = await logInAni(demo, browser);
  await demo.logIn(page);
  await openChat(page);
  await openChat(anis);
  const field = (of: Page) => of.getByRole("textbox", { name: "Write a message" });
  await field(page).fill("Buka sampai jam lima.");
  await expect(anis.getByText("is writing…")).toBeVisible();

  await field(anis).fill("Sampai jam lima ya, Pak.");
  await anis.keyboard.press("Enter");
  await expect(page.getByRole("log").getByText("Sampai jam lima ya, Pak.")).toBeVisible();
  await field(page).press("Enter");
  const dialog = page.getByRole("dialog", { name: "Somebody answered already" });
  await expect(dialog).toContainText("Ani Lestari answered");
  await dialog.getByRole("button", { name: "Go back" }).click();
  await expect(field(page)).toHaveValue("Buka sampai jam lima.");
  await field(page).fill("");
  const answers = (await demo.messages(BUDI)).filter(({ direction }) => direction === "in").map(({ text }) => text);
  expect(answers).toEqual(["Sampai jam lima ya, Pak."]);
  await anis.context().close();
});
