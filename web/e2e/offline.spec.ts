/** What a person wrote is there after a reload, in every tab, and leaves once and in its order. */
import type { Page } from "@playwright/test";
import { type Demo, expect, test } from "./demo";

const OURS = "6280000000091";
const BUDI = "6280000000191";
const ANI = { email: "ani@example.org", name: "Ani Lestari", role: "agent", password: "a long enough password" };

const write = (page: Page) => page.getByRole("textbox", { name: "Write a message" });
const bubble = (page: Page, text: string) => page.getByRole("log").locator("[data-status]").filter({ hasText: text });

/** An open chat, and its address. */
async function openChat(demo: Demo, page: Page): Promise<string> {
  await demo.account("Front desk", OURS);
  await demo.phone(BUDI, "Budi Santoso");
  await demo.write(BUDI, OURS, "Boleh bertanya?");
  await demo.logIn(page);
  await page.getByTestId("chat-rows").getByRole("link").filter({ hasText: "Boleh bertanya?" }).click();
  await expect(page.getByRole("log").getByText("Boleh bertanya?")).toBeVisible();
  return page.url();
}

/** What reached Budi's phone from us, in the order of its screen; everything once. */
async function arrived(demo: Demo): Promise<(string | null)[]> {
  const messages = (await demo.messages(BUDI)).filter(({ direction }) => direction === "in");
  expect(messages.every(({ shown }) => shown === 1)).toBe(true);
  return messages.map(({ text }) => text);
}

test("what is written without a connection outlives its tab, and leaves once and in its order", async ({
  demo,
  page,
  context,
}) => {
  const chat = await openChat(demo, page);
  const texts = ["Satu.", "Dua.", "Tiga.", "Empat."];
  await context.setOffline(true);
  for (const text of texts) {
    await write(page).fill(text);
    await page.keyboard.press("Enter");
    await expect(bubble(page, text)).toHaveAttribute("data-status", "sending");
    await expect(bubble(page, text)).toContainText("Leaves when the server can be reached");
  }
  await page.close();
  await context.setOffline(false);

  const again = await context.newPage();
  await again.goto(chat);
  for (const text of texts) {
    await expect(bubble(again, text)).toHaveAttribute("data-status", /delivered|read/);
    await expect(bubble(again, text)).toHaveCount(1);
  }
  expect(await arrived(demo)).toEqual(texts);
});

test("what is cancelled while it waits comes back in its place when that is taken back", async ({
  demo,
  page,
  context,
}) => {
  await openChat(demo, page);
  await context.setOffline(true);
  for (const text of ["Satu.", "Dua.", "Tiga."]) {
    await write(page).fill(text);
    await page.keyboard.press("Enter");
    await expect(bubble(page, text)).toContainText("Leaves when the server can be reached");
  }
  const notice = page.getByRole("alert").filter({ hasText: "The message will not be sent" });
  const undo = notice.getByRole("button", { name: "Undo" });
  await bubble(page, "Dua.").getByRole("button", { name: "Don't send" }).focus();
  await page.keyboard.press("Enter");
  await expect(bubble(page, "Dua.")).toHaveCount(0);
  // Who works by key can take it back at once.
  await expect(undo).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(notice).toHaveCount(0);
  await expect(page.getByRole("log").locator("[data-status=sending]")).toContainText(["Satu.", "Dua.", "Tiga."]);
  await bubble(page, "Tiga.").getByRole("button", { name: "Don't send" }).click();
  await expect(bubble(page, "Tiga.")).toHaveCount(0);
  await context.setOffline(false);
  await expect(bubble(page, "Dua.")).toHaveAttribute("data-status", /delivered|read/);
  expect(await arrived(demo)).toEqual(["Satu.", "Dua."]);
});

test("an answer that is lost, and a reload after it, send nothing a second time", async ({ demo, page }) => {
  await openChat(demo, page);
  let asked = 0;
  await page.route("**/v1/messages", async (route) => {
    // The server takes it, and nobody hears of it.
    await route.fetch();
    asked += 1;
    await route.abort();
  });
  await write(page).fill("Silakan, Pak.");
  await page.keyboard.press("Enter");
  await expect.poll(() => asked).toBeGreaterThan(1);
  await page.reload();
  await expect.poll(() => asked).toBeGreaterThan(2);
  // One may be on its way.
  await page.unrouteAll({ behavior: "wait" });
  await expect(bubble(page, "Silakan, Pak.")).toHaveAttribute("data-status", /delivered|read/);
  // What comes after it shows that it is handed over, and not tried any more.
  await write(page).fill("Kami buka.");
  await page.keyboard.press("Enter");
  await expect(bubble(page, "Kami buka.")).toHaveAttribute("data-status", /delivered|read/);
  await expect(bubble(page, "Silakan, Pak.")).toHaveCount(1);
  expect(await arrived(demo)).toEqual(["Silakan, Pak.", "Kami buka."]);
});

test("two tabs share what is typed and what waits", async ({ demo, page, context }) => {
  const chat = await openChat(demo, page);
  const other = await context.newPage();
  await other.goto(chat);
  await expect(other.getByRole("log").getByText("Boleh bertanya?")).toBeVisible();

  await write(page).fill("Kami buka sampai");
  await expect(write(other)).toHaveValue("Kami buka sampai");
  await write(other).pressSequentially(" jam lima.");
  await expect(write(page)).toHaveValue("Kami buka sampai jam lima.");

  await context.setOffline(true);
  await other.keyboard.press("Enter");
  await expect(bubble(page, "Kami buka sampai jam lima.")).toHaveAttribute("data-status", "sending");
  await expect(write(page)).toHaveValue("");
  await write(page).fill("Sampai jumpa.");
  await page.keyboard.press("Enter");
  await expect(bubble(other, "Sampai jumpa.")).toHaveAttribute("data-status", "sending");
  await context.setOffline(false);
  for (const tab of [page, other]) {
    for (const text of ["Kami buka sampai jam lima.", "Sampai jumpa."]) {
      await expect(bubble(tab, text)).toHaveAttribute("data-status", /delivered|read/);
      await expect(bubble(tab, text)).toHaveCount(1);
    }
  }
  expect(await arrived(demo)).toEqual(["Kami buka sampai jam lima.", "Sampai jumpa."]);
});

test("a draft outlives its tab, is nobody else's, and goes with its person", async ({ demo, page, context }) => {
  const chat = await openChat(demo, page);
  await demo.api("POST", "/v1/users", ANI);
  await write(page).fill("Belum selesai");
  await page.close();

  const again = await context.newPage();
  await again.goto(`${demo.ready.url}/chats`);
  const row = again.getByTestId("chat-rows").getByRole("link").filter({ hasText: "Budi Santoso" });
  await expect(row).toContainText("Draft: Belum selesai");
  await row.click();
  await expect(write(again)).toHaveValue("Belum selesai");

  // Who logs out while something has not left is asked.
  await again.route("**/v1/messages", (route) => route.abort());
  await write(again).press("Enter");
  await expect(bubble(again, "Belum selesai")).toContainText("Leaves when the server can be reached");
  await write(again).fill("Satu lagi");
  const logOut = async () => {
    await again.getByRole("button", { name: "Your menu" }).click();
    await again.getByRole("menuitem", { name: "Log out" }).click();
  };
  await logOut();
  const dialog = again.getByRole("dialog", { name: "Log out" });
  await expect(dialog).toContainText("1 message has not left yet.");
  await dialog.getByRole("button", { name: "Delete and log out" }).click();
  await expect(again.getByRole("heading", { name: "Log in" })).toBeVisible();
  await again.unroute("**/v1/messages");

  await again.getByLabel("E-mail").fill(ANI.email);
  await again.getByRole("textbox", { name: "Password" }).fill(ANI.password);
  await again.getByRole("button", { name: "Log in" }).click();
  await expect(again.getByRole("heading", { name: "Chats", level: 1 })).toBeVisible();
  await again.goto(chat);
  await expect(write(again)).toHaveValue("");
  await logOut();
  await demo.logIn(again);
  await again.goto(chat);
  await expect(again.getByRole("log").getByText("Boleh bertanya?")).toBeVisible();
  await expect(write(again)).toHaveValue("");
  expect(await arrived(demo)).toEqual([]);
});
