import { expect, it } from "vitest";
import { makeQuickReply } from "../../../mock/replies";
import { meant, slashAt } from "./slash";

it("a_quick_reply_is_called_by_a_slash_at_the_beginning_of_a_word", () => {
  expect(slashAt("/", 1)).toEqual({ start: 0, end: 1, query: "" });
  expect(slashAt("Halo /ala kantor", 9)).toEqual({ start: 5, end: 9, query: "ala" });
  expect(slashAt("Halo\n/شكر", 9)).toEqual({ start: 5, end: 9, query: "شكر" });
  for (const [text, cursor] of [
    ["1/2", 3],
    ["https://", 8],
    ["/ala kantor", 8],
    ["/a/b", 4],
    ["", 0],
    ["Halo /ala", 4],
  ] as const) {
    expect(slashAt(text, cursor), text).toBeUndefined();
  }
});

it("the_shortcut_counts_more_than_the_text", () => {
  const replies = [
    makeQuickReply({ shortcut: "jam", body: "Alamat dan jam" }),
    makeQuickReply({ shortcut: "dua-alamat", body: "x" }),
    makeQuickReply({ shortcut: "Alamat", body: "y" }),
    makeQuickReply({ shortcut: "zakat", body: "z", filled: { text: "Ke alamat ini", missing: [] } }),
    makeQuickReply({ shortcut: "lain", body: "w" }),
  ];
  expect(meant(replies, "ALA").map((reply) => reply.shortcut)).toEqual(["Alamat", "dua-alamat", "jam", "zakat"]);
  expect(meant(replies, "")).toHaveLength(5);
});
