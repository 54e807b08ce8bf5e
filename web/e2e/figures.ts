/**
 * What the web app costs in a browser: what the first load transfers and takes, how smoothly a long list scrolls, and what
 * stays in memory. One line for each figure.
 *
 * It looks at a server that is running (`PESAN_URL`, `PESAN_EMAIL`, `PESAN_PASSWORD`), with as many chats as it has, or at a
 * demo of its own with a few chats. `ROWS` says how many rows are scrolled, `SWITCHES` how often another chat is opened.
 */
import type { Browser, BrowserContext, CDPSession, Page } from "@playwright/test";
import { test as base, expect, withDemo } from "./demo";

const ROWS = Number(process.env.ROWS ?? 100_000);
const SWITCHES = Number(process.env.SWITCHES ?? 1_000);
/** Each load begins with an empty cache. */
const LOADS = 5;
/** Chats that are opened one after the other, down and up again. Their messages stay cached. */
const CHATS = 40;
const SCROLL_MS = 10_000;
const PX_PER_SECOND = 4_000;
/** The chats of the demo's own. */
const OWN_CHATS = 60;

interface Site {
  url: string;
  email: string;
  password: string;
}

const test = base.extend<{ site: Site }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of the fixtures from the pattern
  site: async ({}, use) => {
    const { PESAN_URL: url, PESAN_EMAIL: email, PESAN_PASSWORD: password } = process.env;
    if (url && email && password) return use({ url, email, password });
    await withDemo(async (demo) => {
      const account = await demo.account("Front desk", "6280000000091");
      for (let number = 0; number < OWN_CHATS; number += 1) {
        const phone = `62800000${String(1_000 + number)}`;
        await demo.phone(phone, `Donor ${number + 1}`);
        const text = { account_id: account, to: `+${phone}`, type: "text", text: { body: "Terima kasih banyak!" } };
        await demo.api("POST", "/v1/messages", text);
      }
      await use({ url: demo.ready.url, ...demo.ready.owner });
    });
  },
});

const tell = (line: string) => process.stdout.write(`  ${line}\n`);
const number = (value: number) => new Intl.NumberFormat("en", { maximumFractionDigits: 1 }).format(value);
const median = (all: number[]) => all.toSorted((one, other) => one - other)[Math.floor(all.length / 2)] ?? Number.NaN;
const rows = (page: Page) => page.getByTestId("chat-rows").getByRole("link");

type Session = Awaited<ReturnType<BrowserContext["storageState"]>>;

async function logIn(browser: Browser, site: Site): Promise<Session> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${site.url}/login`);
  await page.getByLabel("E-mail").fill(site.email);
  await page.getByRole("textbox", { name: "Password" }).fill(site.password);
  await page.getByRole("button", { name: "Log in" }).click();
  await expect(rows(page).first()).toBeVisible({ timeout: 60_000 });
  const session = await context.storageState();
  await context.close();
  return session;
}

test("what the web app costs", async ({ site, browser }) => {
  const session = await logIn(browser, site);
  await firstLoad(browser, site, session);
  const context = await browser.newContext({ storageState: session });
  const page = await context.newPage();
  await page.goto(`${site.url}/chats?status=all`);
  await expect(rows(page).first()).toBeVisible({ timeout: 60_000 });
  await memory(page, await context.newCDPSession(page));
  await page.goto(`${site.url}/chats?status=all`);
  await scrolling(page);
  await context.close();
});

/** Bytes and time until the list can be used, with nothing cached. */
async function firstLoad(browser: Browser, site: Site, storageState: Session): Promise<void> {
  const times: number[] = [];
  let scripts = 0;
  let all = 0;
  for (let load = 0; load < LOADS; load += 1) {
    // A context has a cache of its own, which is empty.
    const context = await browser.newContext({ storageState });
    const page = await context.newPage();
    const wire = await context.newCDPSession(page);
    await wire.send("Network.enable");
    const isScript = new Map<string, boolean>();
    scripts = 0;
    all = 0;
    wire.on("Network.responseReceived", ({ requestId, type }) => isScript.set(requestId, type === "Script"));
    wire.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
      all += encodedDataLength;
      if (isScript.get(requestId)) scripts += encodedDataLength;
    });
    await page.addInitScript(() => {
      const look = new MutationObserver(() => {
        if (!document.querySelector('[data-testid="chat-rows"] a')) return;
        look.disconnect();
        requestAnimationFrame(() => Object.assign(window, { usableAt: performance.now() }));
      });
      look.observe(document, { childList: true, subtree: true });
    });
    await page.goto(`${site.url}/chats?status=all`);
    const usable = await page.waitForFunction(() => (window as { usableAt?: number }).usableAt);
    times.push((await usable.jsonValue()) ?? Number.NaN);
    await context.close();
  }
  tell(`first load, scripts: ${number(scripts / 1_000)} kB transferred (of ${number(all / 1_000)} kB in all)`);
  tell(`first load, list usable: median ${number(median(times))} ms of ${LOADS} loads with an empty cache`);
}

/** Frames per second while the list is scrolled through, once so many rows are there. */
async function scrolling(page: Page): Promise<void> {
  await expect(rows(page).first()).toBeVisible({ timeout: 60_000 });
  const loaded = await page.evaluate(async (wanted) => {
    const scroller = document.querySelector('[data-testid="chat-rows"]') as HTMLElement;
    const row = (scroller.querySelector("li") as HTMLElement).offsetHeight;
    const count = () => Math.round(scroller.scrollHeight / row);
    const frame = () => new Promise(requestAnimationFrame);
    let grown = performance.now();
    for (let known = count(); known < wanted; ) {
      scroller.scrollTop = scroller.scrollHeight;
      await frame();
      if (count() > known) grown = performance.now();
      // The last page has come.
      else if (performance.now() - grown > 5_000) break;
      known = count();
    }
    scroller.scrollTop = 0;
    await frame();
    return count();
  }, ROWS);
  const frames = await page.evaluate(
    async ([ms, speed]) => {
      const scroller = document.querySelector('[data-testid="chat-rows"]') as HTMLElement;
      const lasted: number[] = [];
      const begin = performance.now();
      let before = begin;
      let way = 1;
      while (before - begin < ms) {
        const now = await new Promise<number>(requestAnimationFrame);
        const passed = now - before;
        lasted.push(passed);
        before = now;
        scroller.scrollTop += (way * speed * passed) / 1_000;
        const end = scroller.scrollHeight - scroller.clientHeight;
        if (scroller.scrollTop >= end) way = -1;
        else if (scroller.scrollTop <= 0) way = 1;
      }
      return lasted;
    },
    [SCROLL_MS, PX_PER_SECOND] as const,
  );
  const seconds = frames.reduce((sum, frame) => sum + frame, 0) / 1_000;
  const slow = frames.toSorted((one, other) => one - other)[Math.floor(frames.length * 0.95)] ?? Number.NaN;
  tell(
    `scrolling ${number(loaded)} rows: ${number(frames.length / seconds)} frames per second, 95 % of frames within ${number(slow)} ms`,
  );
}

/** What the page's memory grows by when many chats are opened one after the other. */
async function memory(page: Page, devtools: CDPSession): Promise<void> {
  await devtools.send("Performance.enable");
  const used = async () => {
    // What is only reachable from what was just freed goes in the second round.
    for (let round = 0; round < 2; round += 1) await devtools.send("HeapProfiler.collectGarbage");
    const { metrics } = await devtools.send("Performance.getMetrics");
    const of = (name: string) => metrics.find((metric) => metric.name === name)?.value ?? Number.NaN;
    return { heap: of("JSHeapUsedSize"), nodes: of("Nodes"), listeners: of("JSEventListeners") };
  };
  // The first key opens the first row.
  let at = -1;
  let way = 1;
  const step = async () => {
    if (at >= CHATS - 1) way = -1;
    else if (at <= 0) way = 1;
    at += way;
    const before = new URL(page.url()).pathname;
    await page.keyboard.press(way === 1 ? "j" : "k");
    await page.waitForFunction(
      (before) => location.pathname !== before && document.querySelector("[role=log] [data-message]") !== null,
      before,
    );
  };
  // The first opens a chat; once down and up again, everything that is cached is cached.
  for (let warm = 0; warm < 3 * CHATS; warm += 1) await step();
  const before = await used();
  for (let count = 0; count < SWITCHES; count += 1) await step();
  const after = await used();
  const growth = (100 * (after.heap - before.heap)) / before.heap;
  tell(
    `memory: ${number(before.heap / 1e6)} MB, after ${number(SWITCHES)} more chats ${number(after.heap / 1e6)} MB (${growth >= 0 ? "+" : ""}${number(growth)} %); nodes ${before.nodes} → ${after.nodes}, listeners ${before.listeners} → ${after.listeners}`,
  );
}
