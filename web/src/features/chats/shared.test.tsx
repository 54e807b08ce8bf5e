import { screen, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { mockServer, openApp } from "~/test/app";
import { emptyWorld, makeAccount, makeChat, makeMessage, type World } from "../../../mock/api";

function world(change: Partial<World> = {}): World {
  return {
    ...emptyWorld(),
    accounts: [makeAccount({ id: "acc_1", name: "Front desk" }), makeAccount({ id: "acc_2", name: "Donor care" })],
    chats: [makeChat({ id: "cht_1", account_id: "acc_2", name: "Budi Santoso" })],
    messages: [],
    ...change,
  };
}

const log = () => screen.findByRole("log", { name: "Messages with Budi Santoso" });
const MONAS = { latitude: -6.175392, longitude: 106.827153 };

describe("a message that was changed", () => {
  it("shows_its_new_words_live_and_that_and_when_it_was_edited", async () => {
    const said = makeMessage({ chat_id: "cht_1" }, { text: { body: "Sampai besok" } });
    const mock = mockServer(world({ messages: [said] }));
    openApp("/chats/cht_1");
    await within(await log()).findByText("Sampai besok");
    const edited_at = "2026-01-05T09:03:00.000Z";
    mock.emit({ type: "message.edited", data: { ...said, text: { body: "Sampai lusa" }, edited_at } });
    await within(await log()).findByText("Sampai lusa");
    expect(within(await log()).queryByText("Sampai besok")).toBeNull();
    const mark = within(await log()).getByText("edited");
    expect(mark.getAttribute("datetime")).toBe(edited_at);
    expect(mark.title).toContain("2026");
  });

  it("leaves_a_line_and_nothing_to_answer_when_it_was_deleted_for_everybody", async () => {
    const said = makeMessage({ id: "msg_1", chat_id: "cht_1" }, { text: { body: "Nomor rekening saya" } });
    const heart = makeMessage({ chat_id: "cht_1" }, { reaction: { message_id: "msg_1", emoji: "❤️" } });
    const mock = mockServer(world({ messages: [said, heart] }));
    openApp("/chats/cht_1");
    await within(await log()).findByText("Nomor rekening saya");
    const { text: _, ...rest } = said as typeof said & { text: unknown };
    mock.emit({
      type: "message.revoked",
      data: { ...rest, type: "revoked", revoked: { by_admin: false }, revoked_at: "2026-01-05T09:03:00.000Z" },
    });
    await within(await log()).findByText("This message was deleted");
    expect(within(await log()).queryByText("Nomor rekening saya")).toBeNull();
    expect(within(await log()).queryByRole("img", { name: /Reacted/ })).toBeNull();
    expect(screen.queryByRole("button", { name: "Reply" })).toBeNull();
  });

  it("says_that_it_was_an_admin", async () => {
    mockServer(world({ messages: [makeMessage({ chat_id: "cht_1" }, { revoked: { by_admin: true } })] }));
    openApp("/chats/cht_1");
    expect(await within(await log()).findByText("An admin of the group deleted this message")).toBeTruthy();
  });
});

describe("what people share", () => {
  it("shows_a_place_with_a_link_to_a_map_and_asks_nobody_for_a_picture", async () => {
    const place = { ...MONAS, name: "Monas", address: "Jalan Merdeka", is_live: false };
    mockServer(world({ messages: [makeMessage({ chat_id: "cht_1" }, { location: place })] }));
    openApp("/chats/cht_1");
    await within(await log()).findByText("Monas");
    expect(within(await log()).getByText("-6.17539, 106.82715")).toBeTruthy();
    const link = within(await log()).getByRole("link", { name: "Open map" });
    expect(link.getAttribute("href")).toBe(
      "https://www.openstreetmap.org/?mlat=-6.175392&mlon=106.827153#map=16/-6.175392/106.827153",
    );
    expect(link.getAttribute("rel")).toBe("noopener noreferrer");
    expect((await log()).querySelector("img, iframe")).toBeNull();
  });

  it("tells_a_live_place_from_a_place", async () => {
    const place = { ...MONAS, caption: "Sudah di jalan", is_live: true };
    mockServer(world({ messages: [makeMessage({ chat_id: "cht_1" }, { location: place })] }));
    openApp("/chats/cht_1");
    await within(await log()).findByText("Live location: where it began");
    expect(within(await log()).getByText("Sudah di jalan")).toBeTruthy();
  });

  const budi = { name: "Budi", numbers: [{ written: "0800-0000-101", phone: "+6280000000101" }] };
  const bank = { name: "Bank", organization: "Bank Sejahtera", numbers: [{ written: "0800-0000-102" }] };

  it("writes_to_a_number_of_a_card_from_the_account_of_the_chat", async () => {
    mockServer(
      world({
        messages: [makeMessage({ chat_id: "cht_1", account_id: "acc_2" }, { contacts: { cards: [budi, bank] } })],
      }),
    );
    const { user } = openApp("/chats/cht_1");
    await within(await log()).findByText("Bank Sejahtera");
    expect(within(await log()).getByText("0800-0000-102")).toBeTruthy();
    // Nobody knows which country the other number is of.
    expect(within(await log()).getAllByRole("link")).toHaveLength(1);
    await user.click(within(await log()).getByRole("link", { name: "Write to Budi, +6280000000101" }));
    const dialog = await screen.findByRole("dialog", { name: "New message" });
    expect(within(dialog).getByLabelText<HTMLInputElement>(/Phone number/).value).toBe("+6280000000101");
    expect(within(dialog).getByDisplayValue(/Donor care/)).toBeTruthy();
  });

  it("counts_how_many_chose_each_answer_of_a_poll", async () => {
    const poll = {
      question: "Kapan?",
      options: [
        { text: "Sabtu", votes: 3 },
        { text: "Minggu", votes: 1 },
      ],
      max_choices: 1,
      voters: 4,
    };
    mockServer(world({ messages: [makeMessage({ chat_id: "cht_1" }, { poll })] }));
    openApp("/chats/cht_1");
    await within(await log()).findByText("Kapan?");
    const [saturday, sunday] = within(await log()).getAllByRole("listitem");
    expect(saturday && within(saturday).getByRole("img", { name: "3 votes" })).toBeTruthy();
    expect(sunday && within(sunday).getByRole("img", { name: "1 vote" })).toBeTruthy();
    expect(within(await log()).getByText("One answer · 4 people voted")).toBeTruthy();
  });

  it("names_them_in_the_line_of_the_chat", async () => {
    const last = (type: string, preview: string | null) =>
      ({ type, preview, direction: "in", status: "received" }) as const;
    const lines = [
      ["location", "Monas", "📍 Monas"],
      ["location", null, "📍 Place"],
      ["contacts", "Budi, Sari", "👤 Budi, Sari"],
      ["poll", "Kapan?", "📊 Kapan?"],
      ["revoked", null, "🚫 This message was deleted"],
    ] as const;
    const chats = lines.map(([type, preview], index) =>
      makeChat({ id: `cht_${index}`, name: `Chat ${index}`, last_message: last(type, preview) }),
    );
    mockServer(world({ chats }));
    openApp("/chats");
    for (const [, , line] of lines) expect(await screen.findByText(line)).toBeTruthy();
  });

  it("shows_what_strangers_choose_as_text_only", async () => {
    const hostile = '<img src=x onerror="window.hacked=1"><b>bold</b>';
    const options = [{ text: hostile, votes: 0 }];
    const messages = [
      makeMessage({ chat_id: "cht_1" }, { location: { ...MONAS, name: hostile, address: hostile, caption: hostile } }),
      makeMessage(
        { chat_id: "cht_1" },
        { contacts: { cards: [{ name: hostile, organization: `${hostile}!`, numbers: [{ written: hostile }] }] } },
      ),
      makeMessage({ chat_id: "cht_1" }, { poll: { question: hostile, options, max_choices: null, voters: 0 } }),
    ];
    mockServer(world({ messages }));
    openApp("/chats/cht_1");
    const found = await within(await log()).findAllByText(hostile);
    expect(found).toHaveLength(7);
    expect(document.querySelector('img[src="x"], b')).toBeNull();
  });
});
