/** The audit log tells in words what was done, and with what. */
import { screen, within } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import { chooseLanguage } from "~/i18n";
import { mockServer, openApp } from "~/test/app";
import { emptyWorld, makeAccount } from "../../../mock/api";

afterEach(() => chooseLanguage("en"));

function open(entries: { action: string; target: string | null }[]) {
  const world = emptyWorld();
  world.accounts = [makeAccount({ id: "acc_1", name: "Front desk" })];
  world.audit = entries.map((entry, index) => ({
    ...entry,
    seq: 40 - index,
    at: "2026-11-27T02:00:00.000Z",
    actor: "system",
    ip: null,
  }));
  mockServer(world);
  return openApp("/settings?tab=audit");
}

const rows = async () => {
  const log = await screen.findByRole("region", { name: /Audit log|Catatan audit/ });
  await within(log).findByText(/Front desk/);
  return within(log).getAllByRole("row").slice(1);
};

it("names_what_was_done_and_the_thing_and_leads_to_it", async () => {
  open([
    { action: "account.pause", target: "acc_1" },
    { action: "chat.update", target: "chat_1" },
    { action: "contact.erase", target: "con_1" },
    { action: "something.newer", target: null },
  ]);
  const [paused, chat, erased, newer] = await rows();
  expect(paused?.textContent).toContain("Paused an account");
  expect(
    within(paused as HTMLElement)
      .getByRole("link", { name: "Front desk" })
      .getAttribute("href"),
  ).toBe("/accounts");
  expect(
    within(chat as HTMLElement)
      .getByRole("link")
      .getAttribute("href"),
  ).toBe("/chats/chat_1?status=all");
  expect(erased?.textContent).toContain("Erased a contact");
  expect(erased?.textContent).toContain("con_1");
  // What a newer server does has no words here yet.
  expect(newer?.textContent).toContain("something.newer");
});

it("speaks_the_language_that_is_shown", async () => {
  await chooseLanguage("id");
  open([{ action: "account.pause", target: "acc_1" }]);
  const [paused] = await rows();
  expect(paused?.textContent).toContain("Menjeda akun");
});
