/** Texts about events that are sent again. */
export const replay = {
  gap: "The log begins with event {{seq}}. Older events are not kept any more and were not sent.",
  soFar_one: "{{count}} delivery so far, {{rate}} a second",
  soFar_other: "{{count}} deliveries so far, {{rate}} a second",
};
