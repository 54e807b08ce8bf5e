/** Texts about single lines of a thread and of the list of chats. */
export const thread = {
  noMessages: "No messages",
  interrupted: "A message came here and was lost when the server stopped at that moment. Ask for it to be sent again.",
  retriedTooOften: "It was retried three times. Send it as a new message.",
  newMessages: "New messages",
  hiddenNumber: "a WhatsApp user",
};

/** Pictures and films over the whole window. */
export const viewer = {
  tools: "Tools of the viewer",
  previous: "Previous",
  next: "Next",
  zoomIn: "Zoom in",
  zoomOut: "Zoom out",
};
