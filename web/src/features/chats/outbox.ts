/**
 * Messages on their way to the server. They are shown at once, kept in the browser until the server has them, and leave
 * one after the other per chat, in the order in which they were written. Each carries an idempotency key, so that it
 * leaves once though it is handed over again: after a lost answer, after a reload, or by another tab.
 *
 * A server that cannot be reached holds a chat's messages up, and they leave when it is back. One that is refused waits
 * for a person to decide, and lets the others past.
 */
import { newKey } from "~/api/idempotency";
import { Problem } from "~/api/problem";
import { isPassing } from "~/app/queryClient";
import type { Draft, Pending } from "./pending";
import { openShelf, type Shelf } from "./shelf";

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

/**
 * The server knows a key for seven days. What is older is not handed over by itself: it might leave a second time, and
 * after so long it is rarely still meant.
 */
const OWN_ACCORD_MS = 6 * 86_400_000;

/** More bytes of files than this are not kept beyond the page. */
const MAX_KEPT_BYTES = 300 * 1024 * 1024;

/** The code of the problem that something is too old to leave by itself. Only this app knows it. */
export const TOO_OLD = "written_long_ago";

export interface Handling {
  /** Ends when somebody discards the message. */
  readonly signal: AbortSignal;
  /** The message's file is on the server. */
  uploaded(media: string): void;
}

/** Gives a message to the server. */
export type HandOver = (pending: Pending, handling: Handling) => Promise<void>;

/** What came of a try: there is nothing to do, the next one can be tried, or the server has to come back first. */
type Outcome = "nothing" | "next" | { readonly afterSecs: number | undefined };

const NONE: readonly Pending[] = [];

export class Outbox {
  private pending = NONE;
  private byChat = new Map<string, readonly Pending[]>();
  private readonly listeners = new Set<() => void>();
  /** Chats whose messages are being handed over. */
  private readonly working = new Set<string>();
  private readonly handed = new Map<string, AbortController>();
  /** What is being written to the shelf, by key, and what could not be written. */
  private readonly writing = new Map<string, number>();
  private readonly unkept = new Set<string>();
  private written: Promise<void> = Promise.resolve();
  private life: AbortController | undefined;
  private channel: BroadcastChannel | undefined;
  private readonly wakers = new Set<() => void>();

  constructor(
    readonly user: string,
    private readonly handOver: HandOver,
    private readonly shelf: Shelf = openShelf(),
  ) {}

  /** Begins with what was kept; the answer ends it. */
  start(): () => void {
    const life = new AbortController();
    this.life = life;
    const told = () => void this.reread().then(() => this.workOnAll());
    if ("BroadcastChannel" in globalThis) {
      this.channel = new BroadcastChannel(`pesan.outbox.${this.user}`);
      this.channel.onmessage = told;
    }
    window.addEventListener("online", this.wake);
    window.addEventListener("beforeunload", this.warn);
    told();
    return () => {
      life.abort();
      this.wake();
      for (const controller of this.handed.values()) controller.abort();
      this.channel?.close();
      this.channel = undefined;
      window.removeEventListener("online", this.wake);
      window.removeEventListener("beforeunload", this.warn);
    };
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Messages of a chat that the server has not taken yet, oldest first. */
  of(chat: string): readonly Pending[] {
    return this.byChat.get(chat) ?? NONE;
  }

  /** How many messages there are in all chats. */
  readonly count = (): number => this.pending.length;

  /** Takes drafts, which leave in their order. */
  add(chat: Pending["chat"], drafts: readonly Draft[], after: string): void {
    const { id, account_id, address } = chat;
    for (const draft of drafts) {
      const place = Math.max(Date.now(), (this.pending.at(-1)?.place ?? 0) + 1);
      const at = new Date().toISOString();
      this.put({ key: newKey(), place, chat: { id, account_id, address }, draft, at, after });
    }
    this.work(id);
  }

  /** Tries once more what was refused. */
  retry(key: string): void {
    const known = this.find(key);
    if (!known) return;
    // What was too old is meant today.
    const at = known.problem?.code === TOO_OLD ? new Date().toISOString() : known.at;
    this.put({ ...known, at, problem: undefined });
    this.work(known.chat.id);
  }

  /** Forgets a message, and stops the upload of its file. */
  discard(key: string): void {
    this.remove(key);
    this.handed.get(key)?.abort();
    this.wake();
  }

  /** Puts a message back that was discarded, in its place. It has its key still, so that it leaves once in any case. */
  restore(pending: Pending): void {
    if (this.isOver() || this.find(pending.key)) return;
    this.put({ ...pending, isWaiting: undefined });
    this.work(pending.chat.id);
  }

  /** The server may be back. */
  readonly wake = (): void => {
    for (const waker of [...this.wakers]) waker();
  };

  /** Forgets all that the person wrote. */
  async forget(): Promise<void> {
    this.life?.abort();
    this.show([]);
    await this.written;
    await this.shelf.clear(this.user).catch(() => {});
    this.channel?.postMessage("changed");
  }

  private isOver(): boolean {
    return this.life?.signal.aborted !== false;
  }

  private find(key: string): Pending | undefined {
    return this.pending.find((pending) => pending.key === key);
  }

  private next(chat: string): Pending | undefined {
    return this.of(chat).find((pending) => !pending.problem);
  }

  private workOnAll(): void {
    for (const chat of this.byChat.keys()) this.work(chat);
  }

  private work(chat: string): void {
    const life = this.life?.signal;
    if (!life || life.aborted || this.working.has(chat) || !this.next(chat)) return;
    this.working.add(chat);
    void this.handOverAll(chat, life).finally(() => {
      this.working.delete(chat);
      // Something may have been written in between.
      this.work(chat);
    });
  }

  private async handOverAll(chat: string, life: AbortSignal): Promise<void> {
    for (let failures = 0; !life.aborted; ) {
      const outcome = await this.alone(chat, life, () => this.handOverNext(chat));
      if (outcome === "nothing") return;
      if (outcome === "next") {
        failures = 0;
        continue;
      }
      const wait = Math.min(FIRST_WAIT_MS * 2 ** failures, LONGEST_WAIT_MS);
      failures += 1;
      await this.pause(outcome.afterSecs === undefined ? wait : outcome.afterSecs * 1_000, life);
    }
  }

  /** Only one tab hands over messages of a chat. Without locks, the keys see to it that each leaves once. */
  private async alone(chat: string, life: AbortSignal, act: () => Promise<Outcome>): Promise<Outcome> {
    // Browsers have them on secure pages only.
    if (!("locks" in navigator)) return act();
    try {
      return await navigator.locks.request(`pesan.outbox.${this.user}.${chat}`, { signal: life }, act);
    } catch (error) {
      if (life.aborted) return "nothing";
      throw error;
    }
  }

  private async handOverNext(chat: string): Promise<Outcome> {
    // Another tab may have handed it over meanwhile, or have written one that comes before it.
    await this.reread();
    const next = this.next(chat);
    if (!next || this.isOver()) return "nothing";
    if (Date.now() - Date.parse(next.at) > OWN_ACCORD_MS) {
      this.put({ ...next, problem: new Problem(0, { code: TOO_OLD }) });
      return "next";
    }
    const controller = new AbortController();
    this.handed.set(next.key, controller);
    try {
      const uploaded = (media: string) => this.change(next.key, { media });
      await this.handOver(next, { signal: controller.signal, uploaded });
      this.remove(next.key);
      return "next";
    } catch (error) {
      if (controller.signal.aborted) return "next";
      const problem = Problem.from(error);
      if (!mayPass(problem)) {
        this.change(next.key, { problem, isWaiting: undefined });
        return "next";
      }
      const waiting = this.pending.map((other) => (other.chat.id === chat ? { ...other, isWaiting: true } : other));
      this.show(waiting);
      return { afterSecs: problem.retryAfterSecs };
    } finally {
      this.handed.delete(next.key);
    }
  }

  private pause(ms: number, life: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const over = () => {
        clearTimeout(timer);
        this.wakers.delete(over);
        resolve();
      };
      const timer = setTimeout(over, ms);
      this.wakers.add(over);
      if (life.aborted) over();
    });
  }

  /** Shows what is kept, which another tab may have changed, with what could not be kept. */
  private async reread(): Promise<void> {
    await this.written;
    const kept = await this.shelf.list(this.user).catch(() => undefined);
    // Somebody may have logged out meanwhile.
    if (!kept || this.isOver()) return;
    const isOwn = ({ key }: Pending) => this.writing.has(key) || this.unkept.has(key);
    const own = this.pending.filter(isOwn);
    const waiting = new Set(this.pending.filter((pending) => pending.isWaiting).map(({ key }) => key));
    const others = kept
      .filter((pending) => !isOwn(pending))
      .map((pending) => (waiting.has(pending.key) ? { ...pending, isWaiting: true } : pending));
    this.show([...others, ...own].sort(byPlace));
  }

  private change(key: string, change: Partial<Pending>): void {
    const known = this.find(key);
    if (known) this.put({ ...known, ...change });
  }

  private put(pending: Pending): void {
    const isKnown = this.find(pending.key) !== undefined;
    this.show(
      isKnown
        ? this.pending.map((other) => (other.key === pending.key ? pending : other))
        : [...this.pending, pending].sort(byPlace),
    );
    this.write(pending.key, async () => {
      if (this.keptBytes() > MAX_KEPT_BYTES) throw new Error("there is no room for more files");
      await this.shelf.put(this.user, pending);
    });
  }

  private remove(key: string): void {
    this.show(this.pending.filter((pending) => pending.key !== key));
    this.write(key, () => this.shelf.drop(key));
  }

  private keptBytes(): number {
    return this.pending.reduce((sum, { key, draft }) => sum + (this.unkept.has(key) ? 0 : (draft.file?.size ?? 0)), 0);
  }

  /** Writes to the shelf, one after the other. What cannot be written goes on without it. */
  private write(key: string, act: () => Promise<void>): void {
    this.writing.set(key, (this.writing.get(key) ?? 0) + 1);
    this.written = this.written
      .then(act)
      .then(
        () => this.unkept.delete(key),
        () => this.unkept.add(key),
      )
      .then(() => {
        const left = (this.writing.get(key) ?? 1) - 1;
        if (left === 0) this.writing.delete(key);
        else this.writing.set(key, left);
        this.channel?.postMessage("changed");
      });
  }

  private show(pending: readonly Pending[]): void {
    this.pending = pending;
    this.byChat = new Map();
    for (const each of pending) this.byChat.set(each.chat.id, [...(this.byChat.get(each.chat.id) ?? NONE), each]);
    for (const listener of [...this.listeners]) listener();
  }

  /** Asks before a page is closed that has what is kept nowhere else. */
  private readonly warn = (event: BeforeUnloadEvent): void => {
    if (this.pending.some(({ key }) => this.unkept.has(key) || this.writing.has(key))) event.preventDefault();
  };
}

function byPlace(one: Pending, other: Pending): number {
  return one.place - other.place;
}

/** Whether the same call may work later without anybody doing anything. */
function mayPass(problem: Problem): boolean {
  // A log-in that ended leads to the log-in, and what was written leaves after it.
  if (problem.status === 401) return true;
  return isPassing(problem) || (problem.status === 429 && problem.retryAfterSecs !== undefined);
}
