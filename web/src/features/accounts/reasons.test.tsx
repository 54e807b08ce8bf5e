import { screen, within } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import { chooseLanguage } from "~/i18n";
import { mockServer, openApp } from "~/test/app";
import { emptyWorld, makeAccount } from "../../../mock/api";

const UNLINKED = { code: "logged_out_401", detail: "The phone or WhatsApp unlinked this device." };

afterEach(() => chooseLanguage("en"));

it("a_card_says_why_and_what_to_do_in_the_language_that_is_shown", async () => {
  const reason = { code: "refused_403", detail: "WhatsApp refused the connection (code 403)." };
  const account = makeAccount({ id: "acc_1", name: "Front desk", state: "banned", reason });
  mockServer({ ...emptyWorld(), accounts: [account] });
  await chooseLanguage("id");
  openApp("/accounts");
  const card = await screen.findByRole("article", { name: "Front desk" });
  const text = "WhatsApp memblokir nomor ini. Buka WhatsApp di ponsel dan minta peninjauan di sana.";
  expect(within(card).getByText(text)).toBeTruthy();
});

it("a_card_says_when_a_limit_ends", async () => {
  const account = makeAccount({
    id: "acc_1",
    name: "Front desk",
    state: "restricted",
    reason: { code: "temporary_ban_104", detail: "WhatsApp limits this number for 120 minutes." },
    limited_until: "2026-11-27T02:00:00.000Z",
  });
  mockServer({ ...emptyWorld(), accounts: [account] });
  openApp("/accounts");
  const card = await screen.findByRole("article", { name: "Front desk" });
  expect(within(card).getByText(/it sent the same message to too many people\..* The limit ends .*2026/)).toBeTruthy();
});

it("the_history_says_why_in_the_language_that_is_shown", async () => {
  mockServer({
    ...emptyWorld(),
    accounts: [makeAccount({ id: "acc_1", name: "Front desk" })],
    history: [
      { state: "logged_out", at: "2026-11-27T02:00:00.000Z", reason: UNLINKED },
      { state: "connected", at: "2026-11-27T01:00:00.000Z", reason: null },
    ],
  });
  await chooseLanguage("id");
  const { user } = openApp("/accounts");
  await user.click(await screen.findByRole("button", { name: "Riwayat" }));
  expect(await screen.findByText("Ponsel atau WhatsApp memutuskan perangkat ini.")).toBeTruthy();
  // What goes as it should has no reason to tell, but words.
  expect(screen.getByText("WhatsApp menerima sambungannya.")).toBeTruthy();
});
