/** Stores files on the server. */
import { Problem } from "./problem";
import type { paths } from "./schema";
import type { StoredMedia } from "./types";

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
