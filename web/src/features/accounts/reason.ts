/** Why an account is in its state, and what to do, in the language that is shown. */
import i18next from "i18next";
import type { Account, StateChange } from "~/api/types";
import type { accounts } from "~/i18n/en/accounts";

type Reason = keyof (typeof accounts)["reason"];

const SAYINGS: Record<Exclude<Reason, "refused" | "temporary_ban">, true> = {
  connection_lost: true,
  no_reception: true,
  stream_error_515: true,
  stream_replaced: true,
  logged_out_401: true,
  client_outdated: true,
  qr_not_scanned: true,
  connect_requested: true,
  paused_by_user: true,
  linking_cancelled: true,
  logged_out_by_user: true,
  logged_out_offline: true,
  logged_out_unconfirmed: true,
  resumed: true,
  limit_over: true,
};

/** What is not known here is shown as the server told it. */
export function sentenceOfReason(reason: StateChange["reason"]): string | undefined {
  if (!reason) return undefined;
  const { code, detail } = reason;
  if (code in SAYINGS) return i18next.t(`reason.${code as keyof typeof SAYINGS}`);
  const refused = /^refused_(\d+)$/.exec(code);
  if (refused) return i18next.t("reason.refused", { code: refused[1] });
  // The server's sentence says for how long; only English has it.
  if (code.startsWith("temporary_ban") && i18next.language !== "en") return i18next.t("reason.temporary_ban");
  return detail;
}

/** What the state means for a person. Some reasons ask for something else than their state. */
export function adviceOf({ state, reason, last_connected_at }: Account): string {
  switch (reason?.code) {
    case "stream_replaced":
    case "client_outdated":
      if (state === "reconnecting") return i18next.t(`because.${reason.code}`);
      break;
    case "logged_out_offline":
    case "logged_out_unconfirmed":
      if (state === "logged_out") return i18next.t("because.removeOnPhone");
      break;
  }
  if (state === "created" && last_connected_at) return i18next.t("because.relink");
  return i18next.t(`advice.${state}`);
}
