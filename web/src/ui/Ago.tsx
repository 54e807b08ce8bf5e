import { Tooltip } from "@mantine/core";
import { useSyncExternalStore } from "react";
import { ago, full } from "./time";

const TICK_MS = 15_000;
let shownNow = Date.now();

function everyTick(changed: () => void): () => void {
  const timer = setInterval(() => {
    shownNow = Date.now();
    changed();
  }, TICK_MS);
  return () => clearInterval(timer);
}

/** The present moment, to the quarter of a minute. */
export function useNow(): number {
  return useSyncExternalStore(everyTick, () => shownNow);
}

/** How long ago, kept up to date, with the exact moment on hover. */
export function Ago({ at }: { at: string }) {
  const now = useNow();
  return (
    <Tooltip label={full(at)}>
      <time dateTime={at}>{ago(at, Math.max(now, shownNow))}</time>
    </Tooltip>
  );
}
