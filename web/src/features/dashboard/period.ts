/** Which days and which account the dashboard shows, as the address says. */

export const PERIODS = [1, 7, 30, 90, 365] as const;
export type Period = (typeof PERIODS)[number];

export interface DashboardSearch {
  days?: Period | undefined;
  account?: string | undefined;
  /** The list of donations is open. */
  donations?: boolean | undefined;
  /** The list of what one of these figures counts is open. */
  list?: FigureList | undefined;
}

const LISTS = ["failed", "contacts"] as const;
export type FigureList = (typeof LISTS)[number];

export function dashboardSearch(search: Record<string, unknown>): DashboardSearch {
  return {
    days: PERIODS.find((days) => days === search.days),
    account: typeof search.account === "string" && search.account !== "" ? search.account : undefined,
    donations: search.donations === true ? true : undefined,
    list: LISTS.find((list) => list === search.list),
  };
}

/** How many days are shown when the address does not say. */
export const DEFAULT_DAYS: Period = 30;
