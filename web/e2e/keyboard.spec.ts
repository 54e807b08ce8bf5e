/** From the log-in to an answer that was delivered, with keys alone; what has the focus can always be seen. */
import type { Page } from "@playwright/test";
import { expect, test } from "./demo";

const OURS = "6280000000091";
const BUDI = "6280000000191";
/** No page has more stops before what is looked for. */
const STOPS = 40;

/** What has the focus: its name, and whether it can be seen that it has it. */
async function focused(page: Page): Promise<{ name: string; isVisible: boolean }> {
  return page.evaluate(() => {
    const element = document.activeElement;
    if (!(element instanceof HTMLElement) || element === document.body) return { name: "", isVisible: true };
    const label = element.id ? document.querySelector(`label[for="${CSS.escape(element.id)}"]`) : null;
    const name = element.getAttribute("aria-label") ?? label?.textContent ?? element.textContent ?? "";
    const isRinged = (each: Element | null) => {
      const style = each && getComputedStyle(each);
      return style?.outlineStyle !== "none" && Number.parseFloat(style?.outlineWidth ?? "0") > 0;
    };
    // A field has a cursor, and a border of another colour.
    const isField = element.matches("input, textarea");
    // What only takes the focus for others, as a page or a dialog does, needs no ring.
    const isStop = element.tabIndex >= 0;
    const box = element.getBoundingClientRect();
    const isThere = box.width > 0 && box.bottom > 0 && box.top < innerHeight;
    return { name: name.trim(), isVisible: !isStop || (isThere && (isField || isRinged(element))) };
  });
}

/** Goes from stop to stop until something of this name has the focus. */
async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  const passed: string[] = [];
  for (let stop = 0; stop < STOPS; stop += 1) {
    await page.keyboard.press("Tab");
    const at = await focused(page);
    expect(at.isVisible, `the focus on "${at.name}" cannot be seen`).toBe(true);
    if (typeof name === "string" ? at.name === name : name.test(at.name)) return;
    passed.push(at.name);
  }
  throw new Error(`nothing is called ${name}; the stops were: ${passed.join(", ")}`);
}

test("a number is linked and a message answered with the keyboard alone", async ({ demo, page }) => {
  await demo.phone(OURS, "Yayasan Harapan");
  await demo.phone(BUDI, "Budi Santoso");
  await page.goto(demo.ready.url);
  await expect(page.getByRole("heading", { name: "Log in" })).toBeVisible();
  // The first field has the focus already.
  await page.keyboard.type(demo.ready.owner.email);
  await tabTo(page, /^Password/);
  await page.keyboard.type(demo.ready.owner.password);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Chats", level: 1 })).toBeVisible();

  // The first stop leads past the navigation.
  await page.keyboard.press("Tab");
  expect((await focused(page)).name).toBe("Skip to content");
  await tabTo(page, "Accounts");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Accounts", level: 1 })).toBeVisible();
  await tabTo(page, "Add account");
  await page.keyboard.press("Enter");
  await expect(page.getByLabel("Account name")).toBeFocused();
  await page.keyboard.type("Front desk");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("img", { name: "QR code to link this account" })).toBeVisible();
  const { data } = await demo.api<{ data: { id: string; name: string }[] }>("GET", "/v1/accounts");
  await demo.scanShown(OURS, data.find(({ name }) => name === "Front desk")?.id ?? "");
  await expect(page.getByTestId("link-state")).toHaveText("Front desk is connected");
  await expect(page.getByRole("dialog")).toBeHidden();

  // By its name, as the command bar finds it.
  await demo.write(BUDI, OURS, "Apakah kantor buka hari ini?");
  await page.keyboard.press("Control+k");
  await expect(page.getByRole("combobox")).toBeFocused();
  await page.keyboard.type("go to chats");
  await page.keyboard.press("Enter");
  const row = page.getByTestId("chat-rows").getByRole("link").filter({ hasText: "Budi Santoso" });
  await expect(row).toBeVisible();

  // The next chat, and an answer in it.
  await page.keyboard.press("j");
  await expect(row).toHaveAttribute("aria-current", "page");
  await expect(page.getByRole("log").getByText("Apakah kantor buka hari ini?")).toBeVisible();
  await page.keyboard.press("w");
  await expect(page.getByRole("textbox", { name: "Write a message" })).toBeFocused();
  await page.keyboard.type("Buka sampai jam lima.");
  await page.keyboard.press("Enter");
  const sent = page.locator("[data-message]").filter({ hasText: "Buka sampai jam lima." });
  await expect(sent).toHaveAttribute("data-status", /delivered|read/);
  expect((await demo.messages(BUDI)).map(({ text }) => text)).toContain("Buka sampai jam lima.");

  // What can be done with the chat is found by name, and the dialog gives the focus back.
  await page.keyboard.press("Control+k");
  await page.keyboard.type("add a star");
  await page.keyboard.press("Enter");
  await expect(row).toContainText("Starred");
  await expect(page.getByRole("textbox", { name: "Write a message" })).toBeFocused();
});
