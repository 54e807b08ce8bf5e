/**
 * Names, texts, captions, file names, subjects and emoji are chosen by strangers. More than a hundred attempts to be more
 * than text go through each of them, from a simulated phone through the real program into the page.
 */
import type { Locator } from "@playwright/test";
import { type Demo, expect, test } from "./demo";

const OURS = "6280000000391";
const STRANGER = "6280000000392";
const FRIEND = "6280000000393";

/** What an attempt does when it works: it leaves a mark on the page. */
const MARK = "window.__ran=1";

const HANDLERS = [
  ["img", "src=x onerror"],
  ["svg", "onload"],
  ["body", "onload"],
  ["video", "src=x onerror"],
  ["audio", "src=x onerror"],
  ["details open", "ontoggle"],
  ["input autofocus", "onfocus"],
  ["select autofocus", "onfocus"],
  ["textarea autofocus", "onfocus"],
  ["marquee", "onstart"],
  ["div style='animation-name:x'", "onanimationstart"],
  ["a href=x", "onmouseover"],
  ["button popovertarget=x", "onclick"],
  ["object data=x", "onerror"],
  ["embed src=x", "onerror"],
  ["iframe", "onload"],
] as const;

const LINKS = ["javascript:", "JaVaScRiPt:", "java\tscript:", " javascript:", "data:text/html,", "vbscript:"];

const WHOLE = [
  `<script>${MARK}</script>`,
  `<SCRIPT >${MARK}</SCRIPT >`,
  `<scr<script>ipt>${MARK}</scr</script>ipt>`,
  `"><script>${MARK}</script>`,
  `'><script>${MARK}</script>`,
  `</title><script>${MARK}</script>`,
  `</textarea><script>${MARK}</script>`,
  `</style><script>${MARK}</script>`,
  `<!--><script>${MARK}</script>-->`,
  `<![CDATA[<script>${MARK}</script>]]>`,
  `<svg><script>${MARK}</script></svg>`,
  `<svg><a xlink:href="javascript:${MARK}"><text>x</text></a></svg>`,
  `<math><mtext><table><mglyph><style><img src=x onerror=${MARK}>`,
  `<iframe srcdoc="<script>parent.${MARK}</script>"></iframe>`,
  `<meta http-equiv=refresh content="0;url=javascript:${MARK}">`,
  `<base href="javascript:${MARK}//">`,
  `<link rel=stylesheet href="data:text/css,*{display:none}">`,
  `<style>*{display:none}</style>`,
  `<form action="javascript:${MARK}"><button>x</button></form>`,
  `<template><img src=x onerror=${MARK}></template>`,
  `{{constructor.constructor('${MARK}')()}}`,
  `\${${MARK}}`,
  `#{${MARK}}`,
  `<%= ${MARK} %>`,
  `$t(common.cancel) {{name}} $t(${MARK})`,
  `__proto__[ran]=1`,
  `[x](javascript:${MARK})`,
  `![x](x"onerror="${MARK})`,
  `\u202e<script>${MARK}</script>\u202c`,
  `\u2028${MARK}\u2029`,
  `&lt;script&gt;${MARK}&lt;/script&gt;`,
  `&#60;img src=x onerror=${MARK}&#62;`,
  `%3Cscript%3E${MARK}%3C/script%3E`,
  `\\u003cscript\\u003e${MARK}`,
  `<x onclick=${MARK}>x</x>`,
  `<img src="http://127.0.0.1:9/leak">`,
];

/** Every attempt, numbered so that each can be found on the page. */
const ATTEMPTS = [
  ...HANDLERS.flatMap(([tag, handler]) => [
    `<${tag} ${handler}=${MARK}>`,
    `"><${tag} ${handler}="${MARK}">`,
    `<${tag}/${handler}='${MARK}'//`,
  ]),
  ...LINKS.flatMap((scheme) => [
    `${scheme}${MARK}`,
    `<a href="${scheme}${MARK}">x</a>`,
    `<iframe src="${scheme}${MARK}"></iframe>`,
  ]),
  ...WHOLE,
].map((text, number) => `a${number} ${text}`);

/** A picture of one dot, so that captions and names of files come with something. */
const DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

test("no attempt of a stranger to be more than text succeeds, in any field", async ({ demo, page }) => {
  test.setTimeout(300_000);
  expect(ATTEMPTS.length).toBeGreaterThanOrEqual(100);
  const leaks: string[] = [];
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith("http") && url.origin !== demo.ready.url) leaks.push(request.url());
  });
  page.on("dialog", (dialog) => leaks.push(dialog.message()));
  page.on("pageerror", (error) => leaks.push(error.message));

  await demo.phone(OURS, "Yayasan Harapan");
  await demo.phone(FRIEND, "Budi");
  await demo.phone(STRANGER, ATTEMPTS[0] ?? "");
  await demo.logIn(page);
  await demo.link(page, "Front desk", OURS);
  await expect(page.getByRole("dialog")).toBeHidden();

  // Texts, captions and names of files, in one thread.
  const say = (body: object) => demo.wanet("POST", `/admin/phones/${STRANGER}/messages`, { to: OURS, ...body });
  for (const attempt of ATTEMPTS) await say({ text: attempt });
  for (const attempt of ATTEMPTS) await say({ image: { data: DOT, mime_type: "image/png", caption: attempt } });
  for (const attempt of ATTEMPTS) {
    await say({
      document: { data: DOT, mime_type: "application/octet-stream", file_name: attempt.replaceAll("/", "∕") },
    });
  }
  // Places, cards, polls, and other words for what was said.
  for (const attempt of ATTEMPTS) {
    await say({ location: { latitude: 1, longitude: 2, name: attempt, address: attempt, caption: attempt } });
    await say({ contacts: [{ name: attempt, phone: FRIEND }] });
    await say({ poll: { question: attempt, options: [attempt, `${attempt} `] } });
  }
  const said = JSON.parse(await say({ text: "Halo" })) as { id: string };
  for (const attempt of ATTEMPTS) await say({ edit: { message_id: said.id, text: attempt } });
  // Names and subjects, one chat each.
  for (const [number, attempt] of ATTEMPTS.entries()) {
    const phone = `62800000${String(1_000 + number)}`;
    await demo.phone(phone, attempt);
    await demo.wanet("POST", `/admin/phones/${phone}/messages`, { to: OURS, text: attempt });
    const members = [OURS];
    await demo.wanet("POST", "/admin/groups", { creator: FRIEND, subject: attempt, members });
  }

  await page.goto(`${demo.ready.url}/chats`);
  const rows = page.getByTestId("chat-rows");
  await expect(rows.getByRole("link").first()).toBeVisible();
  const seen = new Set<string>();
  // The list is virtual: it is walked to its end.
  await expect
    .poll(
      async () => {
        for (const text of await rows.getByRole("link").allInnerTexts()) seen.add(text);
        await rows.hover();
        await page.mouse.wheel(0, 1_200);
        return ATTEMPTS.filter((attempt) => ![...seen].some((text) => text.includes(start(attempt))));
      },
      { timeout: 120_000, intervals: [50] },
    )
    .toEqual([]);

  const thread = await chatOf(demo, ATTEMPTS[0] ?? "");
  expect(thread).toBeDefined();
  await page.goto(`${demo.ready.url}/chats/${thread?.id}`);
  const log = page.getByRole("log");
  const [found, shown, mapped] = [new Set<string>(), new Set<string>(), new Set<string>()];
  // It is virtual and walked to its beginning: texts, captions and names of files, places, cards, polls, and what was edited.
  const messages = 6 * ATTEMPTS.length + 1;
  await expect
    .poll(
      async () => {
        const text = await log.textContent();
        for (const attempt of ATTEMPTS) if (text?.includes(start(attempt))) found.add(attempt);
        for (const id of await idsOf(log)) shown.add(id);
        for (const id of await idsOf(log, ':has(a[href^="https://www.openstreetmap.org/?mlat=1&mlon=2#"])'))
          mapped.add(id);
        await page.getByTestId("thread").hover();
        // No further than what is drawn beyond the edge: nothing is stepped over.
        await page.mouse.wheel(0, -400);
        const unseen = ATTEMPTS.filter((attempt) => !found.has(attempt));
        return { unseen, missing: messages - shown.size, unmapped: ATTEMPTS.length - mapped.size };
      },
      { timeout: 120_000, intervals: [50] },
    )
    .toEqual({ unseen: [], missing: 0, unmapped: 0 });

  expect(await page.evaluate(() => "__ran" in window || "ran" in {})).toBe(false);
  expect(
    await page.locator("main script, main iframe, main object, main embed, main base, main form[action]").count(),
  ).toBe(0);
  expect(await page.locator('a[href^="javascript:" i], a[href^="data:" i], a[href^="vbscript:" i]').count()).toBe(0);
  expect(await page.title()).toBe("Pesan");
  expect(leaks).toEqual([]);
});

interface Chats {
  data: { id: string; contact_id: string | null; name: string; unread: number }[];
  next: string | null;
}

/** The messages that are in the page right now. */
const idsOf = (log: Locator, among = "") =>
  log.locator(`[data-message]${among}`).evaluateAll((all) => all.map((one) => one.getAttribute("data-message") ?? ""));

/** The long chat with a person of this name, on whichever page of the list it is: somebody else of the name wrote once. */
async function chatOf(demo: Demo, name: string) {
  let after = "";
  for (;;) {
    const page = await demo.api<Chats>("GET", `/v1/chats?limit=200${after}`);
    const found = page.data.find((chat) => chat.contact_id !== null && chat.name === name && chat.unread > 1);
    if (found || page.next === null) return found;
    after = `&after=${page.next}`;
  }
}

/** What a line shows of an attempt for certain: blanks are folded, and a long text is cut. */
function start(attempt: string): string {
  return attempt.slice(0, attempt.indexOf(" ") + 1);
}
