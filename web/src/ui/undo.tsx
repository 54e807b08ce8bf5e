/**
 * Acts that cannot be taken back. Nothing is sent until the time to think better of it has passed; until then what it is
 * about is not shown, and a notice offers it back. Whoever closes the page before that has not done it.
 */
import { Button, Group } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useRef, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { setFailure } from "./failures";
import { useLostFocus } from "./focus";
import { IconTrash } from "./icons";

/** How long it can be taken back. It begins anew when somebody points at the notice or has the focus in it. */
export const UNDO_MS = 7_000;

interface Held {
  /** Does it now. */
  now(): Promise<void>;
  undo(): void;
  pause(): void;
  resume(): void;
}

const held = new Map<string, Held>();
let ids: ReadonlySet<string> = new Set();
const listeners = new Set<() => void>();

function changed(): void {
  ids = new Set(held.keys());
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** What is not shown because it is about to go. */
export function useHeld(): ReadonlySet<string> {
  return useSyncExternalStore(subscribe, () => ids);
}

/** Does all of it now: before somebody logs out. */
export async function settleHeld(): Promise<void> {
  await Promise.all([...held.values()].map((each) => each.now()));
}

/** Does it to the thing with this id, once the time to take it back has passed. What fails is said in its row. */
export function doLater(id: string, message: string, act: () => Promise<unknown>): void {
  if (held.has(id)) return;
  setFailure(id, undefined);
  const notice = `undo-${id}`;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isDone = false;
  const end = () => {
    isDone = true;
    clearTimeout(timer);
    notifications.hide(notice);
  };
  const show = () => {
    held.delete(id);
    changed();
  };
  const each: Held = {
    now: async () => {
      if (isDone) return;
      end();
      // It comes back only if it is still there.
      await act().catch((error: unknown) => setFailure(id, error));
      show();
    },
    undo: () => {
      if (isDone) return;
      end();
      show();
    },
    pause: () => clearTimeout(timer),
    resume: () => {
      clearTimeout(timer);
      if (!isDone) timer = setTimeout(() => void each.now(), UNDO_MS);
    },
  };
  held.set(id, each);
  changed();
  each.resume();
  notifications.show({
    id: notice,
    message: <Offer held={each} message={message} />,
    color: "gray",
    icon: <IconTrash size={18} />,
    autoClose: false,
    withCloseButton: false,
  });
}

function Offer({ held, message }: { held: Held; message: string }) {
  const { t } = useTranslation();
  const button = useRef<HTMLButtonElement>(null);
  useLostFocus(button);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the time stands still for whoever reads it
    <div onPointerEnter={held.pause} onPointerLeave={held.resume} onFocus={held.pause} onBlur={held.resume}>
      <Group justify="space-between" wrap="nowrap">
        <span>{message}</span>
        <Button ref={button} size="compact-sm" variant="subtle" onClick={held.undo}>
          {t("inbox.undo")}
        </Button>
      </Group>
    </div>
  );
}
