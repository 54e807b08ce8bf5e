/** Files that are sent: what kind they are, and how large they may be. */
export type FileKind = "image" | "video" | "audio" | "document";

const KINDS: Record<string, FileKind> = {
  "image/jpeg": "image",
  "image/png": "image",
  "image/webp": "image",
  "image/gif": "image",
  "video/mp4": "video",
  "video/3gpp": "video",
  "video/quicktime": "video",
  "video/webm": "video",
};

const MEGABYTE = 1024 * 1024;
const MAX_BYTES: Record<FileKind, number> = {
  image: 16 * MEGABYTE,
  video: 16 * MEGABYTE,
  audio: 16 * MEGABYTE,
  document: 100 * MEGABYTE,
};

export const MAX_TEXT = 4096;
export const MAX_CAPTION = 1024;

/** How WhatsApp shows a file: what it cannot play goes as a document. */
export function kindOf(file: File): FileKind {
  const type = file.type.split(";")[0] ?? "";
  if (type.startsWith("audio/")) return "audio";
  return KINDS[type] ?? "document";
}

/** The limit that a file breaks, in bytes. */
export function brokenLimit(file: File): number | undefined {
  const max = MAX_BYTES[kindOf(file)];
  return file.size > max ? max : undefined;
}

/** The number of characters, as people count them and the server does. */
export function lengthOf(text: string): number {
  return [...text].length;
}

const voiceNotes = new WeakSet<File>();

/** A file that was recorded here, to be shown as a voice note. */
export function asVoiceNote(file: File): File {
  voiceNotes.add(file);
  return file;
}

export function isVoiceNote(file: File): boolean {
  return voiceNotes.has(file);
}

/** How many files go in one go. */
export const MAX_FILES = 10;
