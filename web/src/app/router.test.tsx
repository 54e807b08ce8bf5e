import { act, screen, waitFor } from "@testing-library/react";
import { expect, it } from "vitest";
import { mockServer, openApp, streams } from "~/test/app";
import { emptyWorld, makeAccount, makeChat, problem } from "../../mock/api";
import { insideApp } from "./router";

it.each(["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", 7, undefined])(
  "a_log_in_never_returns_to_%s",
  (address) => expect(insideApp(address)).toBeUndefined(),
);

it("a_stranger_logs_in_and_comes_to_the_page_they_wanted", async () => {
  const mock = mockServer({ ...emptyWorld(), user: null });
  const { user, router } = openApp("/accounts");
  await user.type(await screen.findByLabelText(/E-mail/), "sari@example.org");
  await user.type(screen.getByLabelText(/Password/, { selector: "input" }), "a long password");
  await user.click(screen.getByRole("button", { name: "Log in" }));
  await screen.findByRole("heading", { name: "Accounts" });
  expect(router.state.location.pathname).toBe("/accounts");
  expect(mock.world.user).not.toBeNull();
});

it("a_wrong_password_is_told_in_place", async () => {
  const mock = mockServer({ ...emptyWorld(), user: null });
  mock.on("POST /v1/login", () => problem(401, "unauthenticated", "No such user."));
  const { user } = openApp("/login");
  await user.type(await screen.findByLabelText(/E-mail/), "sari@example.org");
  await user.type(screen.getByLabelText(/Password/, { selector: "input" }), "wrong");
  await user.click(screen.getByRole("button", { name: "Log in" }));
  expect((await screen.findByRole("alert")).textContent).toBe("E-mail or password is wrong.");
});

it("a_session_that_ends_leads_to_the_log_in_and_back", async () => {
  const mock = mockServer();
  const { user, router } = openApp("/settings?tab=members");
  await screen.findByRole("article", { name: "Sari Dewi" });
  mock.world.user = null;
  await user.click(screen.getByRole("tab", { name: "Audit log" }));
  expect(await screen.findByText("Your session has ended. Log in to go on where you were.")).toBeTruthy();
  expect(router.state.location.search).toMatchObject({ redirect: "/settings?tab=audit" });
  await user.type(screen.getByLabelText(/E-mail/), "sari@example.org");
  await user.type(screen.getByLabelText(/Password/, { selector: "input" }), "a long password");
  await user.click(screen.getByRole("button", { name: "Log in" }));
  expect(await screen.findByText("Who did what, and when.")).toBeTruthy();
});

it.each([
  "/accounts",
  "/accounts?link=acc_1",
  "/chats?unread=true",
  "/chats/cht_1?account=acc_1",
  "/webhooks",
  "/settings?tab=members",
])("a_session_that_ends_while_%s_is_open_leads_back_to_it", async (address) => {
  const account = makeAccount({ id: "acc_1", state: "need_scan" });
  const mock = mockServer({ ...emptyWorld(), accounts: [account], chats: [makeChat({ id: "cht_1" })] });
  const { user, router } = openApp(address);
  await screen.findByText("Yayasan Harapan");
  await waitFor(() => expect(router.state.status).toBe("idle"));
  mock.world.user = null;
  // Nobody touches the page: the server refuses to go on with the stream.
  act(() => streams().at(-1)?.giveUp());
  expect(await screen.findByText("Your session has ended. Log in to go on where you were.")).toBeTruthy();
  await user.type(screen.getByLabelText(/E-mail/), "sari@example.org");
  await user.type(screen.getByLabelText(/Password/, { selector: "input" }), "a long password");
  await user.click(screen.getByRole("button", { name: "Log in" }));
  await screen.findByText("Yayasan Harapan");
  expect(router.state.location.href).toBe(address);
});

it("the_first_start_goes_to_the_set_up", async () => {
  const world = { ...emptyWorld(), user: null };
  mockServer({ ...world, setup: { ...world.setup, needs_owner: true } });
  const { router } = openApp("/");
  expect(await screen.findByRole("heading", { name: "Set up Pesan" })).toBeTruthy();
  await waitFor(() => expect(router.state.location.pathname).toBe("/setup"));
});

it("a_set_up_link_that_was_used_says_so_at_once_and_leads_to_the_log_in", async () => {
  mockServer({ ...emptyWorld(), user: null });
  const { user } = openApp("/setup");
  expect(await screen.findByText(/This installation already has an owner/)).toBeTruthy();
  expect(screen.queryByLabelText(/Organization/)).toBeNull();
  await user.click(screen.getByRole("link", { name: "Log in" }));
  expect(await screen.findByRole("heading", { name: "Log in" })).toBeTruthy();
});

it("a_set_up_link_that_is_void_is_explained_in_a_sentence", async () => {
  const world = { ...emptyWorld(), user: null };
  const mock = mockServer({ ...world, setup: { ...world.setup, needs_owner: true } });
  const detail = "is not the token of the link that was printed at the last start";
  mock.on("POST /v1/setup/owner", () =>
    problem(422, "invalid", "Wrong.", [{ pointer: "/token", code: "wrong_setup_token", detail }]),
  );
  window.location.hash = "#token=void";
  const { user } = openApp("/setup");
  await user.type(await screen.findByLabelText(/Organization/), "Toko");
  await user.type(screen.getByLabelText(/Your name/), "Sari");
  await user.type(screen.getByLabelText(/E-mail/), "sari@example.org");
  await user.type(screen.getByLabelText(/Password/, { selector: "input" }), "a long password");
  await user.click(screen.getByRole("button", { name: "Create owner" }));
  const sentence =
    "This set-up link is not valid any more. Open the link that the server printed when it was last started.";
  expect((await screen.findByRole("alert")).textContent).toBe(sentence);
  window.location.hash = "";
});

it("what_a_role_may_not_do_is_shown_but_disabled", async () => {
  mockServer({ ...emptyWorld(), permissions: ["accounts:read", "messages:read", "messages:send", "events:read"] });
  openApp("/accounts");
  expect(((await screen.findByRole("button", { name: "Add account" })) as HTMLButtonElement).disabled).toBe(true);
  expect(screen.queryByRole("link", { name: "Webhooks" })).toBeNull();
  // Everybody has settings of their own.
  expect(screen.getAllByRole("link", { name: "Settings" }).length).toBeGreaterThan(0);
});

it("the_sandbox_says_so", async () => {
  mockServer();
  openApp("/accounts");
  expect((await screen.findByRole("note")).textContent).toContain("Nothing reaches WhatsApp");
});

it("the_sandbox_tells_how_to_make_virtual_phones", async () => {
  mockServer();
  const { user } = openApp("/chats");
  await user.click(await screen.findByRole("button", { name: "Make a virtual phone" }));
  expect((await screen.findByRole("dialog", { name: "Virtual phones" })).textContent).toContain("$NET/admin/phones");
});

it("a_real_server_says_nothing_of_a_sandbox", async () => {
  const world = emptyWorld();
  mockServer({ ...world, setup: { ...world.setup, sandbox: false } });
  openApp("/chats");
  await screen.findByText("Pesan 0.1.0");
  expect(screen.queryByRole("note")).toBeNull();
});
