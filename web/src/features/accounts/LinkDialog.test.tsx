import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { mockServer, openApp } from "~/test/app";
import { emptyWorld, json, makeAccount, problem } from "../../../mock/api";
import { stageOf } from "./stage";

const PNG = (code: number) => `data:image/png;base64,${btoa(`code ${code}`)}`;

async function openDialog() {
  const mock = mockServer();
  let codes = 0;
  mock.on("GET /v1/accounts/:id/qr", () => {
    codes += 1;
    return json({ code: `code ${codes}`, png: PNG(codes), expires_at: new Date(Date.now() + 20_000).toISOString() });
  });
  const app = openApp("/accounts");
  await app.user.click(await screen.findByRole("button", { name: "Add account" }));
  await app.user.type(await screen.findByLabelText(/Account name/), "Front desk");
  await app.user.click(screen.getByRole("button", { name: "Add and show QR code" }));
  const dialog = await screen.findByRole("dialog", { name: "Link Front desk" });
  const account = mock.world.accounts[0];
  if (!account) throw new Error("the account was not made");
  return { ...app, mock, dialog, account };
}

const stateText = () => screen.getByTestId("link-state").textContent;

describe("the QR dialog", () => {
  it("follows_the_phone_and_closes_by_itself_with_a_notice", async () => {
    const { mock, dialog, account } = await openDialog();
    expect(await within(dialog).findByRole("img", { name: "QR code to link this account" })).toBeTruthy();
    expect(within(dialog).getAllByRole("listitem")).toHaveLength(5);
    expect(stateText()).toBe("Waiting for the phone");

    mock.setState(account, "starting");
    await waitFor(() => expect(stateText()).toBe("Scanned. Linking…"));
    mock.setState(account, "syncing");
    await waitFor(() => expect(stateText()).toBe("Linked. Syncing…"));
    mock.setState(account, "connected");
    await waitFor(() => expect(stateText()).toBe("Front desk is connected"));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(await screen.findByRole("alert")).toHaveProperty("textContent", "Front desk is connected");
  });

  it("shows_the_next_code_as_soon_as_it_is_announced", async () => {
    const { mock, dialog, account } = await openDialog();
    const image = await within(dialog).findByRole("img", { name: "QR code to link this account" });
    expect(image.getAttribute("src")).toBe(PNG(1));
    mock.hint("account.qr", { account_id: account.id });
    await waitFor(() => expect(image.getAttribute("src")).toBe(PNG(2)));
  });

  it("closes_on_escape_and_gives_the_focus_back", async () => {
    const { user } = await openDialog();
    await user.keyboard("{Escape}");
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(await screen.findByRole("button", { name: "Show QR code" })).toBeTruthy();
  });

  it("offers_a_new_code_when_linking_has_stopped", async () => {
    const { mock, account, user } = await openDialog();
    mock.setState(account, "logged_out");
    await user.click(await screen.findByRole("button", { name: "Get a new code" }));
    await waitFor(() => expect(stateText()).toBe("Waiting for the phone"));
  });

  it("tells_why_connecting_failed", async () => {
    const mock = mockServer({ ...emptyWorld(), accounts: [makeAccount({ name: "Events", state: "paused" })] });
    mock.on("POST /v1/accounts/:id/connect", () => problem(503, "busy", "Too many accounts are starting."));
    const { user } = openApp("/accounts");
    await user.click(await screen.findByRole("button", { name: "Connect" }));
    expect((await screen.findByRole("alert")).textContent).toContain("Too many accounts are starting.");
  });
});

it("an_account_that_starts_after_its_code_was_shown_is_being_linked", () => {
  expect(stageOf("starting", false, false)).toBe("preparing");
  expect(stageOf("starting", true, false)).toBe("linking");
});

it("deleting_an_account_asks_for_its_name", async () => {
  const mock = mockServer({ ...emptyWorld(), accounts: [makeAccount({ name: "Events" })] });
  const { user } = openApp("/accounts");
  await user.click(await screen.findByRole("button", { name: "More actions for Events" }));
  await user.click(await screen.findByRole("menuitem", { name: "Delete account" }));
  const dialog = await screen.findByRole("dialog");
  const act = within(dialog).getByRole("button", { name: "Delete" }) as HTMLButtonElement;
  expect(act.disabled).toBe(true);
  await user.type(within(dialog).getByRole("textbox"), "Events");
  await user.click(act);
  await screen.findByText("Link your first WhatsApp number");
  expect(mock.world.accounts).toEqual([]);
});

it("accounts_with_problems_come_first", async () => {
  mockServer({
    ...emptyWorld(),
    accounts: [
      makeAccount({ name: "A fine one" }),
      makeAccount({ name: "B heals", state: "reconnecting" }),
      makeAccount({ name: "C broken", state: "logged_out" }),
    ],
  });
  openApp("/accounts");
  const names = (await screen.findAllByRole("article")).map((card) => card.getAttribute("aria-label"));
  expect(names).toEqual(["C broken", "B heals", "A fine one"]);
});
