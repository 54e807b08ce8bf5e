/** Where linking stands, as the dialog shows it. */
import type { AccountState } from "~/api/types";

export type Stage =
  | "preparing"
  | "scan"
  | "ended"
  | "phone"
  | "healing"
  | "linking"
  | "syncing"
  | "connected"
  | "stopped";

/** The steps that follow a scan, in order. */
export const STEPS = ["scanned", "linking", "syncing", "connected"] as const;

/**
 * `seenCode`: a code was shown before, so the phone has scanned it when the account starts again.
 * `starting`: a request to connect is under way.
 */
export function stageOf(state: AccountState, seenCode: boolean, starting: boolean): Stage {
  switch (state) {
    case "need_scan":
      return "scan";
    case "pairing_code":
    case "passkey_required":
      return "phone";
    case "starting":
      return seenCode ? "linking" : "preparing";
    case "reconnecting":
      return seenCode ? "linking" : "healing";
    case "syncing":
      return "syncing";
    case "connected":
      return "connected";
    case "created":
      return starting ? "preparing" : "ended";
    case "restricted":
    case "logged_out":
    case "banned":
    case "paused":
      return starting ? "preparing" : "stopped";
    default:
      return state satisfies never;
  }
}

/** How many of the steps are done. */
export function stepsDone(stage: Stage): number {
  switch (stage) {
    case "preparing":
    case "scan":
    case "ended":
    case "phone":
    case "healing":
    case "stopped":
      return 0;
    case "linking":
      return 1;
    case "syncing":
      return 2;
    case "connected":
      return 4;
    default:
      return stage satisfies never;
  }
}

/** The seconds at which the time that a code has left is said aloud. */
const SAID = [0, 10, 20, 60] as const;

/** What is said when the time went on from `before` to `now`, in whole seconds; nothing is known before the first. */
export function saidBetween(before: number | undefined, now: number): number | undefined {
  if (before === undefined || now > before) return SAID.find((secs) => secs === now);
  return SAID.find((secs) => now <= secs && secs < before);
}
