import { describe, expect, it } from "vitest";
import { makeChat } from "../../../mock/api";
import { countNews, inPlace } from "./still";

const at = (minute: number) => new Date(Date.UTC(2026, 0, 5, 9, minute)).toISOString();
const chat = (id: string, minute: number, change = {}) => makeChat({ id, last_message_at: at(minute), ...change });
const ids = (chats: { id: string }[]) => chats.map(({ id }) => id);

describe("rows that somebody points at", () => {
  const stood = [chat("c", 3), chat("b", 2), chat("a", 1)];

  it("stay_where_they_are_and_say_what_is_new", () => {
    const latest = [chat("a", 5, { unread: 2 }), chat("c", 3), chat("b", 2)];
    const shown = inPlace(stood, latest);
    expect(ids(shown)).toEqual(["c", "b", "a"]);
    expect(shown[2]?.unread).toBe(2);
    expect(countNews(stood, latest)).toBe(1);
  });

  it("keep_a_chat_that_left_the_list_and_let_none_in_above_the_last", () => {
    const latest = [chat("n", 9), chat("c", 3), chat("a", 1)];
    expect(ids(inPlace(stood, latest))).toEqual(["c", "b", "a"]);
    expect(countNews(stood, latest)).toBe(1);
  });

  it("say_nothing_of_a_chat_that_is_first_anyway", () => {
    expect(countNews(stood, [chat("c", 9), chat("b", 2), chat("a", 1)])).toBe(0);
    // Both were written in: one of them belongs above the other.
    expect(countNews(stood, [chat("b", 9), chat("c", 8), chat("a", 1)])).toBe(1);
    expect(countNews(stood, [chat("c", 9), chat("b", 8), chat("a", 1)])).toBe(0);
    // The first one was closed: the next is first now, without having moved.
    expect(countNews(stood, [chat("b", 9), chat("a", 1)])).toBe(0);
  });

  it("go_on_with_the_next_page", () => {
    const latest = [...stood, chat("z", 0)];
    expect(ids(inPlace(stood, latest))).toEqual(["c", "b", "a", "z"]);
    expect(countNews(stood, latest)).toBe(0);
  });
});
