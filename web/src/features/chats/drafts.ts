/**
 * What was typed in a chat and not sent. The browser keeps it for the person who is logged in, so that it outlives a reload
 * and a closed tab. What is typed in one tab is seen in the others: the storage is the only place where it stands.
 */
import { useQuery } from "@tanstack/react-query";
import { useCallback, useSyncExternalStore } from "react";
import { meQuery } from "~/api/queries";

/** Longer texts are kept for as long as the page is. */
const MAX_LENGTH = 10_000;
/** The oldest make room for others. */
const MAX_DRAFTS = 100;
const KEPT_MS = 30 * 86_400_000;

const prefixOf = (user: string) => `pesan.draft.${user}.`;

/** What the browser could not keep, by key. */
const unkept = new Map<string, string>();
const listeners = new Set<() => void>();

function tell(): void {
  for (const listener of [...listeners]) listener();
}

function subscribe(listener: () => void): () => void {
  // Another tab wrote something.
  if (listeners.size === 0) window.addEventListener("storage", tell);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) window.removeEventListener("storage", tell);
  };
}

/** A draft is kept as the moment it was written and its text. */
function parse(kept: string): { at: number; text: string } {
  const gap = kept.indexOf(" ");
  return { at: Number(kept.slice(0, gap)), text: kept.slice(gap + 1) };
}

export function draftOf(user: string, chatId: string): string {
  const key = prefixOf(user) + chatId;
  const kept = unkept.get(key);
  if (kept !== undefined) return kept;
  const stored = localStorage.getItem(key);
  return stored === null ? "" : parse(stored).text;
}

export function keepDraft(user: string, chatId: string, text: string): void {
  const key = prefixOf(user) + chatId;
  unkept.delete(key);
  if (text === "") {
    localStorage.removeItem(key);
  } else if (text.length > MAX_LENGTH) {
    localStorage.removeItem(key);
    unkept.set(key, text);
  } else {
    if (localStorage.getItem(key) === null) makeRoom(prefixOf(user));
    try {
      localStorage.setItem(key, `${Date.now()} ${text}`);
    } catch {
      unkept.set(key, text);
    }
  }
  tell();
}

/** Forgets what is old, and what is too many. */
function makeRoom(prefix: string): void {
  const drafts = keysOf(prefix)
    .map((key) => ({ key, at: parse(localStorage.getItem(key) ?? "").at }))
    .sort((one, other) => other.at - one.at);
  const oldest = Date.now() - KEPT_MS;
  drafts.forEach(({ key, at }, index) => {
    if (index >= MAX_DRAFTS - 1 || !(at >= oldest)) localStorage.removeItem(key);
  });
}

function keysOf(prefix: string): string[] {
  return Object.keys(localStorage).filter((key) => key.startsWith(prefix));
}

/** Forgets all that a person typed. */
export function forgetDrafts(user: string): void {
  const prefix = prefixOf(user);
  for (const key of keysOf(prefix)) localStorage.removeItem(key);
  for (const key of [...unkept.keys()]) if (key.startsWith(prefix)) unkept.delete(key);
  tell();
}

/** The draft of a chat, and how to change it. */
export function useDraft(chatId: string): [string, (text: string) => void] {
  const user = useQuery(meQuery).data?.user?.id ?? "";
  const text = useSyncExternalStore(subscribe, () => draftOf(user, chatId));
  const keep = useCallback((text: string) => keepDraft(user, chatId, text), [user, chatId]);
  return [text, keep];
}
