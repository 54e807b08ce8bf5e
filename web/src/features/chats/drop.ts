/** Files that are dragged onto the page. */
import { useEffect, useEffectEvent, useState } from "react";

/**
 * Takes files wherever on the page they are dropped: beside the target, the browser would leave the page and open them.
 * Dialogs look after their own. True while files are over the page.
 */
export function useFileDrop(isOn: boolean, take: (files: File[]) => void): boolean {
  const [isOver, setOver] = useState(false);
  const taken = useEffectEvent(take);
  useEffect(() => {
    if (!isOn) return;
    const isOurs = (event: DragEvent) =>
      (event.dataTransfer?.types.includes("Files") ?? false) && document.querySelector('[role="dialog"]') === null;
    const over = (event: DragEvent) => {
      if (!isOurs(event)) return;
      event.preventDefault();
      setOver(true);
    };
    // Between two elements there is another one; outside the page there is none.
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) setOver(false);
    };
    const drop = (event: DragEvent) => {
      setOver(false);
      if (!isOurs(event)) return;
      event.preventDefault();
      taken([...(event.dataTransfer?.files ?? [])]);
    };
    window.addEventListener("dragover", over);
    window.addEventListener("dragleave", leave);
    window.addEventListener("drop", drop);
    return () => {
      window.removeEventListener("dragover", over);
      window.removeEventListener("dragleave", leave);
      window.removeEventListener("drop", drop);
      setOver(false);
    };
  }, [isOn]);
  return isOver;
}
