import { describe, expect, it } from "vitest";
import { makeMessage } from "../../../mock/api";
import { firstNewOf, linesOf } from "./lines";

const at = (minute: number) => new Date(Date.UTC(2026, 0, 5, 9, minute)).toISOString();
const said = (id: string, minute: number, change = {}, body?: object) =>
  makeMessage({ id, created_at: at(minute), ...change }, body as never);

describe("the line new messages", () => {
  const opened = { unread: 2, at: at(5) };

  it("stands_above_the_first_message_that_nobody_had_read", () => {
    const newestFirst = [said("d", 5), said("c", 4), said("b", 3), said("a", 2)];
    expect(firstNewOf(newestFirst, opened)).toBe("c");
    expect(firstNewOf(newestFirst, { ...opened, unread: 0 })).toBeUndefined();
  });

  it("stays_where_it_is_when_more_come_in_and_are_answered", () => {
    const newestFirst = [said("f", 7), said("e", 6, { direction: "out" }), said("d", 5), said("c", 4), said("b", 3)];
    expect(firstNewOf(newestFirst, opened)).toBe("c");
  });

  it("counts_what_the_server_counts", () => {
    const newestFirst = [
      said("e", 5, {}, { reaction: { message_id: "a", emoji: "👍" } }),
      said("d", 4),
      said("c", 3, { direction: "out" }),
      said("b", 2, {}, { group_change: { action: "create" } }),
      said("a", 1),
    ];
    expect(firstNewOf(newestFirst, opened)).toBe("a");
  });

  it("waits_for_older_pages", () => {
    expect(firstNewOf([said("d", 5)], opened)).toBeUndefined();
  });
});

it("lines_stand_in_the_order_of_their_times_and_say_what_stands_above_them", () => {
  const messages = [
    said("a", -60 * 24),
    said("b", 1),
    said("r", 2, {}, { reaction: { message_id: "a", emoji: "👍" } }),
    said("c", 3),
    said("d", 5),
  ];
  const note = { id: "n", created_at: at(4), body: "" } as never;
  const lines = linesOf({ messages, log: [], notes: [note], pending: [], complete: true, firstNew: "d" });
  expect(lines.map(({ key }) => key)).toEqual(["a", "b", "c", "n", "d"]);
  expect(lines.filter(({ isNewDay }) => isNewDay).map(({ key }) => key)).toEqual(["a", "b"]);
  expect(lines.filter(({ isFirst }) => isFirst).map(({ key }) => key)).toEqual(["a", "b", "n", "d"]);
  expect(lines.filter(({ isFirstNew }) => isFirstNew).map(({ key }) => key)).toEqual(["d"]);
});

it("the_first_line_says_its_day_once_it_is_known_to_be_the_first_of_it", () => {
  const messages = [said("a", 1), said("b", 60 * 24)];
  const days = (complete: boolean) =>
    linesOf({ messages, log: [], notes: [], pending: [], complete, firstNew: undefined })
      .filter(({ isNewDay }) => isNewDay)
      .map(({ key }) => key);
  expect(days(false)).toEqual(["b"]);
  expect(days(true)).toEqual(["a", "b"]);
});
