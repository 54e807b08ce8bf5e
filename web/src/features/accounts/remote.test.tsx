import { screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { chooseLanguage } from "~/i18n";
import { mockServer, openApp } from "~/test/app";
import { emptyWorld, makeAccount, problem } from "../../../mock/api";

const unlinked = () => makeAccount({ name: "Front desk", state: "created", phone: null, last_connected_at: null });

/** The page of somebody who is not logged in, at the link with this token. */
function visit(token: string) {
  window.location.hash = `#${token}`;
  return openApp("/link");
}

/** A link that somebody else made. */
async function linkOf(mock: ReturnType<typeof mockServer>, account: string) {
  const made = await fetch(`/v1/accounts/${account}/remote-links`, { method: "POST", body: "{}" });
  const { id, url } = (await made.json()) as { id: string; url: string };
  mock.world.user = null;
  return { id, token: url.split("#")[1] ?? "" };
}

const stateText = () => screen.getByTestId("link-state").textContent;

describe("a link for linking from far away", () => {
  beforeEach(() => chooseLanguage("en"));
  afterEach(() => {
    window.location.hash = "";
  });

  it("is_made_in_the_dialog_told_of_and_taken_back", async () => {
    const account = unlinked();
    mockServer({ ...emptyWorld(), accounts: [account] });
    const { user } = openApp(`/accounts?link=${account.id}`);
    const dialog = within(await screen.findByRole("dialog", { name: "Link Front desk" }));
    await user.click(await dialog.findByRole("button", { name: "Copy link for remote linking" }));
    const field = await dialog.findByRole("textbox", { name: "Link for remote linking" });
    expect((field as HTMLInputElement).value).toContain("/link#token_");
    expect(dialog.getByText(/Nobody has opened it yet/)).toBeTruthy();
    await user.click(dialog.getByRole("button", { name: "Take the link back" }));
    expect(await dialog.findByRole("button", { name: "Copy link for remote linking" })).toBeTruthy();
  });

  it("shows_the_code_follows_the_phone_and_says_when_it_is_done", async () => {
    const account = unlinked();
    const mock = mockServer({ ...emptyWorld(), accounts: [account] });
    const { token } = await linkOf(mock, account.id);
    visit(token);
    expect(await screen.findByRole("heading", { name: "Link Front desk to WhatsApp", level: 1 })).toBeTruthy();
    expect(await screen.findByRole("img", { name: "QR code to link this account" })).toBeTruthy();
    expect(stateText()).toBe("Waiting for the phone");
    expect(screen.getByText("This page works for 10 more minutes.")).toBeTruthy();
    expect(screen.getAllByRole("listitem")).toHaveLength(5);
    account.state = "starting";
    await waitFor(() => expect(stateText()).toBe("Scanned. Linking…"), { timeout: 10_000 });
    account.state = "connected";
    expect(
      await screen.findByRole("heading", { name: "Front desk is linked", level: 1 }, { timeout: 10_000 }),
    ).toBeTruthy();
    expect(screen.getByRole("status").textContent).toContain("You can close this page.");
  });

  it("asks_for_a_new_code_when_they_have_run_out", async () => {
    const account = unlinked();
    const mock = mockServer({ ...emptyWorld(), accounts: [account] });
    const { token } = await linkOf(mock, account.id);
    const { user } = visit(token);
    await screen.findByRole("img", { name: "QR code to link this account" });
    account.state = "created";
    await user.click(await screen.findByRole("button", { name: "Generate new code" }, { timeout: 10_000 }));
    await waitFor(() => expect(stateText()).toBe("Waiting for the phone"));
  });

  it("says_that_it_works_no_more_as_soon_as_it_does_not", async () => {
    const account = unlinked();
    const mock = mockServer({ ...emptyWorld(), accounts: [account] });
    const { token } = await linkOf(mock, account.id);
    const page = visit(token);
    await screen.findByRole("img", { name: "QR code to link this account" });
    mock.on("POST /v1/remote-links/look", () => problem(410, "remote_link_void", "This link works no more."));
    const title = { name: "This link works no more", level: 1 } as const;
    expect(await screen.findByRole("heading", title, { timeout: 10_000 })).toBeTruthy();
    page.unmount();
    visit("nothing");
    expect(await screen.findByRole("heading", title)).toBeTruthy();
  });
});
