/** A person's time zone holds on every page, also where the browser is in another one. */
import { expect, test } from "./demo";

const OURS = "6280000000091";
const BUDI = "6280000000191";
const ZONE = "Asia/Jakarta";

test.use({ timezoneId: "America/New_York" });

const shown = (options: Intl.DateTimeFormatOptions) => (moment: string | Date) =>
  new Intl.DateTimeFormat("en", { ...options, timeZone: ZONE }).format(new Date(moment));
const clock = shown({ hour: "2-digit", minute: "2-digit" });
const minute = shown({ dateStyle: "medium", timeStyle: "short" });
const second = shown({ dateStyle: "medium", timeStyle: "medium" });
const day = shown({ day: "numeric", month: "short", year: "numeric" });

test("times are those of the person's zone, wherever the browser is", async ({ demo, page }) => {
  const account = await demo.account("Front desk", OURS);
  await demo.phone(BUDI, "Budi Santoso");
  await demo.write(BUDI, OURS, "Apakah kantor buka hari ini?");
  const webhook = await demo.api<{ id: string }>("POST", "/v1/webhooks", {
    url: "http://127.0.0.1:9/hook",
    events: ["message.*"],
  });
  await demo.api("POST", `/v1/webhooks/${webhook.id}/test`);
  await demo.logIn(page);

  await page.goto(`${demo.ready.url}/settings`);
  const zone = page.getByRole("combobox", { name: "Time zone" });
  await expect(zone).toHaveValue("America/New_York");
  await zone.fill(ZONE);
  await page.getByRole("option", { name: ZONE }).click();
  await expect(page.getByRole("alert").filter({ hasText: "Saved" })).toBeVisible();

  // The list and the thread.
  await page.getByRole("link", { name: "Chats" }).first().click();
  const row = page.getByTestId("chat-rows").getByRole("link").filter({ hasText: "Budi Santoso" });
  const time = row.locator("time");
  const at = (await time.getAttribute("datetime")) ?? "";
  await expect(time).toHaveText(clock(at));
  await row.click();
  const chat = new URL(page.url()).pathname.split("/").at(-1) ?? "";
  const bubble = page.locator("[data-message]").filter({ hasText: "Apakah kantor buka hari ini?" }).locator("time");
  await expect(bubble).toHaveText(clock((await bubble.getAttribute("datetime")) ?? ""));

  // What is put off: the morning is the one in Jakarta, 02:00 UTC.
  await page.getByRole("toolbar").getByRole("button", { name: "Snooze" }).click();
  await expect(page.getByRole("menuitem", { name: /Tomorrow morning/ })).toContainText("09:00 AM");
  await page.getByRole("menuitem", { name: "Pick a time" }).click();
  const pick = page.getByRole("dialog", { name: "Snooze" });
  await expect(pick.getByLabel("Until")).toHaveValue(/T09:00(:00)?$/);
  await expect(pick).toContainText(`The time in ${ZONE}, as you set it.`);
  await page.keyboard.press("Escape");
  await page.getByRole("toolbar").getByRole("button", { name: "Snooze" }).click();
  await page.getByRole("menuitem", { name: /Tomorrow morning/ }).click();
  const until = async () =>
    (await demo.api<{ snoozed_until: string | null }>("GET", `/v1/chats/${chat}`)).snoozed_until ?? "";
  await expect.poll(until).toMatch(/T02:00:00/);

  // A gift is of a day, which is the same everywhere, and the form begins with the day it is in Jakarta.
  const { contact_id } = await demo.api<{ contact_id: string }>("GET", `/v1/chats/${chat}`);
  await demo.api("POST", "/v1/donations", { contact_id, amount: 125_000_000, given_on: "2026-01-05" });
  const note = await demo.api<{ created_at: string }>("POST", `/v1/chats/${chat}/notes`, { body: "Minta kwitansi" });
  const panel = page.getByRole("complementary", { name: "About this contact" });
  await expect(panel.getByRole("region", { name: "Timeline" })).toContainText("Jan 5, 2026");
  await expect(panel.getByRole("region", { name: "Notes" })).toContainText(minute(note.created_at));
  await panel.getByRole("button", { name: "Record donation" }).click();
  const date = page.getByRole("dialog", { name: "Record a donation" }).getByLabel("Date");
  expect(day(`${await date.inputValue()}T05:00:00Z`)).toBe(day(new Date()));
  await page.keyboard.press("Escape");

  // The history of an account, and what went to a webhook.
  await page.getByRole("link", { name: "Accounts" }).first().click();
  await page.getByRole("button", { name: "More actions for Front desk" }).click();
  await page.getByRole("menuitem", { name: "History" }).click();
  const { data } = await demo.api<{ data: { at: string }[] }>("GET", `/v1/accounts/${account}/history`);
  expect(data.length).toBeGreaterThan(0);
  for (const change of data) await expect(page.getByRole("dialog")).toContainText(second(change.at));
  await page.keyboard.press("Escape");
  await page.getByRole("link", { name: "Webhooks" }).first().click();
  await page.getByRole("button", { name: "Delivery log" }).click();
  const { data: deliveries } = await demo.api<{ data: { id: string }[] }>(
    "GET",
    `/v1/webhooks/${webhook.id}/deliveries`,
  );
  const detail = `/v1/webhooks/${webhook.id}/deliveries/${deliveries[0]?.id}`;
  const tries = async () => (await demo.api<{ tries: { at: string }[] }>("GET", detail)).tries;
  await expect.poll(async () => (await tries()).length).toBeGreaterThan(0);
  await page
    .getByRole("dialog")
    .getByRole("button", { name: /webhook\.test/ })
    .click();
  await expect(page.getByRole("dialog")).toContainText(second((await tries())[0]?.at ?? ""));

  // It is theirs, not the browser's: it is there after a log-in too.
  await page.goto(`${demo.ready.url}/settings?tab=audit`);
  const audit = await demo.api<{ data: { at: string }[] }>("GET", "/v1/audit");
  await expect(page.getByRole("region", { name: "Audit log" })).toContainText(second(audit.data.at(-1)?.at ?? ""));
});
