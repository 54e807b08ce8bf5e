/**
 * When an account needs a person before it works again. A drop begins when a connected account loses its link and ends
 * when it is connected again; the moment of its last connection names it, whatever states it goes through.
 */
import type { Account, AccountState } from "~/api/types";

/** States that a person ends with the phone in the hand. */
const NEEDS_PERSON: ReadonlySet<AccountState> = new Set(["need_scan", "passkey_required", "logged_out"]);

/** States in which a drop still goes on: it is being linked anew. */
const STILL_DOWN: ReadonlySet<AccountState> = new Set([...NEEDS_PERSON, "starting", "pairing_code"]);

/** States in which linking is already under way. */
export const UNDER_WAY: ReadonlySet<AccountState> = new Set([
  "starting",
  "need_scan",
  "pairing_code",
  "passkey_required",
  "syncing",
]);

/** Somebody unlinked it with purpose: nobody else has to be told. */
const ON_PURPOSE: ReadonlySet<string> = new Set(["logged_out_by_user", "logged_out_offline", "logged_out_unconfirmed"]);

/** The drop of an account that needs a person now. One that was never connected has nothing to lose. */
export function dropOf(account: Account): string | undefined {
  return NEEDS_PERSON.has(account.state) ? (account.last_connected_at ?? undefined) : undefined;
}

/** Whether it is down because somebody here wanted so. */
export function isOnPurpose({ state, reason }: Account): boolean {
  return state === "logged_out" && reason != null && ON_PURPOSE.has(reason.code);
}

/** Whether a drop of this account goes on. */
export function isDown({ state }: Account): boolean {
  return STILL_DOWN.has(state);
}

const STORED = "pesan.drops";

/** For each account, the drop whose dialog was closed on this device. */
function closedDrops(): Record<string, unknown> {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(STORED) ?? "{}");
    return typeof stored === "object" && stored !== null ? { ...stored } : {};
  } catch {
    return {};
  }
}

export function wasClosed(accountId: string, drop: string): boolean {
  return closedDrops()[accountId] === drop;
}

/** The dialog is not opened again for this drop, here, by itself. */
export function rememberClosed(accountId: string, drop: string): void {
  localStorage.setItem(STORED, JSON.stringify({ ...closedDrops(), [accountId]: drop }));
}
