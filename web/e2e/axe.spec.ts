import { AxeBuilder } from "@axe-core/playwright";
import type { BrowserContext, BrowserContextOptions, Page } from "@playwright/test";
import { type Demo, expect, test } from "./demo";
import { makeDonor, makeTeam, PIXEL } from "./sample";
import { type Language, OUTSIDE, type Screen, screensOf } from "./screens";

const OURS = "6280000000091";
const BUDI = "6280000000191";
const SITI = "6280000000192";
const TWIN = "6280000000193";

/** So many screens are looked at at the same time. */
const LANES = 3;

/** What goes by the colours alone: all that a second theme can break. */
const OF_COLORS = ["color-contrast", "link-in-text-block"];

/** What lies above the page: the page itself is looked at by a screen of its own. */
const ABOVE = "[role=dialog], [role=menu], [role=listbox]";

const isPage = ({ open }: Screen) => open === undefined;
const always = () => true;
const never = () => false;

interface Look {
  width: number;
  language: Language;
  /** Which screens are looked at. */
  only(screen: Screen): boolean;
  /** Which of them in the dark too: the colours of a dialog are the same at any width. */
  dark(screen: Screen): boolean;
}

/** Every screen and dialog is looked at narrow and wide, and in two languages and directions; the widest has no dialogs. */
const LOOKS: Look[] = [
  { width: 1280, language: "en", only: always, dark: always },
  { width: 360, language: "ar", only: always, dark: isPage },
  { width: 3840, language: "id", only: isPage, dark: never },
];

// Tracing every one of these pages would take longer than looking at it.
test.use({ trace: "off", screenshot: "off" });

for (const { width, language, only, dark } of LOOKS) {
  test(`axe finds nothing on any screen and in any dialog, ${width} px wide, ${language}`, async ({
    demo,
    page,
    browser,
  }) => {
    test.setTimeout(600_000);
    const chat = await fill(demo, page);
    const look = { viewport: { width, height: 800 }, colorScheme: "light", reducedMotion: "reduce" } as const;
    const storageState = await page.context().storageState();
    const found: string[] = [];
    // Each lane takes the next screen when it is done with one, in a browser that has what the app is made of already.
    const lane = async (screens: Screen[], options: BrowserContextOptions) => {
      const context = await browser.newContext(options);
      await context.addInitScript((language) => {
        // What one screen keeps, as a draft, must not be on another.
        localStorage.clear();
        localStorage.setItem("pesan.language", language);
      }, language);
      for (let screen = screens.shift(); screen; screen = screens.shift()) {
        const { name } = screen;
        const schemes = dark(screen) ? (["light", "dark"] as const) : (["light"] as const);
        const wrong = await violations(demo, context, screen, schemes).catch((error: unknown) => [
          `could not be looked at: ${error}`,
        ]);
        found.push(...wrong.map((each) => `${name}, ${each}`));
      }
      await context.close();
    };
    const inside = screensOf(language, chat).filter(only);
    await Promise.all(Array.from({ length: LANES }, () => lane(inside, { ...look, storageState })));
    await lane([...OUTSIDE], look);
    expect(found).toEqual([]);
  });
}

async function violations(
  demo: Demo,
  context: BrowserContext,
  screen: Screen,
  schemes: readonly ("light" | "dark")[],
): Promise<string[]> {
  const page = await context.newPage();
  try {
    return await violationsOn(page, demo, screen, schemes);
  } finally {
    await page.close();
  }
}

async function violationsOn(
  page: Page,
  demo: Demo,
  screen: Screen,
  schemes: readonly ("light" | "dark")[],
): Promise<string[]> {
  // What cannot be opened is said, and does not hold up the others.
  page.setDefaultTimeout(15_000);
  // Nothing here can make the server unable to store something.
  await page.route("**/v1/accounts/*/quarantine*", (route) =>
    route.fulfill({
      json: {
        data: [
          { id: "qrt_1", kind: "message", reason: "could not insert message", created_at: "2026-01-05T02:00:00Z" },
        ],
        next: null,
      },
    }),
  );
  await page.goto(demo.ready.url + screen.path);
  await expect(page.getByRole("heading", { level: 1 }).first()).toBeVisible();
  await expect(page.locator(".mantine-Skeleton-root")).toHaveCount(0);
  if (screen.open) await screen.open(page);
  const isAbove = screen.open !== undefined && (await page.locator(ABOVE).filter({ visible: true }).count()) > 0;
  const found: string[] = [];
  for (const colorScheme of schemes) {
    await page.emulateMedia({ colorScheme });
    await expect(page.locator("html")).toHaveAttribute("data-mantine-color-scheme", colorScheme);
    // There are no frames, so the answer needs no page of its own to be put together.
    const axe = new AxeBuilder({ page }).setLegacyMode();
    if (isAbove) axe.include(ABOVE);
    if (colorScheme === "dark") axe.withRules(OF_COLORS);
    // The sizes of what is pressed and names that have the words that are seen are asked for by WCAG 2.2, and not looked at
    // unless that is said. What floats above the page, as menus do, belongs to no part of it.
    else {
      axe.options({
        rules: {
          "target-size": { enabled: true },
          "label-content-name-mismatch": { enabled: true },
          region: { enabled: !screen.open },
        },
      });
    }
    const { violations } = await axe.analyze();
    for (const { id, nodes } of violations) {
      for (const { target, failureSummary } of nodes) {
        const why = failureSummary?.replace(/\s+/g, " ");
        found.push(`${colorScheme}: ${id}: ${target.join(" ")}: ${why}`);
      }
    }
  }
  return found;
}

/** Says that somebody else is the person of this chat too. */
async function join(demo: Demo, chat: string, name: string): Promise<void> {
  const { contact_id } = await demo.api<{ contact_id: string }>("GET", `/v1/chats/${chat}`);
  const others = () => demo.api<{ data: { id: string }[] }>("GET", `/v1/contacts?search=${encodeURIComponent(name)}`);
  await expect.poll(async () => (await others()).data.length).toBe(1);
  await demo.api("POST", `/v1/contacts/${contact_id}/merge`, { other_id: (await others()).data[0]?.id });
}

/** Something of everything, and the address of a chat. */
async function fill(demo: Demo, page: Page): Promise<string> {
  const account = await demo.account("Front desk", OURS);
  for (const [phone, name] of [
    [BUDI, "Budi Santoso"],
    [SITI, "Siti Rahma"],
    [TWIN, "Pak Kantor"],
  ] as const) {
    await demo.phone(phone, name);
    await demo.write(phone, OURS, "Apakah kantor buka hari ini?");
  }
  const waiting = await demo.api<{ id: string }>("POST", "/v1/accounts", { name: "Donor care" });
  await demo.api("POST", `/v1/accounts/${waiting.id}/connect`);
  await demo.api("POST", "/v1/webhooks", { url: "https://crm.example.org/hooks/pesan", events: ["message.*"] });
  const { tag, ani, team } = await makeTeam(demo);
  const send = (body: object) =>
    demo.api<{ chat_id: string; id: string }>("POST", "/v1/messages", { account_id: account, to: BUDI, ...body });
  await send({ type: "image", image: { data: `data:image/png;base64,${PIXEL}`, caption: "Poster" } });
  const { chat_id } = await send({
    type: "text",
    text: { body: "Sampai besok" },
    send_at: new Date(Date.now() + 86_400_000).toISOString(),
  });
  await demo.api("PATCH", `/v1/chats/${chat_id}`, {
    tag_ids: [tag],
    is_starred: true,
    assignee_id: ani,
    team_id: team,
  });
  await join(demo, chat_id, "Pak Kantor");
  await makeDonor(demo, chat_id);
  await demo.logIn(page);
  await page.goto(`${demo.ready.url}/chats/${chat_id}`);
  await expect(page.getByRole("button", { name: "View picture" })).toBeVisible();
  return `/chats/${chat_id}`;
}
