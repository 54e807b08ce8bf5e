import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { mockServer, openApp } from "~/test/app";
import { settleHeld } from "~/ui/undo";
import { emptyWorld, type MockApi, makeAccount, makeChat, makeContact, makeMessage, problem } from "../../../mock/api";
import { makeQuickReply } from "../../../mock/replies";

function world() {
  return {
    ...emptyWorld(),
    accounts: [makeAccount({ id: "acc_1" })],
    chats: [makeChat({ id: "cht_1", contact_id: "con_1" })],
    contacts: [makeContact({ id: "con_1" })],
    messages: [makeMessage({ id: "msg_0", chat_id: "cht_1" })],
    quickReplies: [
      makeQuickReply({ shortcut: "alamat", body: "x", filled: { text: "Kantor kami di Bandung", missing: [] } }),
      makeQuickReply({
        shortcut: "terima-kasih",
        body: "x",
        filled: { text: "Terima kasih {{contact.first_name}}, dari kami", missing: ["{{contact.first_name}}"] },
      }),
    ],
  };
}

const field = () => screen.findByRole<HTMLTextAreaElement>("textbox", { name: "Write a message" });
const sent = (mock: MockApi) => mock.world.messages.filter((message) => message.direction === "out");

describe("the composer", () => {
  it("lists_quick_replies_behind_a_slash_and_puts_in_the_chosen_one", async () => {
    const mock = mockServer(world());
    const { user } = openApp("/chats/cht_1");
    await user.type(await field(), "Halo, /");
    const list = await screen.findByRole("listbox", { name: "Quick replies" });
    expect(within(list).getAllByRole("option")).toHaveLength(2);
    const [first, second] = within(list).getAllByRole("option");
    expect((await field()).getAttribute("aria-activedescendant")).toBe(first?.id);
    await user.keyboard("{ArrowDown}");
    expect((await field()).getAttribute("aria-activedescendant")).toBe(second?.id);
    await user.keyboard("{ArrowDown}");
    expect((await field()).getAttribute("aria-activedescendant")).toBe(first?.id);
    await user.keyboard("{Enter}");
    expect((await field()).value).toBe("Halo, Kantor kami di Bandung");
    expect(screen.queryByRole("listbox")).toBeNull();
    expect(sent(mock)).toEqual([]);
    await user.keyboard("{Enter}");
    await waitFor(() => expect(sent(mock)).toMatchObject([{ text: { body: "Halo, Kantor kami di Bandung" } }]));
  });

  it("finds_them_by_their_text_and_leaves_everything_else_alone", async () => {
    const mock = mockServer(world());
    const { user } = openApp("/chats/cht_1");
    await user.type(await field(), "/bandung");
    expect(await screen.findByRole("option", { name: /alamat/ })).toBeTruthy();
    await user.keyboard("{Escape}");
    expect(screen.queryByRole("listbox")).toBeNull();
    await user.clear(await field());
    await user.type(await field(), "/nothing{Enter}");
    await waitFor(() => expect(sent(mock)).toMatchObject([{ text: { body: "/nothing" } }]));
  });

  it("sends_no_message_with_a_hole_and_selects_it_to_be_filled", async () => {
    const mock = mockServer(world());
    const { user } = openApp("/chats/cht_1");
    await user.type(await field(), "/ter");
    const option = await screen.findByRole("option", { name: /terima-kasih/ });
    expect(option.querySelector("mark")?.textContent).toBe("{{contact.first_name}}");
    await user.click(option);
    const { value } = await field();
    expect(value).toBe("Terima kasih {{contact.first_name}}, dari kami");
    await waitFor(async () => {
      const { selectionStart, selectionEnd } = await field();
      expect(value.slice(selectionStart, selectionEnd)).toBe("{{contact.first_name}}");
    });
    expect((await screen.findByRole("alert")).textContent).toContain("{{contact.first_name}}");
    expect(screen.getByRole("button", { name: "Send" }).hasAttribute("disabled")).toBe(true);
    await user.keyboard("Bu Siti");
    await user.keyboard("{Enter}");
    await waitFor(() => expect(sent(mock)).toMatchObject([{ text: { body: "Terima kasih Bu Siti, dari kami" } }]));
  });

  it("says_when_somebody_asked_not_to_be_written_to", async () => {
    const opted = world();
    opted.contacts = [makeContact({ id: "con_1", opted_out_at: "2026-11-20T02:00:00.000Z" })];
    mockServer(opted);
    openApp("/chats/cht_1");
    expect(await screen.findByText(/^This person asked not to be written to/)).toBeTruthy();
    expect((await field()).disabled).toBe(false);
  });

  it("marks_what_was_sent_by_itself", async () => {
    const marked = world();
    marked.messages.push(
      makeMessage({ id: "msg_1", direction: "out", automatic: "welcome" }, { text: { body: "Hai" } }),
    );
    mockServer(marked);
    openApp("/chats/cht_1");
    const log = await screen.findByRole("log");
    expect((await within(log).findAllByText(/^Automatic/)).length).toBe(1);
  });
});

describe("settings", () => {
  it("add_change_and_delete_quick_replies_and_tell_what_is_wrong_at_the_field", async () => {
    const mock = mockServer({ ...emptyWorld() });
    const { user } = openApp("/settings?tab=replies");
    await user.click(await screen.findByRole("button", { name: "Add quick reply" }));
    const dialog = await screen.findByRole("dialog", { name: "Add quick reply" });
    await user.type(within(dialog).getByLabelText("Shortcut"), "/halo");
    await user.click(within(dialog).getByLabelText("Text"));
    await user.paste("Halo {{contact.first_name}}");
    expect((await within(dialog).findByTestId("preview")).textContent).toBe("Halo Siti");
    mock.on("POST /v1/quick-replies", () => problem(409, "shortcut_taken", "taken"));
    await user.click(within(dialog).getByRole("button", { name: "Save" }));
    expect(await within(dialog).findByText("There is a quick reply with this shortcut already.")).toBeTruthy();
    mock.on("POST /v1/quick-replies", async ({ body }) => {
      const made = makeQuickReply((await body()) as object);
      mock.world.quickReplies.push(made);
      return new Response(JSON.stringify(made), { status: 201, headers: { "content-type": "application/json" } });
    });
    await user.click(within(dialog).getByRole("button", { name: "Save" }));
    expect(await screen.findByRole("article", { name: "/halo" })).toBeTruthy();
    expect(mock.world.quickReplies).toMatchObject([{ shortcut: "halo", body: "Halo {{contact.first_name}}" }]);
    await user.click(screen.getByRole("button", { name: "Delete halo" }));
    await waitFor(() => expect(screen.queryByRole("article", { name: "/halo" })).toBeNull());
    expect(mock.world.quickReplies).toHaveLength(1);
    let mayDelete = false;
    mock.on("DELETE /v1/quick-replies/:id", ({ id }) => {
      if (!mayDelete) return problem(403, "forbidden", "No.");
      mock.world.quickReplies = mock.world.quickReplies.filter((reply) => reply.id !== id);
      return new Response(null, { status: 204 });
    });
    await settleHeld();
    // It comes back, and says itself why.
    const back = await screen.findByRole("article", { name: "/halo" });
    expect(within(back).getByRole("alert").textContent).toContain("Your role does not allow this.");
    mayDelete = true;
    await user.click(within(back).getByRole("button", { name: "Delete halo" }));
    await settleHeld();
    await waitFor(() => expect(mock.world.quickReplies).toEqual([]));
    expect(screen.queryByRole("article", { name: "/halo" })).toBeNull();
  });

  it("set_hours_of_a_day_and_holidays", async () => {
    const mock = mockServer({ ...emptyWorld() });
    const { user } = openApp("/settings?tab=automatic");
    const card = await screen.findByRole("region", { name: "Business hours" });
    await user.click(within(card).getByRole("switch", { name: "We have business hours" }));
    await user.click(within(card).getByRole("button", { name: "Add hours on Sunday" }));
    await user.click(within(card).getByRole("button", { name: "Remove these hours of Monday" }));
    const day = within(card).getByLabelText("Holidays", { selector: "input" });
    await user.type(day, "2026-12-25");
    await user.click(within(card).getByRole("button", { name: "Add" }));
    await user.click(within(card).getByRole("button", { name: "Save" }));
    await waitFor(() => expect(mock.world.settings.business_hours).not.toBeNull());
    const hours = mock.world.settings.business_hours;
    expect(hours?.intervals.map((each) => each.day)).toEqual(["tuesday", "wednesday", "thursday", "friday", "sunday"]);
    expect(hours?.holidays).toEqual(["2026-12-25"]);
  });

  it("tell_what_is_wrong_with_an_interval_at_its_place", async () => {
    const mock = mockServer({ ...emptyWorld() });
    mock.on("PATCH /v1/organization", () =>
      problem(422, "invalid", "wrong", [
        { pointer: "/settings/business_hours/intervals/1", code: "overlaps", detail: "overlaps with another one" },
      ]),
    );
    const { user } = openApp("/settings?tab=automatic");
    const card = await screen.findByRole("region", { name: "Business hours" });
    await user.click(within(card).getByRole("switch", { name: "We have business hours" }));
    await user.click(within(card).getByRole("button", { name: "Save" }));
    const tuesday = within(card).getByRole("group", { name: "Tuesday" });
    expect((await within(tuesday).findByRole("alert")).textContent).toBe("This overlaps with other hours.");
  });

  it("switch_the_welcome_on_with_a_text", async () => {
    const mock = mockServer({ ...emptyWorld() });
    const { user } = openApp("/settings?tab=automatic");
    const card = await screen.findByRole("region", { name: "Welcome message" });
    await user.click(within(card).getByRole("switch", { name: "Welcome new people" }));
    await user.click(within(card).getByLabelText("Message"));
    await user.paste("Halo");
    await user.click(within(card).getByRole("button", { name: "Save" }));
    await waitFor(() => expect(mock.world.settings.welcome).toEqual({ enabled: true, text: "Halo" }));
  });
});
