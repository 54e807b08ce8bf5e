import { ActionIcon, Anchor, Group, Menu, Tooltip } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { memo, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ask } from "~/api/client";
import { newKey } from "~/api/idempotency";
import { sentenceOfFailure } from "~/api/sentences";
import type { Chat, Message } from "~/api/types";
import { mediaOf, momentOf, previewOf, putMessage } from "~/live/patch";
import { useMay } from "~/ui/Allowed";
import { inRow } from "~/ui/failures";
import { IconReact, IconReply, IconRevoked } from "~/ui/icons";
import { seen } from "~/ui/names";
import { notifyUndo } from "~/ui/notify";
import { RowProblem } from "~/ui/RowProblem";
import { clock, full, useZone } from "~/ui/time";
import { MediaView } from "./MediaView";
import classes from "./Messages.module.css";
import { CardsView, PlaceView, PollView } from "./SharedContent";
import { Ticks } from "./Ticks";

/** The server takes no further retry of a message. */
const MAX_RETRIES = 3;

const EMOJI = ["👍", "❤️", "😂", "😮", "😢", "🙏"];

interface Props {
  chat: Chat;
  message: Message;
  /** The first of a group of messages of one side. */
  first: boolean;
  quoted: Message | undefined;
  reactions: string[] | undefined;
  /** Whether it is the message that was looked for. */
  found: boolean;
  onReply(message: Message): void;
}

export const Bubble = memo(function Bubble({ chat, message, first, quoted, reactions, found, onReply }: Props) {
  useZone();
  const { t } = useTranslation();
  if ("group_change" in message) {
    return <div className={classes.system}>{groupChange(message.group_change)}</div>;
  }
  const out = message.direction === "out";
  const failed = message.status === "failed";
  const moment = momentOf(message);
  const isRevoked = "revoked" in message;
  return (
    <div
      className={classes.row}
      data-out={out || undefined}
      data-first={first || undefined}
      data-failed={failed || undefined}
      data-message={message.id}
      data-found={found || undefined}
      tabIndex={found ? -1 : undefined}
      data-status={message.status}
    >
      <div className={classes.stack}>
        <div className={classes.bubble}>
          {chat.is_group && !out && first && (
            <div className={classes.sender} dir="auto">
              {seen(message.push_name) ?? message.sender?.split("@")[0]}
            </div>
          )}
          {message.reply_to && !isRevoked && <Quote chat={chat} message={quoted} />}
          <Content message={message} />
          <div className={classes.foot}>
            {message.edited_at && (
              <>
                <time dateTime={message.edited_at} title={full(message.edited_at)} data-edited>
                  {t("thread.edited")}
                </time>
                {" ·"}
              </>
            )}
            {message.automatic && <span data-automatic={message.automatic}>{t("replies.automatic")} ·</span>}
            <time dateTime={moment} title={full(moment)}>
              {clock(moment)}
            </time>
            {out && !isRevoked && <Ticks status={message.status} />}
          </div>
        </div>
        {reactions && reactions.length > 0 && !isRevoked && (
          <span
            className={classes.reactions}
            data-reactions
            role="img"
            aria-label={t("kind.reactedWith", { emoji: reactions.join(" ") })}
          >
            {reactions.map((emoji, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the same emoji can stand twice
              <span key={index}>{emoji}</span>
            ))}
          </span>
        )}
        {out && <Fate message={message} />}
        <RowProblem of={message.id} />
      </div>
      <Tools chat={chat} message={message} onReply={onReply} />
    </div>
  );

  function groupChange(change: { action: string; participants?: string[]; subject?: string | null }): string {
    const people = (change.participants ?? []).map(personAt).join(", ");
    switch (change.action) {
      case "create":
      case "description":
        return t(`groupChange.${change.action}`);
      case "add":
      case "remove":
      case "leave":
      case "promote":
      case "demote":
        return people ? t(`groupChange.${change.action}`, { people }) : t("kind.group_change");
      case "subject":
        return change.subject ? t("groupChange.subject", { subject: change.subject }) : t("kind.group_change");
      default:
        return t("kind.group_change");
    }
  }

  function personAt(address: string): string {
    const [user, server] = address.split("@");
    return server === "lid" ? t("thread.hiddenNumber") : `\u2066+${user}\u2069`;
  }
});

/** What the message says. Everything from strangers is put in as text, never as markup. */
function Content({ message }: { message: Message }) {
  const { t } = useTranslation();
  if ("text" in message) {
    return (
      <div className={classes.body} dir="auto">
        {message.text.body}
      </div>
    );
  }
  const media = mediaOf(message);
  if (media) {
    return (
      <>
        <MediaView id={message.id} kind={message.type} media={media} />
        {media.caption && (
          <div className={classes.body} dir="auto">
            {media.caption}
          </div>
        )}
      </>
    );
  }
  if ("location" in message) return <PlaceView location={message.location} />;
  if ("contacts" in message) return <CardsView contacts={message.contacts} accountId={message.account_id} />;
  if ("poll" in message) return <PollView poll={message.poll} />;
  if ("revoked" in message) {
    return (
      <div className={classes.revoked}>
        <IconRevoked size={15} aria-hidden />
        <span>{message.revoked.by_admin ? t("thread.revokedByAdmin") : t("kind.revoked")}</span>
      </div>
    );
  }
  return <div className={classes.muted}>{unreadable()}</div>;

  function unreadable(): string {
    if (!("undecryptable" in message)) return t("kind.unsupported");
    return message.undecryptable.reason === "interrupted" ? t("thread.interrupted") : t("kind.undecryptable");
  }
}

export function Quote({ chat, message }: { chat: Chat; message: Message | undefined }) {
  const { t } = useTranslation();
  return (
    <div className={classes.quote} data-quote>
      {message && (
        <strong dir="auto">
          {message.direction === "out" ? t("chat.you") : (seen(message.push_name) ?? chat.name)}
        </strong>
      )}
      <span dir="auto">{message ? (previewOf(message) ?? kindName(message.type)) : t("kind.text")}</span>
    </div>
  );

  function kindName(type: string): string {
    switch (type) {
      case "image":
      case "video":
      case "document":
      case "audio":
      case "sticker":
      case "location":
      case "contacts":
      case "poll":
      case "revoked":
        return t(`kind.${type}`);
      default:
        return t("kind.text");
    }
  }
}

/** What became of an own message, and what can still be done. */
function Fate({ message }: { message: Message }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const maySend = useMay("messages:send");
  const path = { params: { path: { id: message.id } } };
  const retry = useMutation({
    mutationFn: () => ask(api.POST("/v1/messages/{id}/retry", path)),
    onSuccess: (answer) => putMessage(client, answer),
    ...inRow(() => message.id),
  });
  const cancel = useMutation({
    mutationFn: () => ask(api.POST("/v1/messages/{id}/cancel", path)),
    onSuccess: (answer) => {
      putMessage(client, answer);
      notifyUndo(t("composer.willNotLeave"), () => resume.mutate());
    },
    ...inRow(() => message.id),
  });
  const resume = useMutation({
    mutationFn: () => ask(api.POST("/v1/messages/{id}/resume", path)),
    onSuccess: (answer) => putMessage(client, answer),
    ...inRow(() => message.id),
  });
  const isUsedUp = (message.retries ?? 0) >= MAX_RETRIES;
  if (message.status === "failed") {
    return (
      <div className={classes.problem} role="alert">
        <span>
          {t("chat.sendFailed", { reason: message.error ? sentenceOfFailure(message.error) : t("status.failed") })}
        </span>
        {maySend && (
          <Tooltip label={t("thread.retriedTooOften")} disabled={!isUsedUp}>
            <span>
              <Anchor
                component="button"
                type="button"
                size="sm"
                disabled={retry.isPending || isUsedUp}
                onClick={() => retry.mutate()}
              >
                {t("chat.retryMessage")}
              </Anchor>
            </span>
          </Tooltip>
        )}
      </div>
    );
  }
  if (message.status !== "queued" && message.status !== "cancelled") return null;
  // One button for both ways, so that it keeps the focus. The second click of a double one does not take the first back.
  const [label, act] =
    message.status === "queued" ? [t("chat.cancelSend"), cancel] : [t("thread.sendAfterAll"), resume];
  const isBusy = cancel.isPending || resume.isPending;
  return (
    <div className={classes.hint}>
      {message.status === "cancelled" && <span>{t("status.cancelled")}</span>}
      {message.status === "queued" && message.send_at && (
        <span>{t("chat.scheduled", { time: full(message.send_at) })}</span>
      )}
      {maySend && (
        <Anchor
          component="button"
          type="button"
          fz={12}
          aria-disabled={isBusy}
          onClick={({ detail }) => {
            if (!isBusy && detail < 2) act.mutate();
          }}
        >
          {label}
        </Anchor>
      )}
    </div>
  );
}

function Tools({ chat, message, onReply }: { chat: Chat; message: Message; onReply(message: Message): void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [open, setOpen] = useState(false);
  const react = useMutation({
    mutationFn: (emoji: string) =>
      ask(
        api.POST("/v1/messages", {
          body: {
            account_id: chat.account_id,
            to: chat.address,
            type: "reaction",
            reaction: { message_id: message.id, emoji },
          },
          headers: { "Idempotency-Key": newKey() },
        }),
      ),
    onSuccess: (answer) => putMessage(client, answer),
    ...inRow(() => message.id),
  });
  const answerable = message.status !== "failed" && message.status !== "cancelled" && message.status !== "queued";
  if (!useMay("messages:send") || !answerable || "undecryptable" in message || "revoked" in message) {
    return null;
  }
  return (
    <div className={classes.tools} data-open={open || undefined}>
      <Tooltip label={t("chat.reply")}>
        <ActionIcon
          variant="subtle"
          color="gray"
          radius="xl"
          aria-label={t("chat.reply")}
          onClick={() => onReply(message)}
        >
          <IconReply size={18} />
        </ActionIcon>
      </Tooltip>
      <Menu opened={open} onChange={setOpen} position="top" width="auto">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" radius="xl" aria-label={t("chat.react")}>
            <IconReact size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Group gap={0} wrap="nowrap">
            {EMOJI.map((emoji) => (
              <Menu.Item
                key={emoji}
                w={42}
                fz={20}
                ta="center"
                px={0}
                aria-label={t("chat.reactWith", { emoji })}
                onClick={() => react.mutate(emoji)}
              >
                {emoji}
              </Menu.Item>
            ))}
          </Group>
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}
