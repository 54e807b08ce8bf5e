/** The pictures and films of a thread, to be looked at in full one after the other. */
import { createContext, useContext } from "react";
import type { Media, Message } from "~/api/types";
import { mediaOf } from "~/live/patch";

export interface Viewed {
  readonly message: Message;
  readonly media: Media;
}

/** What can be looked at in full, in the order of the messages. */
export function viewedOf(messages: readonly Message[]): Viewed[] {
  return messages.flatMap((message) => {
    const media = mediaOf(message);
    if (!media) return [];
    const kind = shownAs(message.type, media.mime);
    return kind === "image" || kind === "video" ? [{ message, media }] : [];
  });
}

/** Pictures that are nothing but pictures. The server hands out all others as plain bytes: they can carry scripts. */
const PICTURES: ReadonlySet<string> = new Set(["jpeg", "jpg", "png", "gif", "webp", "avif", "bmp", "heic", "heif"]);

/** How a file is shown: as what its message says it is where its own type allows that, else as a document. */
export function shownAs(kind: string, mime: string): string {
  const essence = (mime.split(";")[0] ?? "").trim().toLowerCase();
  const [top = "", sub = ""] = essence.split("/");
  switch (kind) {
    case "image":
    case "sticker":
      return top === "image" && PICTURES.has(sub) ? kind : "document";
    case "video":
    case "audio":
      return top === "text" || top === "image" || /html|xml|script/.test(sub) ? "document" : kind;
    default:
      return "document";
  }
}

/** Opens the viewer at the file of a message. */
export const ViewContext = createContext<(messageId: string) => void>(() => {});

export function useView(): (messageId: string) => void {
  return useContext(ViewContext);
}
