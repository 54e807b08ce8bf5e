import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { chooseLanguage } from "~/i18n";
import { decimalsOf, separators, showMoney } from "./money";

/** Blanks in amounts must not break; which kind is the language's business. */
const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, " ");

describe("amounts", () => {
  beforeAll(() => chooseLanguage("en"));
  afterEach(() => chooseLanguage("en"));

  it("are_whole_where_they_can_be_and_have_their_currencys_decimals", async () => {
    await chooseLanguage("id");
    expect(plain(showMoney(125_000_000, "IDR", 2))).toBe("Rp 1.250.000");
    expect(plain(showMoney(125_000_050, "IDR", 2))).toBe("Rp 1.250.000,50");
    expect(separators()).toEqual({ thousand: ".", decimal: "," });
    await chooseLanguage("en");
    expect(plain(showMoney(125_000_000, "IDR", 2))).toBe("Rp 1,250,000");
    expect(plain(showMoney(1_500, "JPY", 0))).toBe("¥1,500");
    expect(plain(showMoney(1_500, "KWD", 3))).toBe("KWD 1.500");
    expect(separators()).toEqual({ thousand: ",", decimal: "." });
  });

  it("have_two_decimals_until_the_currencies_are_known", () => {
    expect(decimalsOf(undefined, "JPY")).toBe(2);
    expect(decimalsOf([{ code: "JPY", decimals: 0 }], "JPY")).toBe(0);
  });
});
