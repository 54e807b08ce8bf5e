/** Every screen and every dialog, and how each is opened in whatever language is shown. */
import { expect, type Page } from "@playwright/test";
import { ar } from "../src/i18n/ar";
import { en } from "../src/i18n/en";
import { id } from "../src/i18n/id";

export const TEXTS = { en, id, ar };
export type Language = keyof typeof TEXTS;

/** A screen, and what is opened on it. */
export interface Screen {
  name: string;
  path: string;
  open?(page: Page): Promise<void>;
}

type Name = string | RegExp;

/** A name with something filled in: what is not said can be anything. */
export function filled(text: string, values: Record<string, string> = {}): RegExp {
  const parts = text.split(/\{\{(\w+)\}\}/).map((part, index) => {
    const said = index % 2 === 0 ? part : values[part];
    const plain = said?.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    // What is filled in keeps its own direction.
    return plain === undefined ? ".*" : index % 2 === 0 ? plain : `\u2068?${plain}\u2069?`;
  });
  return new RegExp(`^${parts.join("")}$`);
}

const button =
  (...names: Name[]) =>
  async (page: Page) => {
    for (const name of names) {
      const found =
        typeof name === "string" ? page.getByRole("button", { name, exact: true }) : page.getByRole("button", { name });
      await found.first().click();
    }
  };
/** A line of a menu. */
const line = (opener: Name, item: string) => async (page: Page) => {
  await button(opener)(page);
  await page.getByRole("menuitem", { name: item }).click();
};
const key = (keys: string) => async (page: Page) => {
  await page.getByRole("main").focus();
  await page.keyboard.press(keys);
};

/** What is opened in the panel about a contact, which is a drawer over the thread on small screens. */
function panelOf(t: (typeof TEXTS)[Language]) {
  const inPanel = (name?: Name) => async (page: Page) => {
    const isDrawer = (page.viewportSize()?.width ?? 0) < 1_200;
    if (isDrawer) await button(t.contact.show)(page);
    const panel = page.getByRole(isDrawer ? "dialog" : "complementary", { name: t.contact.panel });
    await expect(panel).toBeVisible();
    if (name !== undefined) await panel.getByRole("button", { name, exact: true }).first().click();
  };
  return {
    inPanel,
    /** A line of a menu of that panel. */
    lineInPanel: (opener: Name, item: string) => async (page: Page) => {
      await inPanel(opener)(page);
      await page.getByRole("menuitem", { name: item }).click();
    },
    segment: async (page: Page) => {
      await inPanel()(page);
      await page.locator("[data-segment]").hover();
      await expect(page.locator(".mantine-Popover-dropdown")).toBeVisible();
    },
  };
}

/** Those of whoever is logged in. `chat` is the address of a chat with a donor. */
export function screensOf(language: Language, chat: string): Screen[] {
  const t = TEXTS[language];
  const { inPanel, lineInPanel, segment } = panelOf(t);
  const desk = filled(t.account.menuOf, { name: "Front desk" });
  const hook = filled(t.webhook.menuOf);
  const donation = filled(t.donor.actions);
  const reminder = filled(t.reminder.actions);
  const note = filled(t.note.actions);
  const field = filled(t.crm.fieldActions, { label: "Kota" });
  const attach = async (page: Page) => {
    const file = { name: "Kwitansi.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.4") };
    await page
      .locator('input[type="file"]')
      .first()
      .setInputFiles([file, { ...file, name: "Laporan.pdf" }]);
    await page.getByRole("textbox", { name: t.chat.writeCaption }).fill("Dua berkas");
  };
  return [
    { name: "chats", path: "/chats" },
    { name: "new message", path: "/chats?new=true" },
    { name: "a list that is filtered to nothing", path: "/chats?starred=true&unread=true" },
    { name: "search", path: "/chats?q=kantor" },
    { name: "search that finds nothing", path: "/chats?q=wakaf" },
    { name: "search in a chat", path: `${chat}?q=besok&within=true` },
    { name: "thread", path: chat },
    { name: "attachments", path: chat, open: attach },
    { name: "reply", path: chat, open: button(t.chat.reply) },
    { name: "reactions", path: chat, open: button(t.chat.react) },
    { name: "send later", path: chat, open: button(t.composer.options) },
    {
      name: "send later at any time",
      path: chat,
      open: async (page) => {
        await page.getByRole("textbox", { name: t.chat.write }).fill("Halo");
        await line(t.composer.options, t.inbox.snoozePick)(page);
      },
    },
    { name: "recording", path: chat, open: button(t.composer.record) },
    { name: "assign", path: chat, open: button(filled(t.inbox.assignedTo)) },
    { name: "tags", path: chat, open: button(t.inbox.tags) },
    { name: "snooze", path: chat, open: button(t.inbox.snooze) },
    { name: "snooze until", path: chat, open: line(t.inbox.snooze, t.inbox.snoozePick) },
    { name: "viewer", path: chat, open: button(t.chat.viewImage) },
    { name: "panel", path: chat, open: inPanel() },
    { name: "why a segment", path: chat, open: segment },
    { name: "donation", path: chat, open: inPanel(t.donor.record) },
    { name: "correct a donation", path: chat, open: lineInPanel(donation, t.donor.correct) },
    { name: "take back the deletion of a donation", path: chat, open: lineInPanel(donation, t.common.delete) },
    { name: "reminder", path: chat, open: inPanel(t.reminder.add) },
    { name: "reminder menu", path: chat, open: inPanel(reminder) },
    { name: "change a reminder", path: chat, open: lineInPanel(reminder, t.note.edit) },
    { name: "note", path: chat, open: key("n") },
    { name: "note menu", path: chat, open: inPanel(note) },
    { name: "edit a note", path: chat, open: lineInPanel(note, t.note.edit) },
    { name: "edit contact", path: chat, open: inPanel(t.contact.edit) },
    {
      name: "tags of a person",
      path: chat,
      open: inPanel(new RegExp(`^(${t.contact.addTags}|${t.contact.changeTags})$`)),
    },
    { name: "change a field", path: chat, open: inPanel(filled(`${t.contact.change}{{value}}`, { label: "Kota" })) },
    {
      name: "join contacts",
      path: chat,
      open: async (page) => {
        await inPanel(t.contact.merge)(page);
        await page.getByRole("textbox", { name: t.contact.mergeSearch }).fill("Siti");
        await page.getByRole("radio", { name: /Siti/ }).check();
      },
    },
    { name: "take contacts apart", path: chat, open: inPanel(t.contact.unmerge) },
    { name: "more about a person", path: chat, open: inPanel(t.keeping.more) },
    { name: "erase a person", path: chat, open: lineInPanel(t.keeping.more, t.keeping.erase) },
    { name: "your menu", path: "/chats", open: button(t.nav.menu) },
    { name: "virtual phones", path: "/chats", open: button(t.sandbox.how) },
    { name: "command bar", path: "/chats", open: key("Control+k") },
    { name: "shortcuts", path: "/chats", open: key("?") },
    { name: "accounts", path: "/accounts" },
    { name: "add account", path: "/accounts", open: button(t.account.add) },
    {
      name: "link",
      path: "/accounts",
      open: button(new RegExp(`^(${t.account.showQr}|${t.account.connect}|${t.account.reconnect})$`)),
    },
    { name: "account menu", path: "/accounts", open: button(desk) },
    { name: "account history", path: "/accounts", open: line(desk, t.account.history) },
    { name: "pacing", path: "/accounts", open: line(desk, t.account.editPacing) },
    { name: "who is given chats", path: "/accounts", open: line(desk, t.account.handlerEdit) },
    { name: "rename", path: "/accounts", open: line(desk, t.account.rename) },
    { name: "unlink", path: "/accounts", open: line(desk, t.account.logout) },
    { name: "delete account", path: "/accounts", open: line(desk, t.account.delete) },
    { name: "dashboard", path: "/dashboard" },
    { name: "dashboard as a table", path: "/dashboard", open: button(t.dashboard.table) },
    { name: "donations of the dashboard", path: "/dashboard?donations=true" },
    { name: "failed messages of the dashboard", path: "/dashboard?list=failed" },
    { name: "new contacts of the dashboard", path: "/dashboard?list=contacts" },
    { name: "webhooks", path: "/webhooks" },
    { name: "add webhook", path: "/webhooks", open: button(t.webhook.add) },
    { name: "edit webhook", path: "/webhooks", open: line(hook, t.webhook.edit) },
    { name: "new secret", path: "/webhooks", open: line(hook, t.webhook.rotate) },
    { name: "replay", path: "/webhooks", open: button(t.webhook.replay) },
    { name: "delivery log", path: "/webhooks", open: button(t.webhook.log) },
    { name: "you", path: "/settings" },
    { name: "take back the deletion of what could not be stored", path: "/settings", open: button(t.common.delete) },
    { name: "keys", path: "/settings?tab=keys" },
    { name: "create key", path: "/settings?tab=keys", open: button(t.settings.keyAdd) },
    {
      name: "a key that is shown once",
      path: "/settings?tab=keys",
      open: async (page) => {
        await button(t.settings.keyAdd)(page);
        const dialog = page.getByRole("dialog");
        await dialog.getByLabel(t.common.name).fill(`Website ${Date.now()}`);
        await dialog.getByRole("button", { name: t.common.create, exact: true }).click();
        await expect(dialog.getByRole("button", { name: t.settings.keyDone })).toBeVisible();
      },
    },
    { name: "revoke key", path: "/settings?tab=keys", open: button(t.settings.revoke) },
    { name: "members", path: "/settings?tab=members" },
    { name: "invite", path: "/settings?tab=members", open: button(t.people.invite) },
    {
      name: "remove member",
      path: "/settings?tab=members",
      open: async (page) =>
        page.getByRole("article", { name: "Ani Lestari" }).getByRole("button", { name: t.settings.remove }).click(),
    },
    { name: "organization settings", path: "/settings?tab=organization" },
    {
      name: "keep things for less long",
      path: "/settings?tab=organization",
      open: async (page) => {
        const messages = page.getByRole("group", { name: t.keeping.messages, exact: true });
        await messages.getByRole("switch").press("Space");
        await page.getByRole("region", { name: t.keeping.title }).getByRole("button", { name: t.common.save }).click();
        await expect(page.getByRole("dialog")).toBeVisible();
      },
    },
    { name: "inbox settings", path: "/settings?tab=inbox" },
    { name: "quick replies", path: "/settings?tab=replies" },
    { name: "automatic messages", path: "/settings?tab=automatic" },
    { name: "settings of contacts", path: "/settings?tab=contacts" },
    { name: "add field", path: "/settings?tab=contacts", open: button(t.crm.addField) },
    { name: "change field", path: "/settings?tab=contacts", open: line(field, t.crm.editField) },
    { name: "delete field", path: "/settings?tab=contacts", open: line(field, t.crm.deleteField) },
    {
      name: "delete tag",
      path: "/settings?tab=inbox",
      open: button(filled(t.organize.deleteOf, { name: "Zakat" })),
    },
    { name: "audit log", path: "/settings?tab=audit" },
    { name: "no such chat", path: `${chat.slice(0, -3)}000` },
    { name: "nothing there", path: "/nothing" },
  ];
}

/** What somebody sees who is not logged in. */
export const OUTSIDE: Screen[] = [
  { name: "login", path: "/login" },
  { name: "setup", path: "/setup" },
  { name: "invitation", path: "/invitation#nothing" },
  { name: "link from far away", path: "/link#nothing" },
];
