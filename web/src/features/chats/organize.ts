/** Who looks after a chat and what is done with it: shown at once, taken back when the server refuses. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, ask } from "~/api/client";
import { keys } from "~/api/queries";
import type { Chat, ChatChanges } from "~/api/types";
import { putChat } from "~/live/patch";
import { notifyProblem, notifyUndo } from "~/ui/notify";
import { when } from "~/ui/time";

/** A chat as it will be when the server agrees. */
export function changed(chat: Chat, changes: ChatChanges): Chat {
  const next = { ...chat };
  if (changes.assignee_id !== undefined) next.assignee_id = changes.assignee_id;
  if (changes.team_id !== undefined) next.team_id = changes.team_id;
  if (changes.is_starred != null) next.is_starred = changes.is_starred;
  if (changes.tag_ids !== undefined) next.tag_ids = (changes.tag_ids ?? []).toSorted();
  if (changes.snoozed_until) {
    next.status = "snoozed";
    next.snoozed_until = changes.snoozed_until;
  } else if (changes.status != null && changes.status !== "snoozed") {
    next.status = changes.status;
    next.snoozed_until = null;
    if (changes.status === "closed") next.waiting_since = null;
  }
  return next;
}

export function useOrganize(chat: Chat) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { mutate } = useMutation({
    mutationFn: (changes: ChatChanges) =>
      ask(api.PATCH("/v1/chats/{id}", { params: { path: { id: chat.id } }, body: changes })),
    onMutate: (changes) => {
      putChat(client, changed(chat, changes));
      return chat;
    },
    onSuccess: (saved) => {
      putChat(client, saved);
      void client.invalidateQueries({ queryKey: keys.chatLog(chat.id) });
      void client.invalidateQueries({ queryKey: keys.counters });
    },
    onError: (error, _, before) => {
      if (before) putChat(client, before);
      notifyProblem(error);
    },
  });
  const unread = useMutation({
    mutationFn: () => ask(api.POST("/v1/chats/{id}/unread", { params: { path: { id: chat.id } } })),
    onSuccess: (saved) => putChat(client, saved),
    onError: notifyProblem,
  });
  const reopen = () => mutate({ status: "open" });

  return {
    assign: (assignee_id: string | null) => mutate({ assignee_id }),
    setTeam: (team_id: string | null) => mutate({ team_id }),
    setTags: (tag_ids: string[]) => mutate({ tag_ids }),
    toggleStar: () => mutate({ is_starred: !chat.is_starred }),
    reopen,
    close: () =>
      mutate({ status: "closed" }, { onSuccess: () => notifyUndo(t("inbox.closedDone", { name: chat.name }), reopen) }),
    snooze: (until: Date) => {
      const snoozed_until = until.toISOString();
      const done = t("inbox.snoozedDone", { name: chat.name, time: when(snoozed_until) });
      mutate({ snoozed_until }, { onSuccess: () => notifyUndo(done, reopen) });
    },
    markUnread: () => unread.mutate(),
  };
}

export type Organize = ReturnType<typeof useOrganize>;
