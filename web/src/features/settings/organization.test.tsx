import { act, screen, waitFor, within } from "@testing-library/react";
import type { UserEvent } from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { mockServer, openApp } from "~/test/app";
import { emptyWorld, makeTag, problem } from "../../../mock/api";

const keeping = async () => within(await screen.findByRole("region", { name: "How long things are kept" }));

async function confirm(user: UserEvent) {
  const dialog = within(await screen.findByRole("dialog", { name: "Delete what is older" }));
  const act = dialog.getByRole("button", { name: "Delete what is older" }) as HTMLButtonElement;
  expect(act.disabled).toBe(true);
  await user.type(dialog.getByRole("textbox"), "Yayasan Harapan");
  await user.click(act);
}

describe("the organization", () => {
  it("is_renamed", async () => {
    const mock = mockServer();
    const { user } = openApp("/settings?tab=organization");
    const field = await screen.findByLabelText(/Name of the organization/);
    await user.clear(field);
    await user.type(field, "Yayasan Baru");
    await user.click(
      within(screen.getByRole("region", { name: "Organization" })).getByRole("button", { name: "Save" }),
    );
    await waitFor(() => expect(mock.world.organization).toBe("Yayasan Baru"));
    expect(await screen.findByText("The name is saved.")).toBeTruthy();
  });

  it("keeps_everything_for_ever_until_somebody_says_for_how_long", async () => {
    const mock = mockServer();
    const { user } = openApp("/settings?tab=organization");
    const messages = within((await keeping()).getByRole("group", { name: "Messages" }));
    expect((messages.getByRole("switch", { name: "For ever" }) as HTMLInputElement).checked).toBe(true);
    await user.click(messages.getByRole("switch", { name: "For ever" }));
    const days = messages.getByRole("textbox", { name: "Messages: days" });
    await user.clear(days);
    await user.type(days, "90");
    await user.click((await keeping()).getByRole("button", { name: "Save" }));
    // It deletes, so it asks for a typed word.
    expect(mock.world.settings.retention.message_days).toBeNull();
    await confirm(user);
    const kept = { message_days: 90, file_days: null, event_days: null, audit_days: null };
    await waitFor(() => expect(mock.world.settings.retention).toEqual(kept));
    // What is kept for longer deletes nothing.
    const forever = within((await keeping()).getByRole("group", { name: "Messages" }));
    await user.click(forever.getByRole("switch", { name: "For ever" }));
    await user.click((await keeping()).getByRole("button", { name: "Save" }));
    await waitFor(() => expect(mock.world.settings.retention.message_days).toBeNull());
  });

  it("says_at_the_field_what_is_wrong", async () => {
    const mock = mockServer();
    const wrong = {
      pointer: "/settings/retention/audit_days",
      detail: "is not between 30 and 3650",
      code: "out_of_range",
      params: { min: 30, max: 3650 },
    };
    mock.on("PATCH /v1/organization", () => problem(422, "invalid", "Some fields are not valid.", [wrong] as never));
    const { user } = openApp("/settings?tab=organization");
    const audit = within((await keeping()).getByRole("group", { name: "Audit log" }));
    await user.click(audit.getByRole("switch", { name: "For ever" }));
    await user.click((await keeping()).getByRole("button", { name: "Save" }));
    await confirm(user);
    await waitFor(() => expect(audit.getByRole("textbox").getAttribute("aria-invalid")).toBe("true"));
  });

  it("is_not_for_everybody", async () => {
    mockServer({ ...emptyWorld(), permissions: ["messages:read", "events:read", "accounts:read"] });
    openApp("/settings?tab=organization");
    const tab = await screen.findByRole("tab", { name: "Organization" });
    expect((tab as HTMLButtonElement).disabled).toBe(true);
    expect(screen.queryByLabelText(/Name of the organization/)).toBeNull();
  });
});

describe("what a colleague changes", () => {
  it("is_seen_at_once", async () => {
    const mock = mockServer();
    openApp("/settings?tab=inbox");
    await screen.findByRole("region", { name: "Tags" });
    mock.world.tags = [...mock.world.tags, makeTag({ name: "Beasiswa" })];
    expect(screen.queryByDisplayValue("Beasiswa")).toBeNull();
    act(() => mock.hint("settings.changed", { what: "tags" }));
    expect(await screen.findByDisplayValue("Beasiswa")).toBeTruthy();
    // What a newer server shares and this page does not know does no harm.
    act(() => mock.hint("settings.changed", { what: "campaigns" }));
  });

  it("of_roles_is_felt_at_once", async () => {
    const mock = mockServer();
    openApp("/settings?tab=organization");
    await screen.findByLabelText(/Name of the organization/);
    mock.world.permissions = ["messages:read", "events:read", "accounts:read"];
    act(() => mock.hint("settings.changed", { what: "members" }));
    await waitFor(() => expect(screen.queryByLabelText(/Name of the organization/)).toBeNull());
  });
});
