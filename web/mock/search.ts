/** What the stand-in finds. */
import type { ChatHit, ContactHit, Message, MessageHit, TextPart } from "../src/api/types";
import type { World } from "./api";

/** Messages newer and older than the one that is asked for. */
const BESIDE = 5;

/** The part of a thread around a message, or the newer part beside one. */
export function threadAround(newestFirst: Message[], query: URLSearchParams) {
  const around = newestFirst.findIndex((message) => message.id === query.get("around"));
  const before = newestFirst.findIndex((message) => message.id === query.get("before"));
  if (around === -1 && before === -1) return undefined;
  const from = Math.max(0, around === -1 ? before - BESIDE : around - BESIDE);
  const data = newestFirst.slice(from, around === -1 ? before : around + BESIDE + 1);
  const last = data.at(-1);
  return {
    data,
    next: last && last !== newestFirst.at(-1) ? last.id : null,
    previous: from === 0 ? null : (data[0]?.id ?? null),
  };
}

export function search(world: World, query: URLSearchParams) {
  const text = query.get("q") ?? "";
  const kinds = (query.get("kinds") ?? "chats,contacts,messages").split(",");
  const chat = query.get("chat_id");
  const has = (name: string) => name.toLowerCase().includes(text.toLowerCase());
  const messages: MessageHit[] = world.messages
    .filter((message) => (!chat || message.chat_id === chat) && has(textOf(message)))
    .toSorted((a, b) => b.created_at.localeCompare(a.created_at))
    .map((message) => ({ message, at: message.created_at, snippet: marked(textOf(message), text) }));
  const chats: ChatHit[] = world.chats
    .filter((each) => has(each.name))
    .map((each) => ({ chat: each, name: marked(each.name, text) }));
  const contacts: ContactHit[] = world.contacts
    .filter((contact) => has(contact.name))
    .map((contact) => ({ contact, name: marked(contact.name, text) }));
  const oldest = messages.at(-1)?.at ?? null;
  return {
    ...(kinds.includes("chats") && { chats: { data: chats, next: null } }),
    ...(kinds.includes("contacts") && { contacts: { data: contacts, next: null } }),
    ...(kinds.includes("messages") && { messages: page(messages, query, oldest) }),
  };
}

/** One message is a page, so that there is one further back. */
function page(messages: MessageHit[], query: URLSearchParams, oldest: string | null) {
  const from = Number(query.get("after") ?? 0);
  const data = messages.slice(from, from + 1);
  const isMore = from + 1 < messages.length;
  return { data, next: isMore ? String(from + 1) : null, searched_back_to: isMore ? (data[0]?.at ?? oldest) : null };
}

function textOf(message: Message): string {
  return "text" in message ? message.text.body : "";
}

function marked(whole: string, text: string): TextPart[] {
  const start = whole.toLowerCase().indexOf(text.toLowerCase());
  if (start === -1) return [{ text: whole, is_match: false }];
  return [
    { text: whole.slice(0, start), is_match: false },
    { text: whole.slice(start, start + text.length), is_match: true },
    { text: whole.slice(start + text.length), is_match: false },
  ].filter((part) => part.text !== "");
}
