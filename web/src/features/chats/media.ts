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
    return media && (message.type === "image" || message.type === "video") ? [{ message, media }] : [];
  });
}

/** Opens the viewer at the file of a message. */
export const ViewContext = createContext<(messageId: string) => void>(() => {});

export function useView(): (messageId: string) => void {
  return useContext(ViewContext);
}
