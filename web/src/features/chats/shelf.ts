/**
 * Where messages that the server does not have yet are kept in the browser: in IndexedDB, which takes files, outlives a
 * reload and a closed tab, and is shared by the tabs. Where a browser has none, they are kept for as long as the page is.
 */
import { Problem } from "~/api/problem";
import type { WrongField } from "~/api/types";
import type { Pending } from "./pending";

/** What is kept of a message. An error does not survive the way into the database, so its parts are kept. */
interface Kept extends Omit<Pending, "problem" | "isWaiting"> {
  readonly user: string;
  readonly problem?: { status: number; code: string; detail: string; errors: WrongField[] } | undefined;
}

export interface Shelf {
  /** What a person wrote, oldest first. */
  list(user: string): Promise<Pending[]>;
  put(user: string, pending: Pending): Promise<void>;
  drop(key: string): Promise<void>;
  /** Forgets what a person wrote; without one, what everybody wrote. */
  clear(user?: string): Promise<void>;
}

const DATABASE = "pesan";
const MESSAGES = "outbox";
const BY_USER = "user";

export function openShelf(): Shelf {
  return "indexedDB" in globalThis ? databaseShelf() : memory;
}

function toKept(user: string, { problem, isWaiting: _, ...pending }: Pending): Kept {
  return {
    ...pending,
    user,
    problem: problem && {
      status: problem.status,
      code: problem.code,
      detail: problem.message,
      errors: [...problem.fields.values()],
    },
  };
}

function fromKept({ user: _, problem, ...pending }: Kept): Pending {
  if (!problem) return pending;
  const { status, ...body } = problem;
  return { ...pending, problem: new Problem(status, body) };
}

const inOrder = (all: Kept[]) => all.toSorted((one, other) => one.place - other.place).map(fromKept);

function databaseShelf(): Shelf {
  const opened = open();
  // Whoever uses it hears of it.
  opened.catch(() => {});
  const messages = async (mode: IDBTransactionMode) => {
    const transaction = (await opened).transaction(MESSAGES, mode);
    return { transaction, store: transaction.objectStore(MESSAGES) };
  };
  return {
    list: async (user) => {
      const { store } = await messages("readonly");
      return inOrder(await answerOf<Kept[]>(store.index(BY_USER).getAll(user)));
    },
    put: async (user, pending) => {
      const { transaction, store } = await messages("readwrite");
      store.put(toKept(user, pending));
      await done(transaction);
    },
    drop: async (key) => {
      const { transaction, store } = await messages("readwrite");
      store.delete(key);
      await done(transaction);
    },
    clear: async (user) => {
      const { transaction, store } = await messages("readwrite");
      if (user === undefined) store.clear();
      else for (const key of await answerOf(store.index(BY_USER).getAllKeys(user))) store.delete(key);
      await done(transaction);
    },
  };
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(MESSAGES, { keyPath: "key" }).createIndex(BY_USER, "user");
  };
  return answerOf(request);
}

function answerOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Until it is written: a disk that is full says so only at the end. */
function done(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}

const shelved = new Map<string, Kept>();

const memory: Shelf = {
  list: async (user) => inOrder([...shelved.values()].filter((kept) => kept.user === user)),
  put: async (user, pending) => void shelved.set(pending.key, toKept(user, pending)),
  drop: async (key) => void shelved.delete(key),
  clear: async (user) => {
    for (const { key, user: owner } of [...shelved.values()]) {
      if (user === undefined || owner === user) shelved.delete(key);
    }
  },
};
