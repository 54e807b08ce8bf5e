/** The notice that an account is back, with what its queue has sent since. */
import { notifications } from "@mantine/notifications";
import i18next from "i18next";
import { createElement } from "react";
import type { LoggedEvent } from "~/api/types";
import { IconCheck } from "~/ui/icons";

/** How long the notice stays after it last changed. */
const SHOWN_MS = 6_000;

/** One return of an account. */
interface Return {
  /** Since when it is connected. */
  since: string;
  /** What waited in its queue then. */
  queued: number;
  /** Which messages from before have left since; events can come again. */
  sent: Set<string>;
  shown: boolean;
}

export interface Returns {
  /** Hears an event; `isAwaited` says whether anybody waits for the account. */
  hear(event: LoggedEvent, isAwaited: (accountId: string) => boolean): void;
  /** Shows the notice, and keeps its number true while it is shown. */
  show(accountId: string, name: string): void;
  /** Takes the notice away: it is gone again. */
  hide(accountId: string): void;
}

export function createReturns(): Returns {
  const returns = new Map<string, Return & { name: string }>();

  const text = (name: string, back: Return | undefined): string => {
    if (!back || back.queued === 0) return i18next.t("reconnect.back", { name });
    return back.sent.size > 0
      ? i18next.t("reconnect.backSent", { name, count: back.sent.size })
      : i18next.t("reconnect.backWaiting", { name, count: back.queued });
  };
  const idOf = (accountId: string) => `back-${accountId}`;
  const notice = (accountId: string, name: string) => {
    const back = returns.get(accountId);
    return {
      id: idOf(accountId),
      message: text(name, back),
      color: "teal",
      closeButtonProps: { "aria-label": i18next.t("common.close") },
      icon: createElement(IconCheck, { size: 18 }),
      // Another number begins the time anew.
      autoClose: SHOWN_MS + (back?.sent.size ?? 0),
      onClose: () => {
        returns.delete(accountId);
      },
    };
  };

  return {
    hear: (event, isAwaited) => {
      if (event.type === "account.state_changed" && event.data.state === "connected") {
        const { id, name, state_since, queued } = event.data;
        if (returns.get(id)?.since === state_since || !isAwaited(id)) return;
        returns.set(id, { name, since: state_since, queued, sent: new Set(), shown: false });
      }
      if (event.type === "message.sent") {
        const { id, account_id, created_at } = event.data;
        const back = returns.get(account_id);
        if (!back || created_at >= back.since || back.sent.has(id)) return;
        back.sent.add(id);
        if (back.shown) notifications.update(notice(account_id, back.name));
      }
    },
    show: (accountId, name) => {
      const back = returns.get(accountId);
      if (back) back.shown = true;
      notifications.show(notice(accountId, name));
    },
    hide: (accountId) => {
      notifications.hide(idOf(accountId));
    },
  };
}
