import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, it } from "vitest";
import { chooseLanguage } from "~/i18n";
import { mockServer, openApp } from "~/test/app";
import { emptyWorld, json, makeAccount, makeChat, makeContact, makeMessage, problem } from "../../../mock/api";
import { makeDay, makeStatistics, makeTimes } from "../../../mock/statistics";
import { calendarDay, roundUp } from "./numbers";

const MESSAGES = { received: 120, sent: 80, delivered: 60, read: 45, played: 2, failed: 3 };

function lively() {
  const account = makeAccount({ name: "Front desk" });
  const world = {
    ...emptyWorld(),
    accounts: [account, makeAccount({ name: "Donor care", state: "paused" })],
    chats: [makeChat({ account_id: account.id, unread: 2 }), makeChat({ account_id: account.id, status: "closed" })],
  };
  const mock = mockServer(world);
  const asked: string[] = [];
  const figures = (days: number) =>
    makeStatistics(days, {
      total: {
        messages: MESSAGES,
        replies: 14,
        median_reply_secs: 330,
        new_contacts: 9,
        donations: [{ currency: "IDR", amount: 125_000_000, gifts: 2 }],
      },
      days: [
        ...makeStatistics(days).days.slice(0, -1),
        makeDay({ messages: MESSAGES, active_chats: 17, replies: 14, median_reply_secs: 330 }),
      ],
      accounts: [
        {
          account_id: account.id,
          messages: MESSAGES,
          reply_times: makeTimes([4, 0, 10], 330),
          read_times: makeTimes([20, 25], 70),
        },
      ],
      reply_times: makeTimes([4, 0, 10], 330),
      read_times: makeTimes([20, 25], 70),
    });
  mock.on("GET /v1/statistics", ({ query }) => {
    asked.push(query.toString());
    return json(figures(Number(query.get("days"))));
  });
  return { mock, account, asked };
}

/** A figure that has no list, and one that opens it. */
const figure = (label: string) => screen.findByRole("group", { name: label });
const card = (label: string) => screen.findByRole("link", { name: new RegExp(`^${label}`) });

describe("the dashboard", () => {
  beforeEach(() => chooseLanguage("en"));

  it("shows_each_figure_and_opens_accounts_and_chats", async () => {
    const { account } = lively();
    openApp("/dashboard");
    expect((await figure("Messages in")).textContent).toContain("120");
    expect((await figure("Messages out")).textContent).toContain("80");
    expect((await figure("First reply time")).textContent).toContain("5 min 30 sec");
    expect((await figure("First reply time")).textContent).toContain("Median of 14 answers");
    expect((await figure("Delivered")).textContent).toContain("75%");
    expect((await figure("Read")).textContent).toContain("75%");
    expect((await card("Accounts connected")).textContent).toContain("1 of 2");
    await waitFor(async () => expect((await card("Active chats")).textContent).toContain("1"));
    const to = async (label: string) => (await card(label)).getAttribute("href");
    expect(await to("Accounts connected")).toBe("/accounts");
    expect(await to("Nobody looks after them")).toBe("/chats?assignee=none");
    expect(await to("Unread chats")).toBe("/chats?unread=true&status=all");
    const row = within(screen.getByRole("region", { name: "By account" }));
    expect(row.getByRole("link", { name: "Front desk" }).getAttribute("href")).toContain(`account=${account.id}`);
  });

  it("has_no_link_on_a_figure_of_which_there_is_no_list", async () => {
    lively();
    openApp("/dashboard");
    for (const label of ["Messages in", "Messages out", "First reply time", "Delivered", "Read", "Time to read"]) {
      const shown = await figure(label);
      expect(shown.closest("a, button") ?? shown.querySelector("a, button"), label).toBeNull();
    }
    const linked = screen.getAllByRole("link").map((link) => link.getAttribute("href"));
    expect(linked.filter((href) => href?.includes("waiting="))).toEqual([]);
  });

  it("opens_the_donations_of_the_period_in_place", async () => {
    const { mock } = lively();
    const asked: string[] = [];
    mock.on("GET /v1/donations", ({ query }) => {
      asked.push(`${query.get("from")} ${query.get("to")}`);
      return json({ data: [], next: null });
    });
    const { user } = openApp("/dashboard?days=7");
    const figure = await screen.findByRole("button", { name: /^Donations/ });
    expect(figure.textContent).toContain("2 gifts");
    await user.click(figure);
    const dialog = await screen.findByRole("dialog", { name: "Donations from Nov 14 to Nov 20" });
    expect(await within(dialog).findByText("No donation in this period.")).toBeTruthy();
    expect(asked).toEqual(["2026-11-14 2026-11-20"]);
  });

  it("opens_the_messages_that_failed_with_their_reasons_and_the_people_who_were_met", async () => {
    const { mock, account } = lively();
    const asked: string[] = [];
    const error = { code: "not_on_whatsapp", detail: "This number is not on WhatsApp." };
    const failed = makeMessage(
      { id: "msg_9", chat_id: "cht_9", chat_name: "Budi", direction: "out", status: "failed", error },
      { text: { body: "Kwitansi" } },
    );
    mock.on("GET /v1/statistics/failed-messages", ({ query }) => {
      asked.push(`${query.get("from")} ${query.get("to")} ${query.get("account_id")}`);
      return json({ data: [failed], next: null });
    });
    const met = makeContact({ name: "Siti Rahma", phone: "+628000000192" });
    mock.on("GET /v1/statistics/new-contacts", () => json({ data: [met], next: null }));
    const { user, unmount } = openApp(`/dashboard?days=7&account=${account.id}`);
    await user.click(await screen.findByRole("button", { name: /^Failed messages/ }));
    const dialog = await screen.findByRole("dialog", { name: "Failed messages from Nov 14 to Nov 20" });
    const line = await within(dialog).findByRole("link", { name: /Budi/ });
    expect(line.textContent).toContain("Kwitansi");
    expect(line.textContent).toContain("This number is not on WhatsApp. Check the number.");
    expect(line.getAttribute("href")).toBe("/chats/cht_9?message=msg_9&status=all");
    expect(asked).toEqual([`2026-11-14 2026-11-20 ${account.id}`]);
    unmount();

    const again = openApp("/dashboard?days=7");
    await again.user.click(await screen.findByRole("button", { name: /^New contacts/ }));
    const people = await screen.findByRole("dialog", { name: "New contacts from Nov 14 to Nov 20" });
    const person = await within(people).findByRole("link", { name: /Siti Rahma/ });
    expect(person.getAttribute("href")).toBe("/chats?q=%2B628000000192&status=all");
  });

  it("asks_for_the_period_and_the_account_that_the_address_names", async () => {
    const { account, asked } = lively();
    const { user, router } = openApp(`/dashboard?days=90&account=${account.id}`);
    await figure("Messages in");
    expect(asked).toEqual([`days=90&account_id=${account.id}`]);
    expect((await card("Active chats")).getAttribute("href")).toContain(`account=${account.id}`);
    await user.click(screen.getByRole("combobox", { name: "Period" }));
    await user.click(await screen.findByRole("option", { name: "7 days" }));
    await waitFor(() => expect(router.state.location.search).toMatchObject({ days: 7 }));
    await waitFor(() => expect(asked.at(-1)).toBe(`days=7&account_id=${account.id}`));
  });

  it("is_walked_day_by_day_with_the_keyboard_and_can_be_a_table", async () => {
    lively();
    const { user } = openApp("/dashboard?days=7");
    const chart = await screen.findByRole("group", { name: "Messages a day" });
    chart.focus();
    await user.keyboard("{ArrowLeft}");
    expect((await screen.findByText("Friday, November 20, 2026")).parentElement?.textContent).toContain(
      "Messages in: 120 · Messages out: 80 · Active chats: 17",
    );
    await user.keyboard("{Home}");
    expect(await screen.findByText("Saturday, November 14, 2026")).toBeTruthy();
    await user.click(screen.getByRole("button", { name: "Show as a table" }));
    const table = within(screen.getByRole("region", { name: "Messages a day" })).getByRole("table");
    const rows = within(table).getAllByRole("row");
    expect(rows).toHaveLength(8);
    expect(rows[1]?.textContent).toBe("Nov 20" + "120" + "80" + "3" + "17");
  });

  it("says_how_long_things_took_in_words", async () => {
    lively();
    openApp("/dashboard");
    const times = within(await screen.findByRole("region", { name: "How long people wait for an answer" }));
    expect(times.getAllByRole("listitem").map((line) => line.textContent)).toEqual([
      "up to 1 min4",
      "up to 2 min0",
      "up to 5 min10",
    ]);
  });

  it("follows_what_happens", async () => {
    const { mock, asked } = lively();
    openApp("/dashboard");
    await figure("Messages in");
    const before = asked.length;
    mock.emit({ type: "donation.recorded", data: { id: "don_1", contact_id: "con_1" } });
    await waitFor(() => expect(asked.length).toBeGreaterThan(before), { timeout: 10_000 });
  });

  it("tells_the_next_step_where_nothing_was_counted_yet", async () => {
    mockServer();
    openApp("/dashboard");
    expect(await screen.findByText("Nothing has been counted yet")).toBeTruthy();
    expect(screen.getByRole("link", { name: "Go to accounts" }).getAttribute("href")).toBe("/accounts");
  });

  it("tells_that_older_messages_are_still_being_counted_and_what_went_wrong", async () => {
    const mock = mockServer();
    mock.on("GET /v1/statistics", () => json(makeStatistics(30, { is_complete: false })));
    const app = openApp("/dashboard");
    expect(await screen.findByText(/still being counted/)).toBeTruthy();
    app.unmount();
    mock.on("GET /v1/statistics", () => problem(500, "internal", "Something broke."));
    openApp("/dashboard");
    expect(await screen.findByRole("button", { name: "Try again" })).toBeTruthy();
  });
});

describe("the axis", () => {
  it("ends_at_a_round_number", () => {
    expect([0, 3, 5, 17, 81, 100, 1_001].map(roundUp)).toEqual([4, 4, 5, 20, 100, 100, 2_000]);
  });

  it("names_the_days_of_the_server_wherever_the_browser_is", () => {
    expect(calendarDay("2026-11-20", "long")).toBe("Friday, November 20, 2026");
  });
});
