import { screen, waitFor, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { mockServer, openApp } from "~/test/app";
import { settleHeld } from "~/ui/undo";
import { emptyWorld } from "../../../mock/api";

const INVITED = {
  id: "inv_1",
  email: "budi@example.org",
  name: "Budi",
  role: "agent" as const,
  created_at: "2026-11-26T10:00:00.000Z",
  expires_at: "2026-12-03T10:00:00.000Z",
};

it("an_invitation_shows_its_link_once_and_can_be_taken_back", async () => {
  const mock = mockServer();
  const { user } = openApp("/settings?tab=members");
  await user.click(await screen.findByRole("button", { name: "Invite somebody" }));
  const dialog = await screen.findByRole("dialog", { name: "Invite somebody" });
  await user.type(within(dialog).getByLabelText(/Name/), "Budi");
  await user.type(within(dialog).getByLabelText(/E-mail/), "budi@example.org");
  await user.click(within(dialog).getByRole("button", { name: "Create invitation" }));
  const link = `http://localhost/invitation#${mock.world.invitations[0]?.id}`;
  expect((await screen.findByTestId("secret")).textContent).toBe(link);
  expect(screen.getByText(/on its way by e-mail/)).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Done" }));
  const open = await screen.findByRole("article", { name: "Budi" });
  await user.click(within(open).getByRole("button", { name: "Take back" }));
  await waitFor(() => expect(screen.queryByRole("article", { name: "Budi" })).toBeNull());
  expect(mock.world.invitations).toHaveLength(1);
  await settleHeld();
  expect(mock.world.invitations).toEqual([]);
});

it("without_mail_the_link_is_to_be_handed_over", async () => {
  mockServer({ ...emptyWorld(), mail: false });
  const { user } = openApp("/settings?tab=members");
  await user.click(await screen.findByRole("button", { name: "Invite somebody" }));
  await user.type(await screen.findByLabelText(/Name/), "Budi");
  await user.type(screen.getByLabelText(/E-mail/), "budi@example.org");
  await user.click(screen.getByRole("button", { name: "Create invitation" }));
  expect(await screen.findByText(/^Give them this link/)).toBeTruthy();
});

it("somebody_invited_chooses_a_password_and_is_in", async () => {
  const mock = mockServer({ ...emptyWorld(), user: null, invitations: [INVITED] });
  window.location.hash = "inv_1";
  const { user, router } = openApp("/invitation");
  expect(await screen.findByRole("heading", { name: "Join Yayasan Harapan" })).toBeTruthy();
  expect(screen.getByText(/budi@example.org/)).toBeTruthy();
  await user.type(screen.getByLabelText(/Password/, { selector: "input" }), "a long password");
  await user.click(screen.getByRole("button", { name: "Join" }));
  await waitFor(() => expect(router.state.location.pathname).toBe("/chats"));
  expect(mock.world.user?.name).toBe("Budi");
  window.location.hash = "";
});

it("an_invitation_that_was_used_says_so", async () => {
  mockServer({ ...emptyWorld(), user: null });
  openApp("/invitation");
  expect(await screen.findByRole("heading", { name: "This invitation does not work any more" })).toBeTruthy();
});

it("what_a_person_sets_is_kept", async () => {
  const mock = mockServer();
  const { user } = openApp("/settings");
  const mail = await screen.findByRole("switch", { name: "E-mail me when an account stays disconnected" });
  expect((mail as HTMLInputElement).checked).toBe(true);
  await user.click(mail);
  await waitFor(() => expect(mock.world.preferences?.mail_on_drop).toBe(false));
  await user.click(screen.getByRole("switch", { name: "E-mail me when a reminder of mine is due" }));
  await waitFor(() => expect(mock.world.preferences).toMatchObject({ mail_on_drop: false, mail_on_reminder: false }));
  await user.click(screen.getByRole("button", { name: "Send me a test e-mail" }));
  expect(await screen.findByText(/A test e-mail is on its way/)).toBeTruthy();
});
