/** Files that are sent: what kind they are, how large they may be, and their upload. */
import { Problem } from "~/api/problem";
import type { paths } from "~/api/schema";
import type { StoredMedia } from "~/api/types";

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

interface Uploading {
  /** How much of it is there, from 0 to 1. */
  onProgress?(part: number): void;
  signal?: AbortSignal;
}

const PATH = "/v1/media" satisfies keyof paths;

/** Stores a file on the server. Not with `fetch`, which does not tell how far an upload is. */
export function upload(file: File, { onProgress, signal }: Uploading = {}): Promise<StoredMedia> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    request.open("POST", PATH);
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable && event.total > 0) onProgress?.(event.loaded / event.total);
    });
    request.addEventListener("load", () => {
      const body = parsed(request.responseText);
      if (request.status >= 200 && request.status < 300) return resolve(body as StoredMedia);
      const retryAfter = Number(request.getResponseHeader("retry-after"));
      reject(new Problem(request.status, body, retryAfter > 0 ? retryAfter : undefined));
    });
    request.addEventListener("error", () => reject(Problem.from("the connection was lost")));
    request.addEventListener("abort", () => reject(new DOMException("cancelled", "AbortError")));
    request.addEventListener("loadend", () => signal?.removeEventListener("abort", abort));
    if (signal?.aborted) return reject(new DOMException("cancelled", "AbortError"));
    signal?.addEventListener("abort", abort);
    const form = new FormData();
    form.append("file", file, file.name);
    request.send(form);
  });
}

function parsed(text: string): object {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === "object" && body !== null ? body : {};
  } catch {
    return {};
  }
}
