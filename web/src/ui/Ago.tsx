import { Tooltip } from "@mantine/core";
import { useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { ago, full, onZone, span } from "./time";

const TICK_MS = 15_000;
let shownNow = Date.now();

function everyTick(changed: () => void): () => void {
  // Nothing ticks while nothing shows a time.
  if (Date.now() - shownNow > TICK_MS) shownNow = Date.now();
  const tick = () => {
    shownNow = Date.now();
    changed();
  };
  const timer = setInterval(tick, TICK_MS);
  // Every time that is shown changes with where the person lives.
  const stop = onZone(tick);
  return () => {
    clearInterval(timer);
    stop();
  };
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

/** For how long something has been so, kept up to date, with the exact moment on hover. */
export function Since({ at }: { at: string }) {
  const { t } = useTranslation();
  const now = Math.max(useNow(), shownNow);
  const ms = now - Date.parse(at);
  return (
    <Tooltip label={full(at)}>
      {/* Seconds would be wrong most of the time. */}
      <time dateTime={at}>{ms < 60_000 ? ago(at, now) : t("reconnect.since", { time: span(ms, 1) })}</time>
    </Tooltip>
  );
}
