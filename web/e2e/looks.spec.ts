/** The same inbox from right to left, in the dark and on a phone. */
import type { Page } from "@playwright/test";
import { type Demo, expect, test } from "./demo";

const OURS = "6280000000091";
const AHMAD = "6280000000193";

/** How bright a colour is, from 0 to 1. */
const brightness = (page: Page, selector: string, of: "backgroundColor" | "color") =>
  page.locator(selector).evaluate((element, of) => {
    const [red = 0, green = 0, blue = 0] = (getComputedStyle(element)[of].match(/[\d.]+/g) ?? []).map(Number);
    return (red * 0.299 + green * 0.587 + blue * 0.114) / 255;
  }, of);

async function open(demo: Demo, page: Page): Promise<void> {
  await demo.account("Front desk", OURS);
  await demo.phone(AHMAD, "أحمد المنصوري");
  await demo.write(AHMAD, OURS, "السلام عليكم، كيف يمكنني التبرع؟");
  await page.addInitScript(() => localStorage.setItem("pesan.language", "ar"));
  await page.goto(`${demo.ready.url}/login`);
  await page.locator("input[type=email]").fill(demo.ready.owner.email);
  await page.locator("input[type=password]").fill(demo.ready.owner.password);
  await page.locator("button[type=submit]").click();
  await page.waitForURL("**/chats");
}

/** A picture of what the test looks at, for whoever reads its report. */
async function attach(page: Page, name: string): Promise<void> {
  await test.info().attach(name, { body: await page.screenshot(), contentType: "image/png" });
}

/** The middle of something, from the left. */
async function middle(page: Page, selector: string): Promise<number> {
  const box = await page.locator(selector).first().boundingBox();
  if (!box) throw new Error(`${selector} is not there`);
  return box.x + box.width / 2;
}

test("in Arabic the inbox runs from right to left, and is written in", async ({ demo, page }) => {
  await open(demo, page);
  await expect(page.locator("html")).toHaveAttribute("dir", "rtl");
  await expect(page.locator("html")).toHaveAttribute("lang", "ar");
  await page.getByTestId("chat-rows").getByRole("link").first().click();
  await expect(page.getByRole("log")).toContainText("كيف يمكنني التبرع؟");
  await page.locator("textarea:not([aria-hidden])").fill("وعليكم السلام، شكرًا لك.");
  await page.keyboard.press("Enter");
  const sent = '[role=log] [data-message]:has-text("وعليكم السلام")';
  await expect(page.locator(sent)).toHaveAttribute("data-status", /delivered|read/);

  // The navigation is at the right, then the list, the thread and the panel; what was sent stands at the left.
  const places = await Promise.all(
    ["nav", '[data-testid="chat-rows"]', "[role=log]", "aside"].map((place) => middle(page, place)),
  );
  expect(places).toEqual(places.toSorted((one, other) => other - one));
  const came = '[role=log] [data-message]:has-text("السلام عليكم")';
  expect(await middle(page, `${sent} p, ${sent} [dir=auto]`)).toBeLessThan(
    await middle(page, `${came} p, ${came} [dir=auto]`),
  );
  // Times and numbers are read in the language that is shown.
  await expect(page.locator(`${sent} time`)).toHaveText(/[صم]/);
  // A grey line runs from right to left whoever's name is in it: the time stands at its end.
  const { data } = await demo.api<{ data: { id: string }[] }>("GET", "/v1/chats");
  await demo.api("PATCH", `/v1/chats/${data[0]?.id}`, { is_starred: true });
  const line = page.getByTestId("chat-log").last();
  await expect(line).toContainText("نجمة");
  const [whole, time] = [await line.locator("span").boundingBox(), await line.locator("time").boundingBox()];
  expect(Math.abs((time?.x ?? 0) - (whole?.x ?? 0))).toBeLessThan(3);
  await attach(page, "right to left");
  await page.emulateMedia({ colorScheme: "dark" });
  await attach(page, "right to left, dark");

  // Figures stand where their words begin.
  await page.goto(`${demo.ready.url}/dashboard`);
  const figure = page.locator('a[href="/chats?assignee=none"]');
  await expect(figure.locator("bdi")).toHaveText(/\d/);
  const edgeOf = async (selector: string) => {
    const box = await figure.locator(selector).first().boundingBox();
    return (box?.x ?? 0) + (box?.width ?? 0);
  };
  expect(Math.abs((await edgeOf("bdi")) - (await edgeOf("span")))).toBeLessThan(2);
});

test("on a very wide screen what is said in a chat stands together", async ({ demo, page }) => {
  const account = await demo.account("Front desk", OURS);
  await demo.phone(AHMAD, "Ahmad");
  await demo.write(AHMAD, OURS, "Apakah kantor buka?");
  await demo.api("POST", "/v1/messages", { account_id: account, to: AHMAD, type: "text", text: { body: "Buka." } });
  await page.setViewportSize({ width: 3840, height: 1600 });
  await demo.logIn(page);
  await page.getByTestId("chat-rows").getByRole("link").filter({ hasText: "Ahmad" }).click();
  await expect(page.getByRole("log").getByText("Buka.")).toBeVisible();
  const came = await page.getByRole("log").getByText("Apakah kantor buka?").boundingBox();
  const sent = await page.getByRole("log").getByText("Buka.").boundingBox();
  expect((sent?.x ?? Number.NaN) - (came?.x ?? Number.NaN)).toBeLessThan(1_120);
});

for (const language of ["en", "id", "ar"] as const) {
  test(`no page is wider than a phone, and none is bright in the dark, ${language}`, async ({ demo, browser }) => {
    const context = await browser.newContext({ viewport: { width: 360, height: 740 }, colorScheme: "dark" });
    const page = await context.newPage();
    await open(demo, page);
    await page.addInitScript((language) => localStorage.setItem("pesan.language", language), language);
    const { data } = await demo.api<{ data: { id: string }[] }>("GET", "/v1/chats");
    for (const path of [
      "/chats",
      `/chats/${data[0]?.id}`,
      "/chats?new=true",
      "/accounts",
      "/webhooks",
      "/settings",
      "/settings?tab=keys",
      "/settings?tab=members",
      "/settings?tab=inbox",
      "/settings?tab=contacts",
      "/settings?tab=audit",
    ]) {
      await page.goto(demo.ready.url + path);
      await expect(page.getByRole("heading", { level: 1 }).first()).toBeVisible();
      await expect(page.locator(".mantine-Skeleton-root")).toHaveCount(0);
      await expect(page.locator("html")).toHaveAttribute("dir", language === "ar" ? "rtl" : "ltr");
      const { scroll, client } = await page.evaluate(() => ({
        scroll: document.documentElement.scrollWidth,
        client: document.documentElement.clientWidth,
      }));
      expect(scroll, path).toBeLessThanOrEqual(client);
      expect(await brightness(page, "body", "backgroundColor"), path).toBeLessThan(0.2);
      expect(await brightness(page, "body", "color"), path).toBeGreaterThan(0.6);
      await attach(page, `${language}, dark, ${path.replace(/cht_\w+/, "a chat")}`);
    }
    await context.close();
  });
}
