/**
 * Applies one event to the query cache, so that every open page shows it without fetching.
 * Pure with respect to the network, except that lists which cannot be patched exactly are marked stale.
 */
import type { InfiniteData, QueryClient } from "@tanstack/react-query";
import { type ChatFilter, keys, meQuery, type Page, type Pages, type ThreadPage } from "~/api/queries";
import type { Account, Chat, Colleague, LoggedEvent, Message, Tag, Team } from "~/api/types";
import { refresh } from "./refresh";
import { tellReminderDue } from "./reminders";

/** How long "typing…" is shown when no end of it arrives. */
export const TYPING_MS = 15_000;

export interface TypingNow {
  readonly recording: boolean;
  readonly until: number;
}

/** An event is applied as it comes, and perhaps again to an answer that it overtook (`follow.ts`). */
export type Turn = "first" | "again";

export function applyEvent(client: QueryClient, event: LoggedEvent, turn: Turn): void {
  switch (event.type) {
    case "account.created":
    case "account.state_changed":
      putAccount(client, event.data);
      return;
    case "account.deleted":
      client.setQueryData<Account[]>(keys.accounts, (all) => all?.filter((account) => account.id !== event.data.id));
      void client.invalidateQueries({ queryKey: keys.chats });
      return;
    case "message.media_ready":
      putMessage(client, event.data);
      bumpMedia(client, event.data);
      return;
    case "message.queued":
    case "message.sent":
    case "message.delivered":
    case "message.read":
    case "message.played":
    case "message.failed":
    case "message.cancelled":
    case "message.healed":
      putMessage(client, event.data);
      return;
    case "message.deleted":
      dropMessage(client, event.data);
      return;
    case "message.edited":
    case "message.revoked":
      changeMessage(client, event.data);
      void client.invalidateQueries({ queryKey: keys.search });
      return;
    case "message.voted":
      changeMessage(client, event.data);
      return;
    case "message.received":
      receiveMessage(client, event.data, turn);
      return;
    case "chat.updated":
      putChat(client, event.data);
      readUnknown(client, event.data);
      void client.invalidateQueries({ queryKey: keys.chatLog(event.data.id) });
      return;
    case "chat.typing": {
      const { chat_id, activity } = event.data;
      if (!chat_id) return;
      const now: TypingNow | null =
        activity === "stopped" ? null : { recording: activity === "recording", until: Date.now() + TYPING_MS };
      client.setQueryData(keys.typing(chat_id), now);
      return;
    }
    case "contact.created":
      return;
    case "contact.updated":
    case "contact.merged":
    case "contact.unmerged":
    case "contact.opted_out":
    case "contact.opted_in":
      // Chats are called by their person's name.
      refresh(client, keys.chats);
      refresh(client, ["chat"]);
      refresh(client, keys.contacts);
      refresh(client, keys.quickReplies);
      readLacking(client, keys.tags, event.data.tag_ids);
      return;
    case "contact.erased":
      dropChats(client, event.data.chat_ids);
      refresh(client, keys.contacts);
      refresh(client, keys.search);
      return;
    case "donation.recorded":
    case "donation.changed":
    case "donation.deleted":
      refresh(client, keys.contact(event.data.contact_id));
      refreshSegments(client);
      return;
    case "note.created":
    case "note.updated":
    case "note.deleted":
      refreshAbout(client, event.data);
      return;
    case "reminder.created":
    case "reminder.updated":
      refreshAbout(client, event.data);
      return;
    case "reminder.due":
      refreshAbout(client, event.data);
      if (turn === "first") tellReminderDue(event.data);
      return;
    case "webhook.test":
      void client.invalidateQueries({ queryKey: ["deliveries"] });
      return;
    default:
      event satisfies never;
  }
}

/** Reads anew what is shown of a person or a group. */
function refreshAbout(client: QueryClient, about: { contact_id?: string | null; chat_id?: string | null }): void {
  if (about.contact_id) refresh(client, keys.contact(about.contact_id));
  if (about.chat_id) refresh(client, keys.group(about.chat_id));
}

/** Chats that are gone, with all that was read of them. */
function dropChats(client: QueryClient, ids: readonly string[]): void {
  client.setQueriesData<Pages<Chat>>({ queryKey: keys.chats }, (pages) => {
    if (!pages) return pages;
    const left = pages.pages.map((page) => ({ ...page, data: page.data.filter((chat) => !ids.includes(chat.id)) }));
    return { ...pages, pages: left };
  });
  for (const id of ids) {
    client.removeQueries({ queryKey: keys.messages(id) });
    void client.invalidateQueries({ queryKey: keys.chat(id) });
  }
}

/** A chat does not say in which segment its person is: lists of a segment are read anew. */
function refreshSegments(client: QueryClient): void {
  for (const [key] of client.getQueriesData({ queryKey: keys.chats })) {
    if ((key[1] as ChatFilter | undefined)?.segment) refresh(client, key);
  }
}

export function putAccount(client: QueryClient, account: Account): void {
  client.setQueryData<Account[]>(keys.accounts, (all) => {
    if (!all) return all;
    const found = all.some((other) => other.id === account.id);
    return found ? all.map((other) => (other.id === account.id ? account : other)) : [...all, account];
  });
  void client.invalidateQueries({ queryKey: keys.history(account.id) });
}

/** The steps a status can climb; a late event never takes one back. */
const CLIMB: Partial<Record<Message["status"], number>> = { queued: 0, sent: 1, delivered: 2, read: 3, played: 4 };

/** Whether `next` is the same as `known` or later. Events are replayed, so old ones come again. */
export function isNewer(known: Message, next: Message): boolean {
  // Words that were changed or deleted do not come back.
  if (known.revoked_at && !next.revoked_at) return false;
  if (!next.revoked_at && known.edited_at && (next.edited_at ?? "") < known.edited_at) return false;
  const from = CLIMB[known.status];
  const to = CLIMB[next.status];
  if (from !== undefined && to !== undefined) return to >= from;
  return known.status !== "failed" || next.status !== "queued" || next.attempts >= known.attempts;
}

/**
 * When a message was said, which is its place in the thread. WhatsApp's times are whole seconds: it was said before the
 * end of that one, and before it was stored here.
 */
export function momentOf(message: Message): string {
  const { sent_at, created_at } = message;
  if (!sent_at) return created_at;
  const second = Math.floor(Date.parse(sent_at) / 1_000);
  return new Date(Math.min(second * 1_000 + 999, Date.parse(created_at))).toISOString();
}

/** Puts a message where it belongs in its thread, and its line in the list of chats. */
export function putMessage(client: QueryClient, message: Message): void {
  // Receipts still come for what was deleted.
  if (message.deleted_at) return;
  // The answer to a request can come after the event of what became of it.
  const known = findMessage(client, message);
  if (known && !isNewer(known, message)) return;
  putInThread(client, message);
  // What is sent by itself answers nobody.
  patchLine(client, message, message.direction === "out" && !message.automatic ? "written" : "noted");
}

/** Shows what people made of a message. Nobody answered anybody by that. */
function changeMessage(client: QueryClient, message: Message): void {
  if (message.deleted_at) return;
  const known = findMessage(client, message);
  if (known && !isNewer(known, message)) return;
  putInThread(client, message);
  patchLine(client, message, "noted");
}

function findMessage(client: QueryClient, message: Message): Message | undefined {
  for (const [, pages] of client.getQueriesData<ThreadPages>({ queryKey: keys.messages(message.chat_id) })) {
    const found = pages?.pages.flatMap((page) => page.data).find((other) => other.id === message.id);
    if (found) return found;
  }
  return undefined;
}

/** Takes a deleted message out of its thread. The line of its chat follows by an event of its own. */
function dropMessage(client: QueryClient, message: Message): void {
  void client.invalidateQueries({ queryKey: keys.search });
  // Its newest part, and those around messages that were looked for.
  client.setQueriesData<ThreadPages>({ queryKey: keys.messages(message.chat_id) }, (pages) => {
    if (!pages) return pages;
    const left = pages.pages.map((page) => ({ ...page, data: page.data.filter((other) => other.id !== message.id) }));
    return { ...pages, pages: left };
  });
}

function receiveMessage(client: QueryClient, message: Message, turn: Turn): void {
  putInThread(client, message);
  client.setQueryData(keys.typing(message.chat_id), null);
  const known = findChat(client, message.chat_id);
  const isCounted = known !== undefined && momentOf(message) <= known.last_message_at;
  if (isCounted && turn === "again") return;
  patchLine(client, message, "group_change" in message ? "noted" : "received");
}

type ThreadPages = InfiniteData<ThreadPage>;

function putInThread(client: QueryClient, message: Message): void {
  client.setQueriesData<ThreadPages>({ queryKey: keys.messages(message.chat_id) }, (pages) => {
    if (!pages) return pages;
    let found = false;
    const replaced = pages.pages.map((page) => {
      if (!page.data.some((other) => other.id === message.id)) return page;
      found = true;
      return {
        ...page,
        data: page.data.map((other) => (other.id === message.id && isNewer(other, message) ? message : other)),
      };
    });
    if (found) return { ...pages, pages: replaced };
    // Behind the last page that is loaded it comes with the next one.
    const moment = momentOf(message);
    const older = (other: Message) => momentOf(other) <= moment;
    const index = pages.pages.findIndex((page) => page.data.some(older) || page.next == null);
    const page = pages.pages[index];
    if (!page) return pages;
    const place = page.data.findIndex(older);
    // Before the first page of a part that is loaded it comes with the one before.
    if (index === 0 && place === 0 && page.previous != null) return pages;
    const data = page.data.toSpliced(place === -1 ? page.data.length : place, 0, message);
    return { ...pages, pages: pages.pages.with(index, { ...page, data }) };
  });
}

/** How a message came into its chat: it waits for an answer, is one, or neither. */
type Arrival = "received" | "written" | "noted";

function patchLine(client: QueryClient, message: Message, arrival: Arrival): void {
  if ("reaction" in message) return;
  const known = findChat(client, message.chat_id);
  const moment = momentOf(message);
  // Only what is surely newer can be counted here; what may be counted already is asked for.
  if (!known || (arrival === "received" && moment <= known.last_message_at)) {
    refresh(client, keys.chats);
    refresh(client, keys.chat(message.chat_id));
    return;
  }
  if (moment < known.last_message_at) return;
  putChat(client, {
    ...known,
    ...afterArrival(known, moment, arrival),
    last_message_at: moment,
    last_message: {
      type: message.type,
      preview: previewOf(message),
      direction: message.direction,
      status: message.status,
    },
  });
}

/** What a message changes of its chat besides its line, as the server does it. */
function afterArrival(known: Chat, moment: string, arrival: Arrival): Partial<Chat> {
  switch (arrival) {
    case "received":
      return {
        unread: known.unread + 1,
        waiting_since: known.waiting_since ?? moment,
        status: "open",
        snoozed_until: null,
      };
    case "written":
      return { waiting_since: null };
    case "noted":
      return {};
  }
}

/** The text a list shows of a message. */
export function previewOf(message: Message): string | null {
  if ("text" in message) return message.text.body;
  if ("reaction" in message) return message.reaction.emoji;
  if ("location" in message) {
    const { name, caption, address } = message.location;
    return name ?? caption ?? address ?? null;
  }
  if ("contacts" in message) return message.contacts.cards.map((card) => card.name).join(", ");
  if ("poll" in message) return message.poll.question;
  const media = mediaOf(message);
  return media?.caption ?? media?.file_name ?? null;
}

/** The file of a message, of the kinds that have one. */
export function mediaOf(message: Message) {
  if ("image" in message) return message.image;
  if ("video" in message) return message.video;
  if ("document" in message) return message.document;
  if ("audio" in message) return message.audio;
  if ("sticker" in message) return message.sticker;
  return undefined;
}

function bumpMedia(client: QueryClient, message: Message): void {
  const media = mediaOf(message);
  if (media) client.setQueryData<number>(keys.mediaVersion(media.media_id), (version) => (version ?? 0) + 1);
}

function findChat(client: QueryClient, id: string): Chat | undefined {
  const single = client.getQueryData<Chat>(keys.chat(id));
  if (single) return single;
  for (const [, pages] of client.getQueriesData<Pages<Chat>>({ queryKey: keys.chats })) {
    const found = pages?.pages.flatMap((page) => page.data).find((chat) => chat.id === id);
    if (found) return found;
  }
  return undefined;
}

/** Puts a chat at its place in every cached list whose filter it passes. */
export function putChat(client: QueryClient, chat: Chat): void {
  client.setQueryData<Chat>(keys.chat(chat.id), (known) => (known ? chat : known));
  const me = client.getQueryData(meQuery.queryKey)?.user?.id;
  for (const [key, known] of client.getQueriesData<Pages<Chat>>({ queryKey: keys.chats })) {
    const filter = (key[1] ?? {}) as ChatFilter;
    const isIn = passes(chat, filter, me);
    const isListed = known?.pages.some((page) => page.data.some((other) => other.id === chat.id));
    if (filter.segment && isIn && !isListed) {
      // Only the server knows in which segment its person is.
      refresh(client, key);
      continue;
    }
    client.setQueryData<Pages<Chat>>(key, (pages) => (pages ? placeChat(pages, chat, isIn) : pages));
  }
}

/** Whether a list with this filter has the chat; `me` is who looks. */
export function passes(chat: Chat, filter: ChatFilter, me: string | undefined, now: number = Date.now()): boolean {
  const { account, status, assignee, team, tag, unread, starred, waiting, due } = filter;
  const asked = assignee === "me" ? me : assignee;
  const longest = waiting === undefined ? undefined : now - waiting * 60_000;
  return (
    (!account || account === chat.account_id) &&
    (!status || status === chat.status) &&
    (!asked || (asked === "none" ? chat.assignee_id == null : asked === chat.assignee_id)) &&
    (!team || team === chat.team_id) &&
    (!tag || chat.tag_ids.includes(tag)) &&
    (!unread || chat.unread > 0) &&
    (!starred || chat.is_starred) &&
    (!due || chat.reminder_due) &&
    (longest === undefined || (chat.waiting_since != null && Date.parse(chat.waiting_since) <= longest))
  );
}

/** People, tags and teams have no events of their own: whoever is met first here is asked for. */
function readUnknown(client: QueryClient, chat: Chat): void {
  readLacking(client, keys.colleagues, [chat.assignee_id]);
  readLacking(client, keys.teams, [chat.team_id]);
  readLacking(client, keys.tags, chat.tag_ids);
}

function readLacking(client: QueryClient, queryKey: readonly string[], ids: (string | null)[]): void {
  const known = client.getQueryData<(Colleague | Tag | Team)[]>(queryKey);
  const isLacking = known !== undefined && ids.some((id) => id != null && !known.some((each) => each.id === id));
  if (isLacking) void client.invalidateQueries({ queryKey });
}

function placeChat(pages: Pages<Chat>, chat: Chat, isIn: boolean): Pages<Chat> {
  const sizes = pages.pages.map((page) => page.data.length);
  const others = pages.pages.flatMap((page) => page.data).filter((other) => other.id !== chat.id);
  const last = pages.pages.at(-1);
  if (isIn) {
    const place = others.findIndex((other) => other.last_message_at <= chat.last_message_at);
    if (place !== -1) others.splice(place, 0, chat);
    else if (!last?.next) others.push(chat);
  }
  // The pages keep their cursors; the last one takes up what is more or less.
  let taken = 0;
  const redistributed = pages.pages.map((page, index): Page<Chat> => {
    const isLast = index === pages.pages.length - 1;
    const data = isLast ? others.slice(taken) : others.slice(taken, taken + (sizes[index] ?? 0));
    taken += data.length;
    return { ...page, data };
  });
  return { ...pages, pages: redistributed };
}
