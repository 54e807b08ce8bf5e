/** The events a webhook can ask for, in groups. `message.*` stands for all of a group, `*` for everything. */
import type { LoggedEvent } from "~/api/types";

type Name = Exclude<LoggedEvent["type"], "webhook.test">;

export const EVENT_GROUPS = {
  message: [
    "message.received",
    "message.queued",
    "message.sent",
    "message.delivered",
    "message.read",
    "message.played",
    "message.failed",
    "message.cancelled",
    "message.healed",
    "message.media_ready",
    "message.deleted",
    "message.edited",
    "message.revoked",
    "message.voted",
  ],
  account: ["account.created", "account.state_changed", "account.deleted"],
  chat: ["chat.updated", "chat.typing"],
  contact: [
    "contact.created",
    "contact.updated",
    "contact.merged",
    "contact.unmerged",
    "contact.opted_out",
    "contact.opted_in",
    "contact.erased",
  ],
  donation: ["donation.recorded", "donation.changed", "donation.deleted"],
  note: ["note.created", "note.updated", "note.deleted"],
  reminder: ["reminder.created", "reminder.updated", "reminder.due"],
} as const satisfies Record<string, readonly Name[]>;

export type EventGroup = keyof typeof EVENT_GROUPS;

export const GROUPS = Object.keys(EVENT_GROUPS) as EventGroup[];
