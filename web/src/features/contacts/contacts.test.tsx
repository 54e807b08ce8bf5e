import { screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Note, Reminder } from "~/api/types";
import { mockServer, openApp } from "~/test/app";
import {
  EVERY_PERMISSION,
  emptyWorld,
  json,
  makeAccount,
  makeChat,
  makeContact,
  makeMessage,
  makeTag,
  problem,
  type World,
} from "../../../mock/api";

function world(change: Partial<World> = {}): World {
  return {
    ...emptyWorld(),
    accounts: [makeAccount({ id: "acc_1" })],
    chats: [makeChat({ id: "cht_1", name: "Budi Santoso", contact_id: "con_1" })],
    contacts: [makeContact({ id: "con_1" })],
    messages: [makeMessage({ id: "msg_0", chat_id: "cht_1" }, { text: { body: "Halo" } })],
    ...change,
  };
}

function note(change: Partial<Note> = {}): Note {
  return {
    id: "note_1",
    contact_id: "con_1",
    chat_id: null,
    author: "user:usr_2",
    author_name: "Agus",
    body: "Hubungi sore",
    is_pinned: false,
    created_at: new Date().toISOString(),
    edited_at: null,
    ...change,
  };
}

function reminder(change: Partial<Reminder> = {}): Reminder {
  return {
    id: "rem_1",
    owner_id: "usr_1",
    contact_id: "con_1",
    chat_id: "cht_1",
    about: "Budi Santoso",
    text: "Kirim kwitansi",
    due_at: new Date(Date.now() + 3_600_000).toISOString(),
    time_zone: "Asia/Jakarta",
    status: "open",
    fired_at: null,
    created_by: "user:usr_1",
    created_at: new Date().toISOString(),
    updated_at: new Date().toISOString(),
    ...change,
  };
}

/** Opens the chat and the drawer about its contact. */
async function openPanel(with_: World) {
  const mock = mockServer(with_);
  const { user } = openApp("/chats/cht_1");
  await user.click(await screen.findByRole("button", { name: "Show contact" }));
  const panel = within(await screen.findByRole("dialog", { name: "About this contact" }));
  return { mock, user, panel };
}

const section = (panel: Awaited<ReturnType<typeof openPanel>>["panel"], name: string) =>
  panel.findByRole("region", { name }).then((found) => within(found));

describe("a number", () => {
  it("that_people_write_in_another_form_is_shown_in_both", async () => {
    const contact = makeContact({ id: "con_1", phone: "+628000000101", other_numbers: ["+6280000000101"] });
    const { panel } = await openPanel(world({ contacts: [contact] }));
    await panel.findByText("+628000000101");
    await panel.findByText("+6280000000101");
    panel.getByText(/^Also written:/);
  });
});

describe("a donation", () => {
  it("that_is_recorded_changes_the_card_and_the_segment", async () => {
    const { mock, user, panel } = await openPanel(world());
    const card = await section(panel, "Donor");
    await card.findByText("No gift yet");
    await card.findByRole("button", { name: /^Prospect\. Why Prospect\? There is no gift yet\.$/ });
    await user.click(panel.getByRole("button", { name: "Record donation" }));
    const dialog = within(await screen.findByRole("dialog", { name: "Record a donation" }));
    await user.type(dialog.getByLabelText(/Amount/), "1250000");
    await user.type(dialog.getByLabelText("What for"), "Zakat");
    await user.click(dialog.getByRole("button", { name: "Save" }));
    await card.findByRole("button", { name: /^New\. Why New\?/ });
    expect(await card.findAllByText("Rp 1,250,000")).toHaveLength(2);
    expect(mock.world.donations[0]).toMatchObject({ amount: 125_000_000, currency: "IDR", fund: "Zakat", note: null });
  });

  it("that_is_wrong_says_so_at_the_field", async () => {
    const { mock, user, panel } = await openPanel(world());
    await user.click(await panel.findByRole("button", { name: "Record donation" }));
    const dialog = within(await screen.findByRole("dialog", { name: "Record a donation" }));
    await user.click(dialog.getByRole("button", { name: "Save" }));
    await dialog.findByText("Enter how much was given.");
    expect(mock.world.donations).toHaveLength(0);
    mock.on("POST /v1/donations", () =>
      problem(422, "invalid", "Some fields are not valid.", [
        {
          pointer: "/fund",
          detail: "must have 1 to 100 characters",
          code: "wrong_length",
          params: { min: 1, max: 100 },
        },
      ]),
    );
    await user.type(dialog.getByLabelText(/Amount/), "5");
    await user.click(dialog.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(dialog.getByLabelText("What for").getAttribute("aria-invalid")).toBe("true"));
  });

  it("is_not_shown_to_who_may_not_see_donations", async () => {
    const { panel } = await openPanel(
      world({ permissions: EVERY_PERMISSION.filter((permission) => !permission.startsWith("donations:")) }),
    );
    await panel.findByText("Your role does not show donations.");
    expect(panel.getByRole("button", { name: "Record donation" }).hasAttribute("disabled")).toBe(true);
  });

  it("of_a_colleague_is_there_without_a_reload", async () => {
    const { mock, panel } = await openPanel(world());
    const card = await section(panel, "Donor");
    await card.findByText("No gift yet");
    await mock.handle(
      new Request("http://localhost/v1/donations", {
        method: "POST",
        body: JSON.stringify({
          contact_id: "con_1",
          amount: 500,
          currency: "JPY",
          method: "cash",
          given_on: "2026-01-05",
          status: "confirmed",
        }),
      }),
    );
    await card.findByRole("button", { name: /^New\./ });
  });
});

describe("a note", () => {
  const early = makeMessage({ chat_id: "cht_1", created_at: "2026-01-05T02:00:00.000Z" }, { text: { body: "Pagi" } });
  const late = makeMessage({ chat_id: "cht_1", created_at: "2026-01-05T04:00:00.000Z" }, { text: { body: "Siang" } });

  it("stands_in_the_thread_at_its_time_and_is_marked_as_private", async () => {
    mockServer(world({ messages: [early, late], notes: [note({ created_at: "2026-01-05T03:00:00.000Z" })] }));
    openApp("/chats/cht_1");
    const log = await screen.findByRole("log");
    const found = await within(log).findByRole("article", { name: "Private note by Agus" });
    await waitFor(() => {
      const text = log.textContent ?? "";
      const places = ["Pagi", "Hubungi sore", "Siang"].map((each) => text.indexOf(each));
      expect(places).toEqual(places.toSorted((a, b) => a - b));
      expect(places).not.toContain(-1);
    });
    expect(found.querySelector("svg")).toBeTruthy();
  });

  it("is_written_once_however_often_it_is_tried", async () => {
    const { mock, user, panel } = await openPanel(world());
    const seen: (string | null)[] = [];
    mock.on("POST /v1/chats/:id/notes", ({ request }) => {
      seen.push(request.headers.get("idempotency-key"));
      return seen.length === 1 ? problem(503, "database_unavailable", "Busy.") : json(note(), 201);
    });
    await user.click(await panel.findByRole("button", { name: "Note" }));
    const dialog = within(await screen.findByRole("dialog", { name: "Write a note" }));
    await user.type(dialog.getByLabelText(/Note/), "Hubungi sore");
    await user.click(dialog.getByRole("button", { name: "Save" }));
    await dialog.findByRole("alert");
    await user.click(dialog.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(screen.queryByRole("dialog", { name: "Write a note" })).toBeNull());
    expect(seen[0]).toBeTruthy();
    expect(seen).toEqual([seen[0], seen[0]]);
  });

  it("of_somebody_else_can_be_pinned_but_not_changed_by_an_agent", async () => {
    const permissions = EVERY_PERMISSION.filter((permission) => permission !== "contacts:manage");
    const { mock, user, panel } = await openPanel(world({ permissions, notes: [note()] }));
    const notes = await section(panel, "Notes");
    await user.click(await notes.findByRole("button", { name: "Note by Agus" }));
    expect((await screen.findByRole("menuitem", { name: "Edit" })).hasAttribute("disabled")).toBe(true);
    await user.click(screen.getByRole("menuitem", { name: "Pin" }));
    await notes.findByRole("img", { name: "Pinned" });
    expect(mock.world.notes[0]?.is_pinned).toBe(true);
  });
});

describe("a reminder", () => {
  it("is_set_with_the_time_zone_of_this_browser", async () => {
    const { mock, user, panel } = await openPanel(world());
    await user.click(await panel.findByRole("button", { name: "Reminder" }));
    const dialog = within(await screen.findByRole("dialog", { name: "Set a reminder" }));
    await user.click(dialog.getByRole("button", { name: "Save" }));
    await dialog.findByText("Choose when.");
    await user.type(dialog.getByLabelText(/What about/), "Kirim kwitansi");
    await user.click(dialog.getByLabelText("Tomorrow"));
    await user.click(dialog.getByRole("button", { name: "Save" }));
    const reminders = await section(panel, "Reminders");
    await reminders.findByText("Kirim kwitansi");
    const [made] = mock.world.reminders;
    expect(made).toMatchObject({ owner_id: "usr_1", chat_id: "cht_1" });
    expect(made?.time_zone).toBe(Intl.DateTimeFormat().resolvedOptions().timeZone);
  });

  it("is_set_where_the_person_lives_when_they_said_so", async () => {
    const zone = "Pacific/Kiritimati";
    const preferences = { language: null, time_zone: zone, mail_on_drop: null, mail_on_reminder: null };
    const { mock, user, panel } = await openPanel(world({ preferences }));
    await user.click(await panel.findByRole("button", { name: "Reminder" }));
    const dialog = within(await screen.findByRole("dialog", { name: "Set a reminder" }));
    await dialog.findByText(`The time in ${zone}, as you set it.`);
    await user.type(dialog.getByLabelText(/What about/), "Kirim kwitansi");
    await user.click(dialog.getByLabelText("Tomorrow"));
    await user.click(dialog.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(mock.world.reminders).toHaveLength(1));
    const [made] = mock.world.reminders;
    expect(made?.time_zone).toBe(zone);
    expect(new Date(made?.due_at ?? "").toISOString()).toMatch(/T19:00:00/);
  });

  it("that_is_done_leaves_the_list", async () => {
    const { mock, user, panel } = await openPanel(world({ reminders: [reminder()] }));
    const reminders = await section(panel, "Reminders");
    await user.click(await reminders.findByRole("checkbox", { name: "Done: Kirim kwitansi" }));
    await reminders.findByText("No open reminders.");
    expect(mock.world.reminders[0]?.status).toBe("done");
  });

  it("that_is_due_is_told_to_its_owner_only", async () => {
    const mock = mockServer(world({ reminders: [reminder()] }));
    const { user } = openApp("/accounts");
    await screen.findByRole("heading", { name: "Accounts", level: 1 });
    await waitFor(() => expect(screen.queryByText(/Reminder:/)).toBeNull());
    mock.emit({ type: "reminder.due", data: reminder({ id: "rem_2", owner_id: "usr_2", about: "Siti" }) });
    mock.emit({ type: "reminder.due", data: reminder({ fired_at: new Date().toISOString() }) });
    const toast = await screen.findByText("Reminder: Budi Santoso");
    expect(screen.queryByText("Reminder: Siti")).toBeNull();
    expect(toast).toBeTruthy();
    await user.click(screen.getByRole("button", { name: "Done" }));
    await waitFor(() => expect(mock.world.reminders[0]?.status).toBe("done"));
  });
});

describe("a field", () => {
  const city = { id: "fld_1", key: "city", label: "City", type: "text", choices: [], created_at: "" } as const;

  it("is_changed_in_place_and_esc_takes_it_back", async () => {
    const { mock, user, panel } = await openPanel(world({ customFields: [{ ...city, choices: [] }] }));
    await user.click(await panel.findByRole("button", { name: /^Change City: / }));
    await user.type(panel.getByRole("textbox", { name: "City" }), "Bandung{Escape}");
    await panel.findByRole("button", { name: /^Change City: / });
    expect(mock.world.contacts[0]?.fields).toEqual({});
    await user.click(panel.getByRole("button", { name: /^Change City: / }));
    await user.type(panel.getByRole("textbox", { name: "City" }), "Bandung{Enter}");
    await panel.findByText("Bandung");
    expect(mock.world.contacts[0]?.fields).toEqual({ city: "Bandung" });
    await user.click(panel.getByRole("button", { name: "Clear City" }));
    await waitFor(() => expect(mock.world.contacts[0]?.fields).toEqual({}));
  });

  it("that_the_server_refuses_says_why_at_its_place", async () => {
    const { mock, user, panel } = await openPanel(world({ customFields: [{ ...city, choices: [] }] }));
    mock.on("PATCH /v1/contacts/:id", () =>
      problem(422, "invalid", "Some fields are not valid.", [
        {
          pointer: "/fields/city",
          detail: "must have 1 to 1000 characters",
          code: "wrong_length",
          params: { min: 1, max: 1000 },
        },
      ]),
    );
    await user.click(await panel.findByRole("button", { name: /^Change City: / }));
    await user.type(panel.getByRole("textbox", { name: "City" }), "x{Enter}");
    await waitFor(() => expect(panel.getByRole("textbox", { name: "City" }).getAttribute("aria-invalid")).toBe("true"));
  });
});

describe("the tags of a person", () => {
  const tags = [
    makeTag({ id: "tag_1", name: "Zakat", color: "green" }),
    makeTag({ id: "tag_2", name: "Wakaf", color: "blue" }),
  ];
  const tagged = (...tag_ids: string[]) => world({ tags, contacts: [makeContact({ id: "con_1", tag_ids })] });
  /** Waits until these are there. */
  const has = (panel: Awaited<ReturnType<typeof openPanel>>["panel"], ...names: string[]) =>
    waitFor(() => {
      const list = panel.queryByRole("list", { name: "Tags" });
      const badges = list ? within(list).getAllByRole("listitem") : [];
      expect(badges.map((badge) => badge.textContent)).toEqual(names);
    });
  /** An option of the list, which stands outside the drawer. */
  const option = async (name: string) =>
    within(await screen.findByRole("listbox", { name: "Find or create a tag" })).findByRole("option", { name });

  it("are_shown_and_set_by_keyboard_and_esc_leaves_the_drawer_open", async () => {
    const { mock, user, panel } = await openPanel(tagged("tag_1"));
    const button = await panel.findByRole("button", { name: "Change tags" });
    await has(panel, "Zakat");
    button.focus();
    await user.keyboard("{Enter}");
    await screen.findByRole("textbox", { name: "Find or create a tag" });
    await user.keyboard("Wak{ArrowDown}{Enter}");
    await has(panel, "Zakat", "Wakaf");
    await waitFor(() => expect(mock.world.contacts[0]?.tag_ids).toEqual(["tag_1", "tag_2"]));
    await user.click(await option("Zakat"));
    await has(panel, "Wakaf");
    await waitFor(() => expect(mock.world.contacts[0]?.tag_ids).toEqual(["tag_2"]));
    await user.keyboard("{Escape}");
    await waitFor(() => expect(screen.queryByRole("textbox", { name: "Find or create a tag" })).toBeNull());
    await waitFor(() => expect(document.activeElement).toBe(button));
    expect(screen.getByRole("dialog", { name: "About this contact" })).toBeTruthy();
  });

  it("get_one_that_is_made_on_the_way", async () => {
    const { mock, user, panel } = await openPanel(tagged());
    await user.click(await panel.findByRole("button", { name: "Add tags" }));
    await user.type(await screen.findByRole("textbox", { name: "Find or create a tag" }), "Kurban");
    await user.click(await option("Create “Kurban”"));
    await has(panel, "Kurban");
    const made = mock.world.tags.find((tag) => tag.name === "Kurban");
    await waitFor(() => expect(mock.world.contacts[0]?.tag_ids).toEqual([made?.id]));
  });

  it("are_shown_at_once_and_taken_back_when_the_server_refuses", async () => {
    const { mock, user, panel } = await openPanel(tagged());
    const answers: (() => void)[] = [];
    mock.on("PATCH /v1/contacts/:id", async () => {
      await new Promise<void>((resolve) => answers.push(resolve));
      return problem(503, "database_unavailable", "Busy.");
    });
    await user.click(await panel.findByRole("button", { name: "Add tags" }));
    await user.click(await option("Zakat"));
    await has(panel, "Zakat");
    await waitFor(() => expect(answers).toHaveLength(1));
    answers[0]?.();
    await has(panel);
    expect(mock.world.contacts[0]?.tag_ids).toEqual([]);
  });

  it("that_are_set_in_a_row_reach_the_server_one_after_the_other_and_none_is_lost", async () => {
    const { mock, user, panel } = await openPanel(tagged());
    const seen: unknown[] = [];
    const answers: (() => void)[] = [];
    mock.on("PATCH /v1/contacts/:id", async ({ body }) => {
      const { tag_ids } = (await body()) as { tag_ids: string[] };
      seen.push(tag_ids);
      await new Promise<void>((resolve) => answers.push(resolve));
      mock.world.contacts = [makeContact({ id: "con_1", tag_ids })];
      return json(mock.world.contacts[0]);
    });
    await user.click(await panel.findByRole("button", { name: "Add tags" }));
    await user.click(await option("Zakat"));
    await has(panel, "Zakat");
    await user.click(await option("Wakaf"));
    await has(panel, "Zakat", "Wakaf");
    await waitFor(() => expect(answers).toHaveLength(1));
    answers[0]?.();
    await waitFor(() => expect(answers).toHaveLength(2));
    expect(seen).toEqual([["tag_1"], ["tag_1", "tag_2"]]);
    await has(panel, "Zakat", "Wakaf");
    answers[1]?.();
    await waitFor(() => expect(mock.world.contacts[0]?.tag_ids).toEqual(["tag_1", "tag_2"]));
    await has(panel, "Zakat", "Wakaf");
  });

  it("of_a_colleague_are_there_without_a_reload_also_when_the_tag_is_new", async () => {
    const { mock, panel } = await openPanel(tagged());
    await panel.findByRole("button", { name: "Add tags" });
    mock.world.tags.push(makeTag({ id: "tag_9", name: "Kurban" }));
    await mock.handle(
      new Request("http://localhost/v1/contacts/con_1", {
        method: "PATCH",
        body: JSON.stringify({ tag_ids: ["tag_9"] }),
      }),
    );
    await has(panel, "Kurban");
  });

  it("are_not_changed_by_who_may_not_change_contacts", async () => {
    const permissions = EVERY_PERMISSION.filter((permission) => permission !== "contacts:write");
    const { panel } = await openPanel({ ...tagged("tag_1"), permissions });
    await has(panel, "Zakat");
    const button = panel.getByRole("button", { name: "Change tags" });
    expect([button.hasAttribute("disabled"), button.title]).toEqual([
      true,
      "Your role does not allow this. Ask an owner or admin.",
    ]);
  });
});

describe("two records of one person", () => {
  it("are_joined_and_separated_again", async () => {
    const other = makeContact({ id: "con_2", name: "Budi kantor", phone: "+628000000102" });
    const { mock, user, panel } = await openPanel(world({ contacts: [makeContact({ id: "con_1" }), other] }));
    await user.click(await panel.findByRole("button", { name: "Join with another contact" }));
    const dialog = within(await screen.findByRole("dialog", { name: "Join with another contact" }));
    await user.type(dialog.getByRole("textbox"), "budi");
    await user.click(await dialog.findByRole("radio", { name: /Budi kantor/ }));
    expect(dialog.queryByRole("radio", { name: /Budi Santoso/ })).toBeNull();
    await user.click(dialog.getByRole("button", { name: "Join" }));
    await panel.findByText(/Also this person/);
    await user.click(panel.getByRole("button", { name: "Separate" }));
    const confirm = within(await screen.findByRole("dialog", { name: "Separate" }));
    await user.click(confirm.getByRole("button", { name: "Separate" }));
    await waitFor(() => expect(panel.queryByText(/Also this person/)).toBeNull());
    expect(mock.world.merges[0]?.undone_at).toBeTruthy();
  });
});

describe("the panel on a wide screen", () => {
  const narrow = window.matchMedia;
  beforeEach(() => {
    vi.stubGlobal("matchMedia", (query: string) => ({ ...narrow(query), matches: query === "(min-width: 1200px)" }));
  });
  afterEach(() => vi.stubGlobal("matchMedia", narrow));

  it("stands_beside_the_thread_and_is_remembered", async () => {
    mockServer(world());
    const first = openApp("/chats/cht_1");
    await screen.findByRole("complementary", { name: "About this contact" });
    await first.user.click(screen.getAllByRole("button", { name: "Hide contact" })[0] as HTMLElement);
    await waitFor(() => expect(screen.queryByRole("complementary")).toBeNull());
    first.unmount();
    openApp("/chats/cht_1");
    await screen.findByRole("button", { name: "Show contact" });
    expect(screen.queryByRole("complementary")).toBeNull();
  });
});

describe("why a segment or a figure is so", () => {
  it("is_shown_when_it_is_touched_and_goes_when_something_else_is", async () => {
    const { user, panel } = await openPanel(world());
    const card = await section(panel, "Donor");
    const why = "There is no gift yet.";
    const pill = await card.findByRole("button", { name: /^Prospect\. Why Prospect/ });
    expect(screen.queryByText(why)).toBeNull();
    await user.pointer([{ keys: "[TouchA>]", target: pill }, { keys: "[/TouchA]" }]);
    expect(await screen.findByText(why)).toBeTruthy();
    await user.pointer([{ keys: "[TouchA>]", target: card.getByText("No gift yet") }, { keys: "[/TouchA]" }]);
    await waitFor(() => expect(screen.queryByText(why)).toBeNull());
  });

  it("is_shown_on_focus_and_under_the_mouse", async () => {
    const { user, panel } = await openPanel(world());
    const card = await section(panel, "Donor");
    const bar = await card.findByRole("button", { name: /^Recency: 0/ });
    bar.focus();
    const label = bar.getAttribute("aria-label") ?? "";
    const sentence = label.slice(label.indexOf(". ") + 2);
    expect(await screen.findByText(sentence)).toBeTruthy();
    bar.blur();
    await waitFor(() => expect(screen.queryByText(sentence)).toBeNull());
    await user.hover(bar);
    expect(await screen.findByText(sentence)).toBeTruthy();
    await user.unhover(bar);
    await waitFor(() => expect(screen.queryByText(sentence)).toBeNull());
  });
});
