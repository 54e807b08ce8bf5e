import { expect, test } from "./demo";

const OURS = "6280000000091";
const BUDI = "6280000000191";
const MESSAGES = 24;

test("what a phone writes is in the open thread at once, without a reload", async ({ demo, page }) => {
  await demo.account("Front desk", OURS);
  await demo.phone(BUDI, "Budi Santoso");
  await demo.write(BUDI, OURS, "Boleh bertanya?");
  await demo.logIn(page);
  await page.getByTestId("chat-rows").getByRole("link").filter({ hasText: "Budi Santoso" }).click();
  const log = page.getByRole("log");
  await expect(log.getByText("Boleh bertanya?")).toBeVisible();
  // When each bubble could first be seen: the page says it itself, since asking it would cost time.
  await page.evaluate(() => {
    const seen: Record<string, number> = {};
    Object.assign(window, { seen, notReloaded: true });
    const thread = document.querySelector("[role=log]");
    if (!thread) throw new Error("there is no thread");
    new MutationObserver(() => {
      for (const bubble of thread.querySelectorAll("[data-message]")) {
        const text = /Pesan ke-\d+\./.exec(bubble.textContent ?? "")?.[0];
        if (!text || text in seen) continue;
        seen[text] = Number.POSITIVE_INFINITY;
        requestAnimationFrame(() => {
          seen[text] = Date.now();
        });
      }
    }).observe(thread, { childList: true, subtree: true, characterData: true });
  });

  // Nothing is asked for again: what came is in what the server tells by itself, and does not wait for a look.
  const asked: string[] = [];
  page.on("request", (request) => {
    const { pathname } = new URL(request.url());
    if (request.method() === "GET" && pathname.endsWith("/messages")) asked.push(pathname);
  });
  const texts = Array.from({ length: MESSAGES }, (_, index) => `Pesan ke-${index + 1}.`);
  const took: number[] = [];
  for (const text of texts) {
    const sent = Date.now();
    await demo.write(BUDI, OURS, text);
    await expect(log.locator("[data-message]").filter({ hasText: text })).toBeVisible();
    const shown = () =>
      page.evaluate((text) => (window as unknown as { seen: Record<string, number> }).seen[text], text);
    await expect.poll(async () => Number.isFinite(await shown())).toBe(true);
    took.push(((await shown()) ?? 0) - sent);
  }

  // All of them, on the page that was there from the beginning; what is in sight of the thread each once and in its order.
  const all = await page.evaluate(() => Object.keys((window as unknown as { seen: Record<string, number> }).seen));
  expect(all).toEqual(texts);
  const bubbles = await log.locator("[data-message]").allInnerTexts();
  const order = bubbles.flatMap((text) => /Pesan ke-\d+\./.exec(text) ?? []);
  expect(order.length).toBeGreaterThan(5);
  expect(order).toEqual(texts.slice(-order.length));
  expect(await page.evaluate(() => "notReloaded" in window)).toBe(true);
  expect(asked).toEqual([]);

  // How long it takes is a figure, not a fact that every machine has to fulfil.
  const sorted = took.toSorted((one, other) => one - other);
  const at = (part: number) => sorted[Math.min(MESSAGES - 1, Math.floor(part * MESSAGES))];
  const figure = `from the phone to the bubble: median ${at(0.5)} ms, 95 % within ${at(0.95)} ms, ${MESSAGES} messages`;
  test.info().annotations.push({ type: "figure", description: figure });
  process.stdout.write(`  ${figure}\n`);
});
