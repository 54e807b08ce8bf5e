import type { TextPart } from "~/api/types";

/** A text with what was found of it marked. It comes from strangers, and is put in as text. */
export function Marked({ parts }: { parts: TextPart[] }) {
  return parts.map((part, index) =>
    part.is_match ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of a text have no other name
      <mark key={index}>{part.text}</mark>
    ) : (
      part.text
    ),
  );
}
