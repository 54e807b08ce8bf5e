/** Where linking stands, as the dialog shows it. */
import type { AccountState } from "~/api/types";

export type Stage = "preparing" | "scan" | "linking" | "syncing" | "connected" | "stopped";

/** The steps that follow a scan, in order. */
export const STEPS = ["scanned", "linking", "syncing", "connected"] as const;

/** `seenCode`: a code was shown before, so the phone has scanned it when the account starts again. */
export function stageOf(state: AccountState, seenCode: boolean): Stage {
  switch (state) {
    case "need_scan":
    case "pairing_code":
    case "passkey_required":
      return "scan";
    case "created":
    case "starting":
    case "reconnecting":
      return seenCode ? "linking" : "preparing";
    case "syncing":
      return "syncing";
    case "connected":
      return "connected";
    case "restricted":
    case "logged_out":
    case "banned":
    case "paused":
      return "stopped";
    default:
      return state satisfies never;
  }
}

/** How many of the steps are done. */
export function stepsDone(stage: Stage): number {
  switch (stage) {
    case "preparing":
    case "scan":
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
