import { expect, it } from "vitest";
import { draftOf, forgetDrafts, keepDraft } from "./drafts";

const stored = () => Object.keys(localStorage).filter((key) => key.startsWith("pesan.draft."));

it("a_draft_is_somebodys_and_of_one_chat", () => {
  keepDraft("usr_1", "cht_1", "Halo  Pak\nBudi ");
  keepDraft("usr_2", "cht_1", "Selamat");
  expect(draftOf("usr_1", "cht_1")).toBe("Halo  Pak\nBudi ");
  expect(draftOf("usr_1", "cht_2")).toBe("");
  forgetDrafts("usr_1");
  expect([draftOf("usr_1", "cht_1"), draftOf("usr_2", "cht_1")]).toEqual(["", "Selamat"]);
});

it("an_empty_one_leaves_nothing_behind", () => {
  keepDraft("usr_1", "cht_1", "Halo");
  keepDraft("usr_1", "cht_1", "");
  expect(stored()).toEqual([]);
});

it("the_oldest_make_room_and_what_is_a_month_old_goes", () => {
  const day = 86_400_000;
  for (let age = 0; age < 120; age += 1) {
    localStorage.setItem(`pesan.draft.usr_1.cht_${age}`, `${Date.now() - age * (day / 4)} Halo`);
  }
  localStorage.setItem("pesan.draft.usr_1.cht_old", `${Date.now() - 31 * day} Halo`);
  keepDraft("usr_1", "cht_new", "Baru");
  expect(stored()).toHaveLength(100);
  expect(stored()).toContain("pesan.draft.usr_1.cht_0");
  expect(stored()).not.toContain("pesan.draft.usr_1.cht_119");
  expect(stored()).not.toContain("pesan.draft.usr_1.cht_old");
});

it("what_is_too_long_to_be_kept_stays_for_as_long_as_the_page", () => {
  const long = "x".repeat(10_001);
  keepDraft("usr_1", "cht_1", long);
  expect(draftOf("usr_1", "cht_1")).toBe(long);
  expect(stored()).toEqual([]);
  keepDraft("usr_1", "cht_1", "");
  expect(draftOf("usr_1", "cht_1")).toBe("");
});
