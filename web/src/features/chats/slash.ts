/** A quick reply that is called while a message is written: `/` and the beginning of its shortcut, or words of its text. */
import type { QuickReply } from "~/api/types";

export interface Slash {
  readonly start: number;
  readonly end: number;
  readonly query: string;
}

/** What is called where the cursor stands: a word that begins with a slash, at the beginning or behind a blank. */
export function slashAt(text: string, cursor: number): Slash | undefined {
  const [, word] = /(?:^|\s)(\/[^\s/]*)$/u.exec(text.slice(0, cursor)) ?? [];
  if (word === undefined) return undefined;
  return { start: cursor - word.length, end: cursor, query: word.slice(1) };
}

/** Those that are meant: by the beginning of the shortcut first, then by what it has in it, then by the text. */
export function meant(replies: readonly QuickReply[], query: string): QuickReply[] {
  const asked = query.toLocaleLowerCase();
  const rank = ({ shortcut, body, filled }: QuickReply): number => {
    const called = shortcut.toLocaleLowerCase();
    if (called.startsWith(asked)) return 0;
    if (called.includes(asked)) return 1;
    return (filled?.text ?? body).toLocaleLowerCase().includes(asked) ? 2 : 3;
  };
  return replies
    .map((reply) => ({ reply, rank: rank(reply) }))
    .filter((each) => each.rank < 3)
    .sort((a, b) => a.rank - b.rank)
    .map((each) => each.reply);
}
