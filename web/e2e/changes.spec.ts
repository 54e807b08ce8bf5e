import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { type Demo, expect, test } from "./demo";

const OURS = "6280000000411";
const BUDI = "6280000000412";

/** What axe finds wrong on the page. */
async function wrong(page: Page) {
  const { violations } = await new AxeBuilder({ page })
    .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"])
    .analyze();
  return violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.target).join(" ")}`);
}

/** The phone sends something, and what it is called on WhatsApp. */
async function say(demo: Demo, phone: string, to: string, body: object): Promise<string> {
  const { id } = JSON.parse(await demo.wanet("POST", `/admin/phones/${phone}/messages`, { to, ...body }));
  return id;
}

test("edits and deletions of the other side and of the own phone show at once, everywhere", async ({ demo, page }) => {
  await demo.phone(OURS, "Yayasan Harapan");
  await demo.phone(BUDI, "Budi Santoso");
  await demo.logIn(page);
  await demo.link(page, "Front desk", OURS);
  await expect(page.getByRole("dialog")).toBeHidden();
  const said = await say(demo, BUDI, OURS, { text: "Saya kirim hari senin" });
  await page.getByRole("link", { name: "Chats" }).first().click();
  const row = page.getByTestId("chat-rows").getByRole("link").filter({ hasText: "Budi Santoso" });
  await row.filter({ hasText: "hari senin" }).click();
  const log = page.getByRole("log");
  await expect(log.getByText("Saya kirim hari senin")).toBeVisible();

  await say(demo, BUDI, OURS, { edit: { message_id: said, text: "Saya kirim hari selasa" } });
  await expect(log.getByText("Saya kirim hari selasa")).toBeVisible();
  await expect(log.getByText("edited", { exact: true })).toBeVisible();
  await expect(log.getByText("Saya kirim hari senin")).toHaveCount(0);
  await expect(row).toContainText("hari selasa");
  const field = page.getByRole("searchbox", { name: "Search chats, people and messages" });
  const results = page.getByTestId("search-results");
  await field.fill("selasa");
  await expect(results.getByRole("link").filter({ hasText: "Saya kirim hari selasa" })).toBeVisible();
  await field.fill("senin");
  await expect(results.getByText("Nothing found")).toBeVisible();
  await field.fill("");

  // The same from the account's own phone.
  const answer = await say(demo, OURS, BUDI, { text: "Terima kash" });
  await expect(log.getByText("Terima kash")).toBeVisible();
  await say(demo, OURS, BUDI, { edit: { message_id: answer, text: "Terima kasih" } });
  await expect(log.getByText("Terima kasih")).toBeVisible();
  await expect(row).toContainText("Terima kasih");
  await say(demo, OURS, BUDI, { revoke: answer });
  await expect(log.getByText("This message was deleted")).toHaveCount(1);

  await say(demo, BUDI, OURS, { revoke: said });
  await expect(log.getByText("This message was deleted")).toHaveCount(2);
  await expect(log.getByText("selasa")).toHaveCount(0);
  await expect(row).toContainText("This message was deleted");
  // And after a reload.
  await page.reload();
  await expect(log.getByText("This message was deleted")).toHaveCount(2);
  expect(await wrong(page)).toEqual([]);
});

test("places, cards and polls are shown, and a number of a card becomes a chat", async ({ demo, page }) => {
  const others: string[] = [];
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith("http") && url.origin !== demo.ready.url) others.push(request.url());
  });
  await demo.phone(OURS, "Yayasan Harapan");
  await demo.phone(BUDI, "Budi Santoso");
  await demo.phone("6280000000413", "Sari");
  await demo.logIn(page);
  await demo.link(page, "Front desk", OURS);
  await expect(page.getByRole("dialog")).toBeHidden();
  const place = { latitude: -6.175392, longitude: 106.827153, name: "Monas", address: "Jalan Merdeka" };
  await say(demo, BUDI, OURS, { location: place });
  await say(demo, BUDI, OURS, {
    contacts: [{ name: "Sari Dewi", phone: "6280000000413" }, { name: "Tanpa Nomor" }],
  });
  const poll = await say(demo, BUDI, OURS, {
    poll: { question: "Hari apa?", options: ["Sabtu", "Minggu"], max_choices: 1 },
  });
  await page.getByRole("link", { name: "Chats" }).first().click();
  await page.getByTestId("chat-rows").getByRole("link").filter({ hasText: "📊 Hari apa?" }).click();
  const log = page.getByRole("log");
  await expect(log.getByText("Monas")).toBeVisible();
  await expect(log.getByRole("link", { name: "Open map" })).toHaveAttribute("href", /openstreetmap.*-6\.175392/);
  await expect(log.getByText("Tanpa Nomor")).toBeVisible();
  await expect(log.getByText("One answer · 0 people voted")).toBeVisible();
  for (const [voter, chosen] of [
    [BUDI, "Sabtu"],
    [OURS, "Minggu"],
    [BUDI, "Minggu"],
  ] as const) {
    await expect.poll(async () => (await demo.messages(voter)).some(({ id }) => id === poll)).toBe(true);
    await say(demo, voter, voter === BUDI ? OURS : BUDI, { vote: { message_id: poll, chosen: [chosen] } });
  }
  await expect(log.getByText("One answer · 2 people voted")).toBeVisible();
  await expect(log.getByRole("img", { name: "2 votes" })).toBeVisible();
  expect(await wrong(page)).toEqual([]);
  expect(others).toEqual([]);

  await log.getByRole("link", { name: "Write to Sari Dewi, +6280000000413" }).click();
  const dialog = page.getByRole("dialog", { name: "New message" });
  await expect(dialog.getByLabel("Phone number")).toHaveValue("+6280000000413");
  await dialog.getByLabel("Message", { exact: true }).fill("Halo, nomor dari Budi");
  await dialog.getByRole("button", { name: "Send" }).click();
  await expect(page.getByRole("log").getByText("Halo, nomor dari Budi")).toBeVisible();
  await expect
    .poll(async () => (await demo.messages("6280000000413")).map(({ text }) => text))
    .toEqual(["Halo, nomor dari Budi"]);
});
