/** Which chats the list shows, as the address says. */
import type { ChatFilter } from "~/api/queries";
import type { Account, ChatStatus, Segment } from "~/api/types";

export const STATUSES = ["open", "snoozed", "closed"] as const satisfies readonly ChatStatus[];

/** In the order of their rules. */
export const SEGMENTS = Object.keys({
  opted_out: true,
  vip: true,
  loyal: true,
  new: true,
  active: true,
  at_risk: true,
  lapsed: true,
  long_lapsed: true,
  prospect: true,
} satisfies Record<Segment, true>) as Segment[];

/** What the address of the list can say. What it does not say is as it is by default: open chats. */
export interface ChatsSearch {
  account?: string | undefined;
  status?: ChatStatus | "all" | undefined;
  assignee?: string | undefined;
  team?: string | undefined;
  tag?: string | undefined;
  unread?: boolean | undefined;
  starred?: boolean | undefined;
  /** In minutes. */
  waiting?: number | undefined;
  /** Whether a reminder is due. */
  due?: boolean | undefined;
  segment?: Segment | undefined;
  new?: boolean | undefined;
  /** The number that the new message is to. */
  to?: string | undefined;
  /** The account that the new message goes through, when that is not the one whose chats are listed. */
  through?: string | undefined;
  /** What is searched for. */
  q?: string | undefined;
  /** Whether it is searched for in the open chat only. */
  within?: boolean | undefined;
  /** The message that the open chat shows. */
  message?: string | undefined;
}

const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);
const yes = (value: unknown) => (value === true ? true : undefined);

export function chatsSearch(search: Record<string, unknown>): ChatsSearch {
  const { waiting } = search;
  return {
    account: text(search.account),
    status: [...STATUSES, "all" as const].find((status) => status === search.status),
    assignee: text(search.assignee),
    team: text(search.team),
    tag: text(search.tag),
    unread: yes(search.unread),
    starred: yes(search.starred),
    waiting: typeof waiting === "number" && Number.isInteger(waiting) && waiting > 0 ? waiting : undefined,
    due: yes(search.due),
    segment: SEGMENTS.find((segment) => segment === search.segment),
    new: yes(search.new),
    // A number is read as one from the address.
    to: text(typeof search.to === "number" ? String(search.to) : search.to),
    through: text(search.through),
    q: text(typeof search.q === "number" ? String(search.q) : search.q),
    within: yes(search.within),
    message: text(search.message),
  };
}

/** The address of another chat, or of none, in the same list. */
export function elsewhere(search: ChatsSearch): ChatsSearch {
  return { ...search, message: undefined, within: undefined };
}

/** Whether there is anything in it that the server searches for. */
export function isSearchable(text: string | undefined): text is string {
  return text !== undefined && /[\p{L}\p{N}]/u.test(text);
}

export function filterOf(search: ChatsSearch): ChatFilter {
  const { account, assignee, team, tag, unread, starred, waiting, due, segment, status } = search;
  const rest = { account, assignee, team, tag, unread, starred, waiting, due, segment };
  return { ...rest, status: status === "all" ? undefined : (status ?? "open") };
}

/** Whether anything is asked for besides whose chats they are. */
export function isNarrowed(search: ChatsSearch): boolean {
  const { account, status, team, tag, unread, starred, waiting, due, segment } = search;
  return [account, status, team, tag, unread, starred, waiting, due, segment].some((asked) => asked !== undefined);
}

/** The address without any filter but whose chats they are. */
export function widened(search: ChatsSearch): ChatsSearch {
  const { assignee, new: isNew, to, through, q, within, message } = search;
  return { assignee, new: isNew, to, through, q, within, message };
}

const COLORS = ["teal", "indigo", "orange", "pink", "cyan", "grape", "lime", "red", "violet", "yellow"] as const;

/** A colour for each account, to tell apart at a glance where a chat is. */
export function accountColors(accounts: readonly Account[]): Map<string, string> {
  return new Map(
    accounts.map((account, index) => [account.id, `var(--mantine-color-${COLORS[index % COLORS.length]}-6)`]),
  );
}
