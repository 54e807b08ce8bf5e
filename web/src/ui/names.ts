/**
 * Names come from strangers, and some are made to look like something else: characters that turn the direction of what
 * follows them, and characters that nobody sees. What stands around a name must not be changed by it.
 */

/** Embeddings, overrides and isolates, with what ends them. They hold until they are ended, or to the end of the line. */
const TURNS = /[\u202a-\u202e\u2066-\u2069]/g;
const LINE_ENDS = /[\u2028\u2029]/g;
const RTL = "\\u0590-\\u08ff\\ufb1d-\\ufdff\\ufe70-\\ufefc\\u{10800}-\\u{10fff}\\u{1e800}-\\u{1efff}";
const RIGHT_TO_LEFT = new RegExp(`[${RTL}\\u200f]`, "u");
/** Every letter that is not one of those. */
const LEFT_TO_RIGHT = new RegExp(`[^\\P{L}${RTL}]|\\u200e`, "u");
/** Already held together, and nothing turns within. */
const ISOLATED = /^[\u2066-\u2068][^\u202a-\u202e\u2066-\u2069]*\u2069$/;
/** Blanks, controls, and what Unicode says nothing is shown for; the braille pattern without dots is no blank to it. */
const UNSEEN = /[\p{Z}\p{Cc}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** How many characters of a name a sentence has room for: with more, nobody would find the sentence. */
const LONGEST = 60;
const CHARACTERS = new Intl.Segmenter();

/** A name within a sentence of ours, or beside other words in one line: its direction begins and ends with it. */
export function isolated(name: string): string {
  if (ISOLATED.test(name)) return name;
  return `\u2068${endsItsTurns(name) ? name : withoutTurns(name).replace(LINE_ENDS, " ")}\u2069`;
}

/** The same for what is put into a sentence of ours, which stays as it is when it cannot turn anything in this language. */
export function inSentence(text: string, dir: "ltr" | "rtl"): string {
  const short = shortened(text);
  const isForeign = (dir === "ltr" ? RIGHT_TO_LEFT : LEFT_TO_RIGHT).test(short);
  return isForeign || !endsItsTurns(short) ? isolated(short) : short;
}

function shortened(text: string): string {
  if (text.length <= LONGEST) return text;
  let count = 0;
  for (const { index } of CHARACTERS.segment(text)) {
    if (count === LONGEST) return `${text.slice(0, index)}…`;
    count += 1;
  }
  return text;
}

/** Whether nothing turns beyond its end: only isolates, and each is ended. The end of a line would end none of ours. */
function endsItsTurns(text: string): boolean {
  let depth = 0;
  for (const [turn] of text.matchAll(/[\u202a-\u202e\u2066-\u2069\u2028\u2029]/g)) {
    depth += turn === "\u2069" ? -1 : 1;
    if (turn < "\u2066" || depth < 0) return false;
  }
  return depth === 0;
}

/** The name of a file, whose ending says what it is: it must stand where it is read. */
export function withoutTurns(name: string): string {
  return name.replace(TURNS, "");
}

/** The text, when there is anything in it to see. */
export function seen(text: string | null | undefined): string | undefined {
  return text && text.replace(UNSEEN, "") !== "" ? text : undefined;
}

/** The name as initials are taken from it: of signs and half emoji nobody is called. */
export function lettersOf(name: string): string | undefined {
  return name.replace(/[^\p{L}\p{N}\s]/gu, "").trim() || undefined;
}

/** As somebody would type it who only sees it. */
export function typable(text: string): string {
  return text
    .normalize()
    .replace(/[\p{Z}\s]+/gu, " ")
    .replace(UNSEEN, (each) => (each === " " ? " " : ""))
    .trim()
    .replace(/ +/g, " ");
}
