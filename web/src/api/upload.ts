/** Files on their way to the server. */
import { api, ask } from "./client";

/** Stores a file. */
export function upload(file: File) {
  const form = new FormData();
  form.append("file", file, file.name);
  return ask(api.POST("/v1/media", { body: form as never, bodySerializer: (body) => body as never }));
}
