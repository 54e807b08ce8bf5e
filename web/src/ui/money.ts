/** Amounts: whole numbers of a currency's smallest unit, shown as people in the language that is chosen write them. */
import { useQuery } from "@tanstack/react-query";
import { currenciesQuery } from "~/api/queries";
import type { CurrencyInfo } from "~/api/types";
import { currentLanguage } from "~/i18n";

export function showMoney(amount: number, currency: string, decimals: number): string {
  const unit = 10 ** decimals;
  const isWhole = amount % unit === 0;
  return new Intl.NumberFormat(currentLanguage(), {
    style: "currency",
    currency,
    currencyDisplay: "narrowSymbol",
    minimumFractionDigits: isWhole ? 0 : decimals,
    maximumFractionDigits: decimals,
  }).format(amount / unit);
}

/** How many decimals amounts of a currency have. Most have two. */
export function decimalsOf(currencies: CurrencyInfo[] | undefined, currency: string): number {
  return currencies?.find((each) => each.code === currency)?.decimals ?? 2;
}

/** Shows amounts once the currencies are known. */
export function useMoney(): (amount: number, currency: string) => string {
  const currencies = useQuery(currenciesQuery).data;
  return (amount, currency) => showMoney(amount, currency, decimalsOf(currencies, currency));
}

/** The signs that group and split a number in the language that is chosen. */
export function separators(): { thousand: string; decimal: string } {
  // What is typed is in Latin digits, whatever the language shows.
  const parts = new Intl.NumberFormat(currentLanguage(), { numberingSystem: "latn" }).formatToParts(12_345.6);
  const sign = (type: string, other: string) => parts.find((part) => part.type === type)?.value ?? other;
  return { thousand: sign("group", ","), decimal: sign("decimal", ".") };
}
