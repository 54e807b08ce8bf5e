import type { Browser, BrowserContext, Page } from "@playwright/test";
import { type Demo, expect, test } from "./demo";
import { makeDonor, makeReplies, makeTeam, poster } from "./sample";
import { filled, TEXTS } from "./screens";

const FOLDER = new URL("../screenshots/", import.meta.url).pathname;
const OURS = "6280000000091";
const PEOPLE = [
  ["6280000000191", "Budi Santoso", "Selamat siang, apakah program beasiswa masih dibuka?"],
  ["6280000000192", "Siti Rahma", "Can I visit on Saturday?"],
  ["6280000000193", "أحمد المنصوري", "السلام عليكم، كيف يمكنني التبرع؟"],
  ["6280000000194", "Maria Kusuma", "Terima kasih banyak 🙏"],
] as const;

interface Look {
  name: string;
  width: number;
  height: number;
  colorScheme: "light" | "dark";
  language: keyof typeof TEXTS;
}

/** `LOOK=360-dark` takes only those whose name has this in it. */
const WANTED = process.env.LOOK ?? "";

const LOOKS: Look[] = [
  [1280, 800],
  [360, 740],
]
  .flatMap(([width = 0, height = 0]) =>
    (["light", "dark"] as const).flatMap((colorScheme) =>
      (["en", "id", "ar"] as const).map((language) => ({
        name: `${width}-${colorScheme}-${language}`,
        width,
        height,
        colorScheme,
        language,
      })),
    ),
  )
  .filter(({ name }) => name.includes(WANTED));

test("every screen", async ({ demo, browser, page }) => {
  await demo.phone(OURS, "Yayasan Harapan");
  await demo.logIn(page);
  const desk = await demo.link(page, "Front desk", OURS);
  await expect(page.getByTestId("link-state")).toHaveText("Front desk is connected");
  await expect(page.getByRole("dialog")).toBeHidden();
  for (const [phone, name, text] of PEOPLE) {
    await demo.phone(phone, name);
    await demo.write(phone, OURS, text);
  }
  const waiting = await demo.api<{ id: string }>("POST", "/v1/accounts", { name: "Donor care" });
  await demo.api("POST", `/v1/accounts/${waiting.id}/connect`);
  await demo.api("POST", "/v1/webhooks", { url: "https://crm.example.org/hooks/pesan", events: ["message.*"] });
  await page.goto(`${demo.ready.url}/chats`);
  const rows = page.getByTestId("chat-rows").getByRole("link");
  for (const [, name] of PEOPLE) await expect(rows.filter({ hasText: name })).toBeVisible();
  await rows.filter({ hasText: "Budi Santoso" }).click();
  await page
    .getByRole("textbox", { name: "Write a message" })
    .fill("Selamat siang Pak Budi 😊 Masih dibuka sampai tanggal 30.");
  await page.keyboard.press("Enter");
  await expect(page.locator('[data-status="delivered"], [data-status="read"]').first()).toBeVisible();
  const chat = new URL(page.url()).pathname;
  const chatId = chat.slice("/chats/".length);
  const { tag, ani } = await makeTeam(demo);
  await makeDonor(demo, chatId);
  await demo.api("PATCH", `/v1/chats/${chatId}`, { tag_ids: [tag], is_starred: true, assignee_id: ani });
  await makeReplies(demo);
  const to = PEOPLE[0][0];
  const image = { data: `data:image/png;base64,${poster()}`, caption: "Program Beasiswa 2026" };
  await demo.api("POST", "/v1/messages", { account_id: desk, to, type: "image", image });
  await expect(page.getByRole("button", { name: "View picture" })).toBeVisible();

  const storageState = await page.context().storageState();
  const open = (look: Look) => openLook(browser, look, storageState);
  for (const look of LOOKS) {
    const page = await open(look);
    await shoot(demo, page, look, chat);
    await shootOver(demo, page, look, chat);
    await shootOutside(demo, page, look, waiting.id);
    await page.context().close();
  }
  // The dialog opens by itself on every page, so it comes last.
  await demo.unlink(OURS);
  for (const look of LOOKS) {
    const page = await open(look);
    await page.goto(`${demo.ready.url}/chats`);
    await page.getByRole("dialog").locator("img").first().waitFor();
    await picture(page, "reconnect", look);
    await page.context().close();
  }
});

async function openLook(
  browser: Browser,
  { width, height, colorScheme, language }: Look,
  storageState: Awaited<ReturnType<BrowserContext["storageState"]>>,
): Promise<Page> {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, storageState });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  await page.addInitScript((language) => localStorage.setItem("pesan.language", language), language);
  return page;
}

async function picture(page: Page, name: string, look: Look): Promise<void> {
  await settled(page);
  await page.screenshot({ path: `${FOLDER}${name}-${look.name}.png` });
}

async function shoot(demo: Demo, page: Page, look: Look, chat: string) {
  const t = TEXTS[look.language];
  const press = (name: string) => page.getByRole("button", { name, exact: true }).first().click();
  for (const [name, path] of [
    ["chats", "/chats"],
    ["chats-mine", "/chats?assignee=me"],
    ["chats-filtered", "/chats?starred=true&unread=true"],
    ["thread", chat],
    ["new-message", "/chats?new=true"],
    ["search", "/chats?q=beasiswa"],
    ["dashboard", "/dashboard?days=7"],
    ["accounts", "/accounts"],
    ["webhooks", "/webhooks"],
    ["settings-you", "/settings"],
    ["settings-keys", "/settings?tab=keys"],
    ["settings-members", "/settings?tab=members"],
    ["settings-inbox", "/settings?tab=inbox"],
    ["settings-replies", "/settings?tab=replies"],
    ["settings-automatic", "/settings?tab=automatic"],
    ["settings-contacts", "/settings?tab=contacts"],
    ["settings-audit", "/settings?tab=audit"],
  ] as const) {
    await page.goto(demo.ready.url + path);
    await page.locator("h1").first().waitFor({ state: "attached" });
    if (name === "thread") await page.locator("[role=log] [data-message]").first().waitFor();
    if (name === "thread" && look.width >= 1_200) await page.locator("[data-segment]").waitFor();
    await picture(page, name, look);
  }

  // About a contact: beside the thread, or over it.
  const openPanel = async () => {
    await page.goto(demo.ready.url + chat);
    if (look.width < 1_200) await press(t.contact.show);
    await page.locator("[data-segment]").waitFor();
  };
  await openPanel();
  await picture(page, "contact", look);
  for (const [name, opener] of [
    ["donation", t.donor.record],
    ["reminder", t.reminder.add],
    ["note", t.note.add],
    ["join", t.contact.merge],
  ] as const) {
    await openPanel();
    await press(opener);
    await page.getByRole("dialog").locator("form").waitFor();
    if (name === "join") {
      await page.getByRole("dialog").locator("form input").first().fill("Siti");
      await page.getByRole("dialog").getByRole("radio").first().check();
    }
    await picture(page, name, look);
  }

  // What is done with a chat.
  for (const [name, opener] of [
    ["assign", new RegExp(`^${t.inbox.assignedTo.replace("{{name}}", ".*")}$`)],
    ["snooze", t.inbox.snooze],
    ["tags", t.inbox.tags],
  ] as const) {
    await page.goto(demo.ready.url + chat);
    await page.getByRole("toolbar").getByRole("button", { name: opener }).click();
    await page.locator("[role=menu], [role=listbox], [role=dialog]").first().waitFor();
    await picture(page, name, look);
  }

  await page.goto(`${demo.ready.url}/accounts`);
  await page.locator('[data-gravity="person"] button:not([aria-haspopup])').first().click();
  await page.getByRole("dialog").locator("img").first().waitFor();
  await picture(page, "link", look);
}

/** What opens over a page. */
async function shootOver(demo: Demo, page: Page, look: Look, chat: string) {
  const t = TEXTS[look.language];
  const press = (name: string | RegExp) => page.getByRole("button", { name, exact: true }).first().click();
  const open = async (path: string) => {
    await page.goto(demo.ready.url + path);
    await page.locator("h1").first().waitFor({ state: "attached" });
  };
  await open(chat);
  await press(t.chat.viewImage);
  await page.getByRole("dialog").locator("img").waitFor();
  await picture(page, "viewer", look);

  await open(chat);
  await page.getByRole("textbox", { name: t.chat.write }).fill("/");
  await page.getByRole("option").first().waitFor();
  await picture(page, "quick-replies", look);
  await page.getByRole("textbox", { name: t.chat.write }).fill("");

  await open("/chats");
  await page.getByRole("main").focus();
  await page.keyboard.press("Control+k");
  await page.getByRole("dialog").waitFor();
  await picture(page, "command-bar", look);

  await open("/chats");
  await press(t.sandbox.how);
  await page.getByRole("dialog").locator("form").waitFor();
  await picture(page, "virtual-phones", look);

  await open("/accounts");
  await press(filled(t.account.menuOf, { name: "Front desk" }));
  await page.getByRole("menuitem", { name: t.account.history }).click();
  await page.getByRole("dialog").waitFor();
  await picture(page, "history", look);

  await open("/webhooks");
  await press(t.webhook.log);
  await page.getByRole("dialog").locator("li").first().waitFor();
  await picture(page, "delivery-log", look);

  await open("/dashboard?days=7&list=contacts");
  await page.getByRole("dialog").locator("li").first().waitFor();
  await picture(page, "new-contacts", look);
}

/** What is seen by somebody who is not logged in. */
async function shootOutside(demo: Demo, page: Page, look: Look, account: string) {
  await page.context().clearCookies();
  await page.goto(`${demo.ready.url}/login`);
  await picture(page, "login", look);

  // There is an owner already: this page alone is told otherwise.
  await page.route("**/v1/setup", (route) =>
    route.fulfill({ json: { needs_owner: true, sandbox: true, version: "0.1.0" } }),
  );
  await page.goto(`${demo.ready.url}/setup#token`);
  await page.locator("form").waitFor();
  await picture(page, "set-up", look);
  await page.unroute("**/v1/setup");

  const email = `wulan-${look.name}@example.org`;
  const invited = await demo.api<{ id: string; link: string }>("POST", "/v1/invitations", {
    email,
    name: "Wulan",
    role: "agent",
  });
  await page.goto(invited.link);
  await page.locator("form").waitFor();
  await picture(page, "invitation", look);
  await demo.api("DELETE", `/v1/invitations/${invited.id}`);

  const remote = await demo.api<{ url: string }>("POST", `/v1/accounts/${account}/remote-links`, {});
  await page.goto(remote.url);
  await page.locator("img").first().waitFor();
  await picture(page, "remote-link", look);
}

/** Until what is loaded is shown. The stream never ends, so the network is never idle. */
async function settled(page: Page) {
  await expect(page.locator(".mantine-Skeleton-root")).toHaveCount(0);
  await page.evaluate(() => document.fonts.ready);
  await page.evaluate(() =>
    Promise.all(
      document
        .getAnimations()
        .filter((each) => each.effect?.getComputedTiming().iterations !== Number.POSITIVE_INFINITY)
        // One that is taken away ends too.
        .map((each) => each.finished.catch(() => undefined)),
    ),
  );
}
