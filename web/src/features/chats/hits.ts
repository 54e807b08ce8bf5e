/** Going through what was found by keyboard. */

const HIT = "[data-hit]";

/** Gives the focus to the next thing that was found, or to the one before; before the first, to the field. */
export function focusHit(by: 1 | -1): boolean {
  const hits = [...document.querySelectorAll<HTMLElement>(HIT)];
  const from = hits.indexOf(document.activeElement as HTMLElement);
  const to = from === -1 ? (by === 1 ? 0 : -1) : from + by;
  const next = to === -1 ? document.querySelector<HTMLElement>("[data-search]") : hits[to];
  next?.focus();
  return next !== undefined && next !== null;
}
