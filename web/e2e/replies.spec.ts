import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { type Demo, expect, test } from "./demo";

const OURS = "6280000000094";
const SITI = "6280000000194";

async function start(demo: Demo, page: Page): Promise<void> {
  await demo.phone(OURS, "Yayasan Harapan");
  await demo.phone(SITI, "Siti Rahma");
  await demo.logIn(page);
  await demo.link(page, "Front desk", OURS);
  await expect(page.getByRole("dialog")).toBeHidden();
}

/** What the phone of somebody got, oldest first. */
async function inbox(demo: Demo): Promise<string[]> {
  const messages: { direction: string; text?: string | null }[] = JSON.parse(
    await demo.wanet("GET", `/admin/phones/${SITI}/messages`),
  );
  return messages.filter((message) => message.direction === "in").flatMap((message) => message.text ?? []);
}

async function openChat(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Chats" }).first().click();
  await page.getByTestId("chat-rows").getByRole("link").filter({ hasText: "Siti Rahma" }).click();
  await expect(page.getByRole("log")).toBeVisible();
}

test("a quick reply is written in the settings, chosen by a slash, and sent with the values filled in", async ({
  demo,
  page,
}) => {
  await start(demo, page);
  await demo.api("POST", "/v1/custom-fields", { key: "city", label: "City", type: "text" });
  await page.goto(`${demo.ready.url}/settings?tab=replies`);
  await page.getByRole("button", { name: "Add quick reply" }).click();
  const dialog = page.getByRole("dialog", { name: "Add quick reply" });
  await dialog.getByLabel("Shortcut").fill("thanks");
  await dialog.getByLabel("Text").fill("Thank you, {{contact.first_name|friend}} from {{contact.fields.town}}!");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByText("there is no variable “contact.fields.town”")).toBeVisible();
  await dialog.getByLabel("Text").fill("Thank you, {{contact.first_name|friend}} from {{contact.fields.city}}!");
  await expect(dialog.getByTestId("preview")).toHaveText("Thank you, Siti from City!");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole("article", { name: "/thanks" })).toBeVisible();

  await demo.write(SITI, OURS, "I have sent it");
  await openChat(page);
  const field = page.getByRole("textbox", { name: "Write a message" });
  await field.focus();
  await page.keyboard.type("/tha");
  const option = page.getByRole("option", { name: /thanks/ });
  await expect(option).toContainText("Thank you, Siti from {{contact.fields.city}}!");
  await expect(option.locator("mark")).toHaveText("{{contact.fields.city}}");
  await page.keyboard.press("Enter");
  await expect(field).toHaveValue("Thank you, Siti from {{contact.fields.city}}!");

  // Nobody sends a hole. It is selected, so that it is written over.
  await page.keyboard.press("Enter");
  await expect(page.getByText("Fill this in before you send: {{contact.fields.city}}")).toBeVisible();
  await page.keyboard.type("Bandung");
  await page.keyboard.press("Enter");
  await expect.poll(() => inbox(demo)).toEqual(["Thank you, Siti from Bandung!"]);
});

test("somebody new is welcomed once", async ({ demo, page }) => {
  await start(demo, page);
  await page.goto(`${demo.ready.url}/settings?tab=automatic`);
  const card = page.getByRole("region", { name: "Welcome message" });
  await card.getByRole("switch", { name: "Welcome new people" }).check();
  await card.getByLabel("Message").fill("Halo {{contact.first_name}}");
  await card.getByRole("button", { name: "Save" }).click();
  await expect(card.getByText(/what to write when “contact.first_name” is not known/)).toBeVisible();
  await card.getByLabel("Message").fill("Halo {{contact.first_name|Kak}}, ada yang bisa dibantu?");
  await expect(card.getByTestId("preview")).toHaveText("Halo Siti, ada yang bisa dibantu?");
  await card.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Saved")).toBeVisible();

  await demo.write(SITI, OURS, "Assalamualaikum");
  await expect.poll(() => inbox(demo)).toEqual(["Halo Siti, ada yang bisa dibantu?"]);
  await demo.write(SITI, OURS, "Saya mau bertanya");
  await openChat(page);
  const log = page.getByRole("log");
  await expect(log.getByText("Saya mau bertanya")).toBeVisible();
  await expect(log.locator("[data-automatic=welcome]")).toHaveCount(1);
  // A written answer goes after everything that was queued before it.
  await page.getByRole("textbox", { name: "Write a message" }).fill("Silakan");
  await page.keyboard.press("Enter");
  await expect.poll(() => inbox(demo)).toEqual(["Halo Siti, ada yang bisa dibantu?", "Silakan"]);
});

test("who writes STOP gets a confirmation and nothing more by itself, and the inbox says so", async ({
  demo,
  page,
}) => {
  await start(demo, page);
  await demo.api("PATCH", "/v1/organization", {
    settings: {
      welcome: { enabled: true, text: "Selamat datang" },
      opt_out: {
        enabled: true,
        words: ["BERHENTI"],
        opt_in_words: ["MULAI"],
        reply: { enabled: true, text: "Baik, kami tidak menulis lagi." },
        opt_in_reply: { enabled: false, text: "" },
      },
    },
  });
  await demo.write(SITI, OURS, "berhenti!");
  await expect.poll(() => inbox(demo)).toEqual(["Baik, kami tidak menulis lagi."]);
  await openChat(page);
  const note = page.getByRole("note").filter({ hasText: "This person asked not to be written to" });
  await expect(note).toBeVisible();
  await expect(
    page.getByTestId("chat-log").filter({ hasText: "This person asked not to be written to" }),
  ).toBeVisible();
  await demo.write(SITI, OURS, "MULAI");
  await expect(note).toBeHidden();
  await expect(page.getByText("This person wants to be written to again")).toBeVisible();
});

test("hours are set by keyboard, and fit a small screen", async ({ demo, page }) => {
  await demo.logIn(page);
  await page.setViewportSize({ width: 360, height: 740 });
  await page.goto(`${demo.ready.url}/settings?tab=automatic`);
  const card = page.getByRole("region", { name: "Business hours" });
  await card.getByRole("switch", { name: "We have business hours" }).focus();
  await page.keyboard.press("Space");
  await card.getByLabel("Monday until").fill("12:00");
  await card.getByRole("button", { name: "Add hours on Monday" }).focus();
  await page.keyboard.press("Enter");
  await card.getByRole("button", { name: "Save" }).focus();
  await page.keyboard.press("Enter");
  await expect(card.getByText("This overlaps with other hours.")).toBeVisible();
  await card.getByLabel("Monday from").nth(1).fill("13:00");
  await card.getByLabel("Holidays").first().fill("2026-12-25");
  await page.keyboard.press("Enter");
  await expect(card.getByText("Dec 25, 2026")).toBeVisible();
  const { scroll, client } = await page.evaluate(() => ({
    scroll: document.documentElement.scrollWidth,
    client: document.documentElement.clientWidth,
  }));
  expect(scroll).toBeLessThanOrEqual(client);
  await card.getByRole("button", { name: "Save" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByText("Saved")).toBeVisible();
  const { settings } = await demo.api<{ settings: { business_hours: { intervals: unknown[]; holidays: string[] } } }>(
    "GET",
    "/v1/organization",
  );
  expect(settings.business_hours.intervals).toHaveLength(6);
  expect(settings.business_hours.holidays).toEqual(["2026-12-25"]);
});

test("axe finds nothing on the screens of quick replies and automatic messages", async ({ demo, page }) => {
  await start(demo, page);
  await demo.api("POST", "/v1/quick-replies", {
    shortcut: "thanks",
    body: "Thank you, {{contact.name}}: {{user.name}}",
  });
  await demo.api("PATCH", "/v1/organization", {
    settings: {
      welcome: { enabled: true, text: "Welcome, {{contact.first_name|friend}}" },
      away: { enabled: true, text: "We are closed" },
      business_hours: {
        time_zone: "Asia/Jakarta",
        intervals: [{ day: "monday", from: "20:00", to: "06:00" }],
        holidays: ["2026-12-25"],
      },
    },
  });
  await demo.write(SITI, OURS, "STOP");
  const found: string[] = [];
  const look = async (name: string) => {
    // What moves in is not there in full yet.
    await page.evaluate(() =>
      Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => {}))),
    );
    for (const violation of (await new AxeBuilder({ page }).disableRules("region").analyze()).violations) {
      found.push(`${name}: ${violation.id} ${violation.nodes.map((node) => node.target.join(" ")).join(", ")}`);
    }
  };
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    for (const width of [1280, 360]) {
      await page.setViewportSize({ width, height: 800 });
      await page.goto(`${demo.ready.url}/settings?tab=replies`);
      await page.getByRole("button", { name: "Change thanks" }).click();
      await expect(page.getByTestId("preview")).toBeVisible();
      await look(`quick reply, ${colorScheme} ${width}`);
      await page.keyboard.press("Escape");
      await page.goto(`${demo.ready.url}/settings?tab=automatic`);
      await expect(page.getByTestId("preview").first()).toBeVisible();
      await look(`automatic messages, ${colorScheme} ${width}`);
      await page.goto(`${demo.ready.url}/chats`);
      await page.getByTestId("chat-rows").getByRole("link").filter({ hasText: "Siti Rahma" }).click();
      await expect(page.getByRole("note").filter({ hasText: "asked not to be written to" })).toBeVisible();
      await page.getByRole("textbox", { name: "Write a message" }).fill("/");
      await expect(page.getByRole("option")).toBeVisible();
      await look(`list, ${colorScheme} ${width}`);
      await page.getByRole("textbox", { name: "Write a message" }).fill("");
    }
  }
  expect(found).toEqual([]);
});
