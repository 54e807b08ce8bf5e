/**
 * The live stream of the server over one `EventSource`.
 *
 * The server first says where in the log the stream begins (`ready`). The browser reconnects by itself after a cut and
 * tells the server the last place it knows. It gives up when the answer is an error (a proxy restarting, a login that
 * ended); then the stream is opened anew from that place, with back-off.
 */
import type { ChatPresence, LoggedEvent, SettingsPart } from "~/api/types";

export type LiveState = "connecting" | "live" | "lost";

/** Every event's name. `satisfies` keeps the list inside the API's, the record keeps it complete. */
const NAMES = Object.keys({
  "account.created": true,
  "account.state_changed": true,
  "account.deleted": true,
  "message.queued": true,
  "message.sent": true,
  "message.delivered": true,
  "message.read": true,
  "message.played": true,
  "message.failed": true,
  "message.cancelled": true,
  "message.received": true,
  "message.healed": true,
  "message.media_ready": true,
  "message.deleted": true,
  "message.edited": true,
  "message.revoked": true,
  "message.voted": true,
  "chat.updated": true,
  "chat.typing": true,
  "contact.created": true,
  "contact.updated": true,
  "contact.merged": true,
  "contact.unmerged": true,
  "contact.opted_out": true,
  "contact.opted_in": true,
  "contact.erased": true,
  "donation.recorded": true,
  "donation.changed": true,
  "donation.deleted": true,
  "note.created": true,
  "note.updated": true,
  "note.deleted": true,
  "reminder.created": true,
  "reminder.updated": true,
  "reminder.due": true,
  "webhook.test": true,
} satisfies Record<LoggedEvent["type"], true>);

export interface StreamHandlers {
  /** A fact, in the order of the log. */
  onEvent(event: LoggedEvent): void;
  /** An account has a new QR code. Not part of the log. */
  onQr(accountId: string): void;
  /** What a colleague does in a chat. Not part of the log. */
  onPresence(presence: ChatPresence): void;
  /** A colleague changed something that is shared. Not part of the log. */
  onSettings(what: SettingsPart): void;
  /** The server cannot replay what was missed: everything must be read again. */
  onResync(): void;
  /** The server answered with an error. It is asked again later. */
  onRefused(): void;
  onState(state: LiveState): void;
}

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

/** Opens the stream; the answer closes it. */
export function openStream(handlers: StreamHandlers): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let lastSeq: string | undefined;
  let waitMs = FIRST_WAIT_MS;

  const seen = (event: MessageEvent) => {
    if (event.lastEventId) lastSeq = event.lastEventId;
  };

  const open = () => {
    clearTimeout(timer);
    source?.close();
    const current = new EventSource(lastSeq === undefined ? "/v1/stream" : `/v1/stream?after=${lastSeq}`);
    source = current;
    current.onopen = () => {
      waitMs = FIRST_WAIT_MS;
      handlers.onState("live");
    };
    current.onerror = () => {
      handlers.onState("lost");
      if (current.readyState !== EventSource.CLOSED) return;
      handlers.onRefused();
      timer = setTimeout(open, waitMs);
      waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
    };
    for (const name of NAMES) {
      current.addEventListener(name, (event) => {
        seen(event);
        handlers.onEvent(JSON.parse(event.data));
      });
    }
    current.addEventListener("ready", seen);
    current.addEventListener("account.qr", (event) => handlers.onQr(JSON.parse(event.data).account_id));
    current.addEventListener("chat.presence", (event) => handlers.onPresence(JSON.parse(event.data)));
    current.addEventListener("settings.changed", (event) => handlers.onSettings(JSON.parse(event.data).what));
    current.addEventListener("resync", (event) => {
      seen(event);
      handlers.onResync();
    });
  };

  const reopen = () => {
    if (source?.readyState === EventSource.CLOSED) open();
  };
  const reopenWhenVisible = () => {
    if (document.visibilityState === "visible") reopen();
  };
  window.addEventListener("online", reopen);
  document.addEventListener("visibilitychange", reopenWhenVisible);
  handlers.onState("connecting");
  open();

  return () => {
    clearTimeout(timer);
    window.removeEventListener("online", reopen);
    document.removeEventListener("visibilitychange", reopenWhenVisible);
    source?.close();
  };
}
