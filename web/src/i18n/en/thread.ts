/** Texts about single lines of a thread and of the list of chats. */
export const thread = {
  noMessages: "No messages",
  interrupted:
    "The server stopped at the moment a message came here. Its text is fetched from your phone; if it does not appear, ask for it to be sent again.",
  retriedTooOften: "It was retried three times. Send it as a new message.",
  sendAfterAll: "Send after all",
  newMessages: "New messages",
  hiddenNumber: "a WhatsApp user",
  edited: "edited",
  revokedByAdmin: "An admin of the group deleted this message",
  liveLocation: "Live location: where it began",
  openMap: "Open map",
  write: "Write",
  writeTo: "Write to {{name}}, {{number}}",
  votes_one: "{{count}} vote",
  votes_other: "{{count}} votes",
  voters_one: "{{count}} person voted",
  voters_other: "{{count}} people voted",
  chooseAny: "Any number of answers",
  chooseUpTo_one: "One answer",
  chooseUpTo_other: "Up to {{count}} answers",
};

/** Pictures and films over the whole window. */
export const viewer = {
  tools: "Tools of the viewer",
  previous: "Previous",
  next: "Next",
  zoomIn: "Zoom in",
  zoomOut: "Zoom out",
};
