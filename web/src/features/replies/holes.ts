/** Variables of a text that nobody knew a value of: they stand in it as they were written. */

const HOLE = /\{\{(?:contact\.(?:name|first_name|phone|fields\.[a-z0-9_]+)|user\.name|organization\.name)\}\}/g;

/** What in a text still waits for a value that nobody knew. */
export function holesIn(text: string): string[] {
  return [...new Set(text.match(HOLE) ?? [])];
}

/** A text in parts, so that its holes can be marked. */
export function parts(text: string, holes: readonly string[]): { text: string; isHole: boolean }[] {
  let rest = [{ text, isHole: false }];
  for (const hole of holes) {
    rest = rest.flatMap((part) =>
      part.isHole
        ? [part]
        : part.text
            .split(hole)
            .flatMap((between, index) => [
              ...(index > 0 ? [{ text: hole, isHole: true }] : []),
              ...(between === "" ? [] : [{ text: between, isHole: false }]),
            ]),
    );
  }
  return rest;
}
