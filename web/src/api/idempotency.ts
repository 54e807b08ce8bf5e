import { useRef } from "react";

/** A new idempotency key. `crypto.randomUUID` is missing on pages without https, which many installations have at first. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The header of a form: the same one sent again after a lost answer is the same thing; a changed one is another. */
export function useTryKey() {
  const last = useRef({ written: "", key: "" });
  return (body: unknown) => {
    const written = JSON.stringify(body);
    if (last.current.written !== written) last.current = { written, key: newKey() };
    return { "Idempotency-Key": last.current.key };
  };
}
