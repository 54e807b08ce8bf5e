/** Virtual lists keep what has the focus, however far they are scrolled, and a list that grows loses it to nobody. */
import { expect, test } from "./demo";

const OURS = "6280000000091";
const BUDI = "6280000000191";

test.use({ viewport: { width: 1400, height: 900 } });

test("a chat that has the focus keeps it while the list is scrolled, and Tab goes on from it", async ({
  demo,
  page,
}) => {
  test.setTimeout(180_000);
  await demo.account("Front desk", OURS);
  const count = 80;
  for (let number = 1; number <= count; number += 1) {
    const phone = await demo.phone(`62800000${2_000 + number}`, `Donatur ${String(number).padStart(2, "0")}`);
    await demo.write(phone, OURS, "Halo");
  }
  const listed = async () =>
    (await demo.api<{ data: { name: string }[] }>("GET", "/v1/chats?limit=200")).data.map(({ name }) => name);
  await expect.poll(async () => (await listed()).filter((name) => name.startsWith("Donatur")).length).toBe(count);
  // In the order of the list, the newest first: what came in one second has no order of its own.
  const names = await listed();
  await demo.logIn(page);
  const rows = page.getByTestId("chat-rows");
  const row = (place: number) => rows.getByRole("link").filter({ hasText: names[place] ?? "" });
  await expect(row(0)).toBeVisible();
  await row(1).focus();
  await rows.hover();
  await expect(async () => {
    await page.mouse.wheel(0, 2_000);
    await expect(row(count - 1)).toBeInViewport({ timeout: 100 });
  }).toPass();
  await expect(row(1)).toBeFocused();
  await expect(row(1)).not.toBeInViewport();
  // What nobody sees and nobody uses is not there.
  await expect(row(40)).toHaveCount(0);
  await page.keyboard.press("Tab");
  await expect(row(2)).toBeFocused();
  await expect(row(2)).toBeInViewport();
  await page.keyboard.press("Enter");
  await expect(page.locator("header h1")).toHaveText(names[2] ?? "");
});

test("what happened with somebody keeps the focus while it is scrolled and while more of it is fetched", async ({
  demo,
  page,
}) => {
  await demo.account("Front desk", OURS);
  await demo.phone(BUDI, "Budi Santoso");
  await demo.write(BUDI, OURS, "Halo");
  const known = async () =>
    (
      await demo.api<{ data: { id: string; contact_id: string; name: string }[] }>("GET", "/v1/chats?limit=200")
    ).data.find(({ name }) => name === "Budi Santoso");
  await expect.poll(known).toBeDefined();
  const chat = await known();
  const gifts = 70;
  for (let number = 1; number <= gifts; number += 1) {
    const given = { contact_id: chat?.contact_id, amount: number * 1_000_000, given_on: "2026-01-05" };
    await demo.api("POST", "/v1/donations", given);
  }
  await demo.logIn(page);
  await page.goto(`${demo.ready.url}/chats/${chat?.id}`);
  const panel = page.getByRole("complementary", { name: "About this contact" });
  const timeline = panel.getByRole("region", { name: "Timeline" });
  const actions = (amount: string) => timeline.getByRole("button", { name: `Donation of ${amount}`, exact: true });
  const newest = actions("Rp 700,000");
  const more = timeline.getByRole("button", { name: "Load more" });

  // By keyboard to its end: the button has the focus as long as there is more, and then what it fetched last.
  await more.focus();
  for (let page_ = 2; page_ * 20 < gifts + 1; page_ += 1) {
    const answer = page.waitForResponse(/timeline\?.*after=/);
    await page.keyboard.press("Enter");
    await answer;
    await expect(more).toHaveAttribute("aria-disabled", "false");
    await expect(more).toBeFocused();
  }
  await page.keyboard.press("Enter");
  await expect(more).toHaveCount(0);
  await expect(timeline.locator("li:focus")).toBeVisible();
  await page.keyboard.press("Tab");
  await expect(timeline.locator(":focus")).toBeVisible();

  // A line with the focus stays.
  await panel.hover();
  await expect(async () => {
    await page.mouse.wheel(0, -2_000);
    await expect(newest).toBeInViewport({ timeout: 100 });
  }).toPass();
  await newest.focus();
  await expect(async () => {
    await page.mouse.wheel(0, 2_000);
    await expect(actions("Rp 10,000")).toBeInViewport({ timeout: 100 });
  }).toPass();
  await expect(newest).toBeFocused();
  await expect(actions("Rp 350,000")).toHaveCount(0);
  await page.keyboard.press("Tab");
  await expect(actions("Rp 690,000")).toBeFocused();
});
