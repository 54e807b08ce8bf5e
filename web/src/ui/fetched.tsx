import i18next from "i18next";
import { type ComponentType, type ReactNode, useEffect, useState } from "react";
import { notifyRefused } from "./notify";

/** How long until a part that could not be fetched is asked for again, while it is still wanted. */
const AGAIN_MS = 5_000;

/** A part that is fetched when it is first shown. */
interface Fetched<P> {
  (props: P): ReactNode;
  /** Fetches it ahead. */
  prefetch(): void;
  /** Whether it is here already. */
  isHere(): boolean;
}

/**
 * A part of a page that is fetched when it is first shown. While it is not here `meanwhile` is shown, and when it cannot be
 * had (no network, or the server was updated meanwhile) that is said, the page stays, and it is asked for again.
 */
export function fetched<P extends object>(load: () => Promise<ComponentType<P>>, meanwhile?: ReactNode): Fetched<P> {
  let Part: ComponentType<P> | undefined;
  const get = async () => {
    Part ??= await load();
  };
  // biome-ignore lint/correctness/noComponentHookFactories: as `lazy` of React, it is called beside the imports only
  function Shown(props: P) {
    const [, setRound] = useState(0);
    const isMissing = Part === undefined;
    useEffect(() => {
      if (!isMissing) return;
      let timer: ReturnType<typeof setTimeout> | undefined;
      let isGone = false;
      const ask = (isFirst: boolean) =>
        get().then(
          () => {
            if (!isGone) setRound((round) => round + 1);
          },
          () => {
            if (isGone) return;
            if (isFirst) notifyRefused(i18next.t("common.partMissing"));
            timer = setTimeout(() => void ask(false), AGAIN_MS);
          },
        );
      void ask(true);
      return () => {
        isGone = true;
        clearTimeout(timer);
      };
    }, [isMissing]);
    return Part ? <Part {...props} /> : meanwhile;
  }
  return Object.assign(Shown, {
    // Whoever shows it asks again.
    prefetch: () => void get().catch(() => {}),
    isHere: () => Part !== undefined,
  });
}
