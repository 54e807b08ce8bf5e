/** What was counted day by day, for tests: nothing, unless said otherwise. */
import type { DayFigures, Statistics, TimeDistribution } from "../src/api/types";

const ENDS = [60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400, 172_800, 604_800, null];

/** How long things took: how many in each of the first buckets. */
export function makeTimes(counts: number[] = [], median: number | null = null): TimeDistribution {
  return {
    count: counts.reduce((sum, count) => sum + count, 0),
    median_secs: median,
    buckets: ENDS.map((up_to_secs, index) => ({ up_to_secs, count: counts[index] ?? 0 })),
  };
}

const MESSAGES = { received: 0, sent: 0, delivered: 0, read: 0, played: 0, failed: 0 };

export function makeDay(change: Partial<DayFigures> = {}): DayFigures {
  return {
    day: "2026-11-20",
    active_chats: 0,
    messages: MESSAGES,
    replies: 0,
    median_reply_secs: null,
    new_contacts: 0,
    donations: [],
    ...change,
  };
}

/** So many days until 20 November 2026. */
export function makeStatistics(days: number, change: Partial<Statistics> = {}): Statistics {
  const dayAt = (index: number) => new Date(Date.UTC(2026, 10, 20 - (days - 1 - index))).toISOString().slice(0, 10);
  const { day: _, active_chats: __, ...total } = makeDay();
  return {
    from: dayAt(0),
    to: dayAt(days - 1),
    time_zone: "Asia/Jakarta",
    is_complete: true,
    total,
    days: Array.from({ length: days }, (_, index) => makeDay({ day: dayAt(index) })),
    accounts: [],
    reply_times: makeTimes(),
    read_times: makeTimes(),
    ...change,
  };
}
