/** Why somebody has a score or is in a segment, as a sentence. */
import type { TFunction } from "i18next";
import type { Why } from "~/api/types";
import { currentLanguage } from "~/i18n";
import { day } from "~/ui/time";

/** "42 days ago". */
export function daysAgo(days: number): string {
  const format = new Intl.RelativeTimeFormat(currentLanguage(), { numeric: "auto" });
  if (days < 90) return format.format(-days, "day");
  if (days < 730) return format.format(-Math.round(days / 30.44), "month");
  return format.format(-Math.floor(days / 365.25), "year");
}

export function percentOf(value: number): string {
  return new Intl.NumberFormat(currentLanguage(), { style: "percent" }).format(value / 100);
}

export function sentenceOfWhy(t: TFunction, why: Why, money: (amount: number, currency: string) => string): string {
  switch (why.code) {
    case "no_gift":
      return t("donor.why_no_gift");
    case "last_gift":
      return t("donor.why_last_gift", { ago: daysAgo(why.days) });
    case "gifts_in_year":
      return why.needed == null
        ? t("donor.why_gifts_in_year", { gifts: why.gifts })
        : t("donor.why_gifts_in_year_needed", { gifts: why.gifts, needed: why.needed });
    case "amount_in_year":
      return t("donor.why_amount_in_year", {
        amount: money(why.amount, why.currency),
        percent: percentOf(why.percent),
      });
    case "conversation":
      return t("donor.why_conversation", { replies: why.replies, started: why.started });
    case "opted_out":
      return t("donor.why_opted_out", { date: day(why.at) });
    case "top_giver":
      return t("donor.why_top_giver", { amount: money(why.amount, why.currency), percent: percentOf(why.percent) });
    case "lifetime_value":
      return t("donor.why_lifetime_value", {
        amount: money(why.amount, why.currency),
        needed: money(why.needed, why.currency),
      });
    case "streak":
      return t("donor.why_streak", { years: why.years, needed: why.needed });
    case "first_gift":
      return t("donor.why_first_gift", { ago: daysAgo(why.days) });
    case "first_contact":
      return t("donor.why_first_contact", { ago: daysAgo(why.days) });
    case "was_valued":
      return t("donor.why_was_valued", { ago: daysAgo(why.days) });
  }
}
