import { AxeBuilder } from "@axe-core/playwright";
import type { BrowserContext, Page } from "@playwright/test";
import { type Demo, expect, test } from "./demo";
import { makeDonor, makeTeam, PIXEL } from "./sample";

const OURS = "6280000000091";
const BUDI = "6280000000191";
const SITI = "6280000000192";

/** So many screens are looked at at the same time. */
const LANES = 3;

/** What goes by the colours alone: all that a second theme can break. */
const OF_COLORS = ["color-contrast", "link-in-text-block"];

/** A screen, and what is opened on it. */
interface Screen {
  name: string;
  path: string;
  open?(page: Page): Promise<void>;
}

const button =
  (...names: (string | RegExp)[]) =>
  async (page: Page) => {
    for (const name of names) await page.getByRole("button", { name }).first().click();
  };
/** A line of a menu. */
const line = (opener: string | RegExp, item: string | RegExp) => async (page: Page) => {
  await page.getByRole("button", { name: opener }).first().click();
  await page.getByRole("menuitem", { name: item }).click();
};
/** A button of the panel about a contact, which is a drawer over the thread on small screens. */
const inPanel = (name?: string | RegExp) => async (page: Page) => {
  const isDrawer = (page.viewportSize()?.width ?? 0) < 1_200;
  if (isDrawer) await page.getByRole("button", { name: "Show contact" }).click();
  const panel = page.getByRole(isDrawer ? "dialog" : "complementary", { name: "About this contact" });
  await expect(panel).toBeVisible();
  if (name !== undefined) await panel.getByRole("button", { name }).first().click();
};
/** A line of a menu of that panel. */
const lineInPanel = (opener: string | RegExp, item: string | RegExp) => async (page: Page) => {
  await inPanel(opener)(page);
  await page.getByRole("menuitem", { name: item }).click();
};
const segment = async (page: Page) => {
  await inPanel()(page);
  await page.locator("[data-segment]").hover();
  await expect(page.getByText(/^Gifts in 12 months: 3\./)).toBeVisible();
};
const key = (keys: string) => async (page: Page) => {
  await page.getByRole("main").focus();
  await page.keyboard.press(keys);
};
const attach = async (page: Page) => {
  const file = { name: "Kwitansi.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.4") };
  await page
    .locator('input[type="file"]')
    .first()
    .setInputFiles([file, { ...file, name: "Laporan.pdf" }]);
  await page.getByRole("textbox", { name: "Add a caption" }).fill("Dua berkas");
};

function screens(chat: string): Screen[] {
  return [
    { name: "chats", path: "/chats" },
    { name: "new message", path: "/chats?new=true" },
    { name: "a list that is filtered to nothing", path: "/chats?starred=true&unread=true" },
    { name: "search", path: "/chats?q=kantor" },
    { name: "search that finds nothing", path: "/chats?q=wakaf" },
    { name: "search in a chat", path: `${chat}?q=besok&within=true` },
    { name: "thread", path: chat },
    { name: "attachments", path: chat, open: attach },
    { name: "reply", path: chat, open: button("Reply") },
    { name: "reactions", path: chat, open: button("React") },
    { name: "send later", path: chat, open: button("Send later and other options") },
    {
      name: "send later at any time",
      path: chat,
      open: async (page) => {
        await page.getByRole("textbox", { name: "Write a message" }).fill("Halo");
        await line("Send later and other options", "Pick a time")(page);
      },
    },
    { name: "recording", path: chat, open: button("Record a voice note") },
    { name: "assign", path: chat, open: button(/^Assign/) },
    { name: "tags", path: chat, open: button("Tags") },
    { name: "snooze", path: chat, open: button("Snooze") },
    { name: "snooze until", path: chat, open: line("Snooze", "Pick a time") },
    { name: "viewer", path: chat, open: button("View picture") },
    { name: "panel", path: chat, open: inPanel() },
    { name: "why a segment", path: chat, open: segment },
    { name: "donation", path: chat, open: inPanel("Record donation") },
    { name: "correct a donation", path: chat, open: lineInPanel(/^Donation of/, "Correct") },
    { name: "delete a donation", path: chat, open: lineInPanel(/^Donation of/, "Delete") },
    { name: "reminder", path: chat, open: inPanel("Reminder") },
    { name: "reminder menu", path: chat, open: inPanel(/^Reminder: /) },
    { name: "change a reminder", path: chat, open: lineInPanel(/^Reminder: /, "Edit") },
    {
      name: "note",
      path: chat,
      open: async (page) => {
        await page.getByRole("main").focus();
        await page.keyboard.press("n");
      },
    },
    { name: "note menu", path: chat, open: inPanel(/^Note by/) },
    { name: "edit a note", path: chat, open: lineInPanel(/^Note by/, "Edit") },
    { name: "edit contact", path: chat, open: inPanel("Edit contact") },
    { name: "tags of a person", path: chat, open: inPanel(/^(Add|Change) tags$/) },
    { name: "change a field", path: chat, open: inPanel("Change Kota") },
    {
      name: "join contacts",
      path: chat,
      open: async (page) => {
        await inPanel("Join with another contact")(page);
        await page.getByRole("textbox", { name: "Name or number of the other contact" }).fill("Siti");
        await page.getByRole("radio", { name: /Siti/ }).check();
      },
    },
    { name: "your menu", path: "/chats", open: button("Your menu") },
    { name: "virtual phones", path: "/chats", open: button("Make a virtual phone") },
    { name: "command bar", path: "/chats", open: key("Control+k") },
    { name: "shortcuts", path: "/chats", open: key("?") },
    { name: "accounts", path: "/accounts" },
    { name: "add account", path: "/accounts", open: button("Add account") },
    { name: "link", path: "/accounts", open: button(/^(Show QR code|Connect|Reconnect)$/) },
    { name: "account menu", path: "/accounts", open: button("More actions for Front desk") },
    { name: "account history", path: "/accounts", open: line("More actions for Front desk", "History") },
    { name: "pacing", path: "/accounts", open: line("More actions for Front desk", "Change pacing") },
    { name: "rename", path: "/accounts", open: line("More actions for Front desk", "Rename") },
    { name: "unlink", path: "/accounts", open: line("More actions for Front desk", "Unlink from phone") },
    { name: "delete account", path: "/accounts", open: line("More actions for Front desk", "Delete account") },
    { name: "dashboard", path: "/dashboard" },
    { name: "dashboard as a table", path: "/dashboard", open: button("Show as a table") },
    { name: "donations of the dashboard", path: "/dashboard?donations=true" },
    { name: "webhooks", path: "/webhooks" },
    { name: "add webhook", path: "/webhooks", open: button("Add webhook") },
    { name: "edit webhook", path: "/webhooks", open: line(/^More actions for https/, "Edit") },
    { name: "new secret", path: "/webhooks", open: line(/^More actions for https/, "New secret") },
    { name: "replay", path: "/webhooks", open: button("Replay") },
    { name: "delivery log", path: "/webhooks", open: button("Delivery log") },
    { name: "you", path: "/settings" },
    { name: "delete what could not be stored", path: "/settings", open: button("Delete") },
    { name: "keys", path: "/settings?tab=keys" },
    { name: "create key", path: "/settings?tab=keys", open: button("Create key") },
    { name: "revoke key", path: "/settings?tab=keys", open: button("Revoke") },
    { name: "members", path: "/settings?tab=members" },
    { name: "invite", path: "/settings?tab=members", open: button("Invite somebody") },
    {
      name: "remove member",
      path: "/settings?tab=members",
      open: async (page) =>
        page.getByRole("article", { name: "Ani Lestari" }).getByRole("button", { name: "Remove" }).click(),
    },
    { name: "inbox settings", path: "/settings?tab=inbox" },
    { name: "settings of contacts", path: "/settings?tab=contacts" },
    { name: "add field", path: "/settings?tab=contacts", open: button("Add field") },
    { name: "change field", path: "/settings?tab=contacts", open: line("Field Kota", "Change field") },
    { name: "delete field", path: "/settings?tab=contacts", open: line("Field Kota", "Delete field") },
    { name: "delete tag", path: "/settings?tab=inbox", open: button("Delete Zakat") },
    { name: "audit log", path: "/settings?tab=audit" },
    { name: "no such chat", path: `${chat.slice(0, -3)}000` },
    { name: "nothing there", path: "/nothing" },
  ];
}

/** What somebody sees who is not logged in. */
const OUTSIDE: Screen[] = [
  { name: "login", path: "/login" },
  { name: "setup", path: "/setup" },
  { name: "invitation", path: "/invitation#nothing" },
  { name: "link from far away", path: "/link#nothing" },
];

// Tracing every one of these pages would take longer than looking at it.
test.use({ trace: "off", screenshot: "off" });

for (const width of [1280, 360]) {
  test(`axe finds nothing on any screen and in any dialog, in both themes, ${width} px wide`, async ({
    demo,
    page,
    browser,
  }) => {
    test.setTimeout(600_000);
    const chat = await fill(demo, page);
    const look = { viewport: { width, height: 800 }, colorScheme: "light", reducedMotion: "reduce" } as const;
    const storageState = await page.context().storageState();
    const left = [
      ...OUTSIDE.map((screen) => ({ screen, look })),
      ...screens(chat).map((screen) => ({ screen, look: { ...look, storageState } })),
    ];
    const found: string[] = [];
    // Each lane takes the next screen when it is done with one.
    const lane = async () => {
      for (let next = left.shift(); next; next = left.shift()) {
        const { screen, look } = next;
        // What one screen keeps, as a draft, must not be on another.
        const context = await browser.newContext(look);
        await test.step(screen.name, async () => {
          const wrong = await violations(demo, context, screen).catch((error: unknown) => [
            `could not be looked at: ${error}`,
          ]);
          found.push(...wrong.map((each) => `${screen.name}, ${each}`));
        });
        await context.close();
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    expect(found).toEqual([]);
  });
}

async function violations(demo: Demo, context: BrowserContext, screen: Screen): Promise<string[]> {
  const page = await context.newPage();
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
  const found: string[] = [];
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await expect(page.locator("html")).toHaveAttribute("data-mantine-color-scheme", colorScheme);
    // There are no frames, so the answer needs no page of its own to be put together.
    const axe = new AxeBuilder({ page }).setLegacyMode();
    if (colorScheme === "dark") axe.withRules(OF_COLORS);
    // What floats above the page, as menus do, belongs to no part of it.
    else if (screen.open) axe.disableRules("region");
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

/** Something of everything, and the address of a chat. */
async function fill(demo: Demo, page: Page): Promise<string> {
  const account = await demo.account("Front desk", OURS);
  for (const [phone, name] of [
    [BUDI, "Budi Santoso"],
    [SITI, "Siti Rahma"],
  ] as const) {
    await demo.phone(phone, name);
    await demo.write(phone, OURS, "Apakah kantor buka hari ini?");
  }
  const waiting = await demo.api<{ id: string }>("POST", "/v1/accounts", { name: "Donor care" });
  await demo.api("POST", `/v1/accounts/${waiting.id}/connect`);
  await demo.api("POST", "/v1/webhooks", { url: "https://crm.example.org/hooks/pesan", events: ["message.*"] });
  const { tag } = await makeTeam(demo);
  const send = (body: object) =>
    demo.api<{ chat_id: string; id: string }>("POST", "/v1/messages", { account_id: account, to: BUDI, ...body });
  await send({ type: "image", image: { data: `data:image/png;base64,${PIXEL}`, caption: "Poster" } });
  const { chat_id } = await send({
    type: "text",
    text: { body: "Sampai besok" },
    send_at: new Date(Date.now() + 86_400_000).toISOString(),
  });
  await demo.api("PATCH", `/v1/chats/${chat_id}`, { tag_ids: [tag], is_starred: true });
  await makeDonor(demo, chat_id);
  await demo.logIn(page);
  await page.goto(`${demo.ready.url}/chats/${chat_id}`);
  await expect(page.getByRole("button", { name: "View picture" })).toBeVisible();
  return `/chats/${chat_id}`;
}
