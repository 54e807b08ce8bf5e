/** Texts about events that are sent again. */
export const replay = {
  gap: "The log begins with event {{seq}}. Older events are not kept any more and were not sent.",
};
