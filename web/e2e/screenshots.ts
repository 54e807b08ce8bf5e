import type { Browser, Page } from "@playwright/test";
import { type Demo, expect, test } from "./demo";

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
  language: "en" | "id" | "ar";
}

const LOOKS: Look[] = [
  { name: "1280-light", width: 1280, height: 800, colorScheme: "light", language: "en" },
  { name: "1280-dark", width: 1280, height: 800, colorScheme: "dark", language: "id" },
  { name: "1280-light-ar", width: 1280, height: 800, colorScheme: "light", language: "ar" },
  { name: "360-light", width: 360, height: 740, colorScheme: "light", language: "en" },
  { name: "360-dark-ar", width: 360, height: 740, colorScheme: "dark", language: "ar" },
];

test("every screen", async ({ demo, browser, page }) => {
  await demo.phone(OURS, "Yayasan Harapan");
  await demo.logIn(page);
  await demo.link(page, "Front desk", OURS);
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
  await makeDonor(demo, chat.slice("/chats/".length));

  for (const look of LOOKS) await shoot(demo, browser, look, chat);
});

/** Somebody who gave, about whom colleagues know something. */
async function makeDonor(demo: Demo, chat_id: string) {
  const { contact_id } = await demo.api<{ contact_id: string }>("GET", `/v1/chats/${chat_id}`);
  const day = (daysAgo: number) => new Date(Date.now() - daysAgo * 86_400_000).toISOString().slice(0, 10);
  for (const [amount, daysAgo, fund] of [
    [125_000_000, 300, "Beasiswa"],
    [50_000_000, 120, "Zakat"],
    [75_000_000, 42, "Zakat"],
  ] as const) {
    const given = { contact_id, amount, given_on: day(daysAgo), fund, method: "bank_transfer" };
    await demo.api("POST", "/v1/donations", given);
  }
  await demo.api("POST", "/v1/custom-fields", { key: "city", label: "Kota", type: "text" });
  await demo.api("PATCH", `/v1/contacts/${contact_id}`, { language: "id", fields: { city: "Bandung" } });
  await demo.api("POST", `/v1/chats/${chat_id}/notes`, { body: "Lebih suka dihubungi setelah magrib." });
  const owner_id = (await demo.api<{ data: { id: string }[] }>("GET", "/v1/users")).data[0]?.id;
  const due_at = new Date(Date.now() + 3 * 3_600_000).toISOString();
  await demo.api("POST", "/v1/reminders", { chat_id, owner_id, text: "Kirim kwitansi", due_at });
}

async function shoot(demo: Demo, browser: Browser, look: Look, chat: string) {
  const context = await browser.newContext({
    viewport: { width: look.width, height: look.height },
    colorScheme: look.colorScheme,
  });
  const page = await context.newPage();
  const picture = async (name: string) => {
    await settled(page);
    await page.screenshot({ path: `${FOLDER}${name}-${look.name}.png` });
  };
  await page.addInitScript((language) => localStorage.setItem("pesan.language", language), look.language);
  await page.goto(`${demo.ready.url}/login`);
  await page.locator("input[type=email]").fill(demo.ready.owner.email);
  await page.locator("input[type=password]").fill(demo.ready.owner.password);
  await picture("login");
  await page.locator("button[type=submit]").click();
  await page.waitForURL("**/chats");
  await picture("chats");
  for (const [name, path] of [
    ["thread", chat],
    ["new-message", "/chats?new=true"],
    ["accounts", "/accounts"],
    ["webhooks", "/webhooks"],
    ["settings-keys", "/settings"],
    ["settings-members", "/settings?tab=members"],
    ["settings-contacts", "/settings?tab=contacts"],
    ["settings-audit", "/settings?tab=audit"],
  ] as const) {
    await page.goto(demo.ready.url + path);
    await picture(name);
  }
  await page.goto(demo.ready.url + chat);
  if (look.width < 1_200) await page.locator('header button[aria-pressed="false"]').first().click();
  await page.locator("[data-segment]").waitFor();
  await picture("contact");
  await page.goto(`${demo.ready.url}/accounts`);
  await page.locator('[data-gravity="person"] button:not([aria-haspopup])').first().click();
  await page.getByRole("dialog").locator("img").waitFor();
  await picture("link");
  await context.close();
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
