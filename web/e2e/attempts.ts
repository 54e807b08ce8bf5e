/** More than a hundred attempts of strangers to be more than text, and what tells that one of them succeeded. */
import type { Locator, Page } from "@playwright/test";
import { type Demo, expect } from "./demo";

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

/** Every attempt, with a word before it by which it is found, in searches as well. */
export const ATTEMPTS = [
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
].map((text, number) => `uji${String(number).padStart(3, "0")} ${text}`);

/** A picture of one dot, so that captions and names of files come with something. */
export const DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

/** What a line shows of an attempt for certain: blanks are folded, and a long text is cut. */
export function start(attempt: string): string {
  return attempt.slice(0, attempt.indexOf(" ") + 1);
}

/** What stands beside other words of an attempt: without what would turn them. */
export function beside(attempt: string): string {
  return attempt.replace(/[\u202a-\u202e\u2066-\u2069]/g, "");
}

/** What a sentence shows of an attempt for certain: no more than it has room for. */
export function inSentence(attempt: string): string {
  return beside(attempt).slice(0, 55);
}

/** What no part of the app ever makes, and attempts do. */
const FOREIGN = "iframe, object, embed, base, marquee, math, template, meta[http-equiv], form[action], x, mglyph";

/**
 * Notices whatever becomes of an attempt besides text, also where the browser refuses to run it: every element is looked
 * at as it comes into the page. The answer looks at what was noticed.
 */
export async function noticed(demo: Demo, page: Page): Promise<() => Promise<string[]>> {
  const leaks: string[] = [];
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith("http") && url.origin !== demo.ready.url) leaks.push(`asked for ${request.url()}`);
  });
  page.on("dialog", (dialog) => leaks.push(`said ${dialog.message()}`));
  page.on("pageerror", (error) => leaks.push(`threw ${error.message}`));
  page.on("console", (message) => {
    if (message.text().includes("Content Security Policy")) leaks.push(message.text());
  });
  await page.exposeFunction("tellMade", (html: string) => leaks.push(`made ${html}`));
  await page.addInitScript((foreign) => {
    const { tellMade } = window as unknown as { tellMade(html: string): void };
    const look = (element: Element) => {
      const handler = element.getAttributeNames().find((name) => name.startsWith("on"));
      const script = element.matches("script") && !element.getAttribute("src")?.startsWith("/");
      // As the browser reads it: blanks in it count nothing.
      const leads = element instanceof HTMLAnchorElement && /^(javascript:|vbscript:|data:text)/i.test(element.href);
      const link = leads || element.matches('[*|href^="javascript:"], [href^="data:text"], [src^="http:"], [src="x"]');
      if (handler || script || link || element.matches(foreign)) tellMade(element.outerHTML.slice(0, 200));
    };
    new MutationObserver((changes) => {
      for (const { addedNodes, target, type } of changes) {
        if (type === "attributes" && target instanceof Element) look(target);
        for (const node of addedNodes) {
          if (!(node instanceof Element)) continue;
          look(node);
          for (const below of node.querySelectorAll("*")) look(below);
        }
      }
    }).observe(document, { childList: true, subtree: true, attributes: true, attributeFilter: ["href", "src"] });
  }, FOREIGN);
  return async () => {
    if (await page.evaluate(() => "__ran" in window || "ran" in {})) leaks.push("it ran");
    expect(await page.title()).toBe("Pesan");
    return leaks;
  };
}

/** Walks through a virtual list by the wheel until every attempt was seen in it. */
export async function walk(
  page: Page,
  list: Locator,
  seenIn: () => Promise<string[]>,
  by: number,
  wanted: readonly string[] = ATTEMPTS,
): Promise<void> {
  const unseen = new Set(wanted);
  await expect
    .poll(
      async () => {
        for (const text of await seenIn()) {
          for (const attempt of unseen) if (text.includes(start(attempt))) unseen.delete(attempt);
        }
        await list.hover();
        await page.mouse.wheel(0, by);
        return [...unseen];
      },
      { timeout: 120_000, intervals: [50] },
    )
    .toEqual([]);
}
