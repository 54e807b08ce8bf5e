/** Which key sends a message. It is a habit of the person at this keyboard, so the browser remembers it. */
import { useLocalStorage } from "@mantine/hooks";
import type { KeyboardEvent } from "react";

export type SendKey = "enter" | "ctrl-enter";

export function useSendKey(): [SendKey, (key: SendKey) => void] {
  const [sendKey, setSendKey] = useLocalStorage<SendKey>({
    key: "pesan.sendKey",
    defaultValue: "enter",
    getInitialValueInEffect: false,
    serialize: (key) => key,
    deserialize: (stored) => (stored === "ctrl-enter" ? stored : "enter"),
  });
  return [sendKey, setSendKey];
}

/** Whether this key press sends. Enter while a word is being composed chooses the word. */
export function isSend(event: KeyboardEvent, sendKey: SendKey): boolean {
  if (event.key !== "Enter" || event.nativeEvent.isComposing) return false;
  if (event.ctrlKey || event.metaKey) return true;
  return sendKey === "enter" && !event.shiftKey && !event.altKey;
}
