import { Avatar, Badge, Tooltip, VisuallyHidden } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import type { Chat, Tag } from "~/api/types";
import { TagBadge } from "~/features/tags/TagBadge";
import { IconSnooze, IconStarred } from "~/ui/icons";
import { listTime, when } from "~/ui/time";
import { ChatAvatar } from "./ChatAvatar";
import classes from "./ChatRow.module.css";
import { useDraft } from "./drafts";
import { elsewhere } from "./filters";
import { Ticks } from "./Ticks";
import { useTyping } from "./typing";

/** The height of a row, which is the same for all. */
export const ROW_PX = 86;
/** Tags that have room; the others are counted. */
const TAGS = 2;

interface Props {
  chat: Chat;
  active: boolean;
  /** The account, when there are several and all are listed. */
  account: { name: string; color: string } | undefined;
  assignee: string | undefined;
  tags: Tag[];
  /** The present moment, for the times. */
  now: number;
}

/** One chat of the list. */
export const ChatRow = memo(function ChatRow({ chat, active, account, assignee, tags, now }: Props) {
  const { t } = useTranslation();
  return (
    <Link
      to="/chats/$chatId"
      params={{ chatId: chat.id }}
      search={elsewhere}
      className={classes.row}
      data-active={active || undefined}
      data-unread={chat.unread > 0 || undefined}
      data-closed={chat.status === "closed" || undefined}
      aria-current={active ? "true" : undefined}
      style={account && { borderInlineStartColor: account.color }}
    >
      <ChatAvatar chat={chat} size={46} />
      <div className={classes.text}>
        <div className={classes.line}>
          <span className={classes.name} dir="auto">
            {chat.name}
          </span>
          {chat.is_starred && (
            <span className={classes.star}>
              <IconStarred size={14} aria-hidden />
              <VisuallyHidden>{t("inbox.starOn")}</VisuallyHidden>
            </span>
          )}
          <time dateTime={chat.last_message_at}>{listTime(chat.last_message_at, now)}</time>
        </div>
        <div className={classes.line}>
          <span className={classes.preview}>
            <Preview chat={chat} active={active} />
          </span>
          {chat.unread > 0 && (
            <Badge circle={chat.unread < 10} size="md" aria-label={t("chat.unread_count", { count: chat.unread })}>
              {chat.unread > 999 ? "999+" : chat.unread}
            </Badge>
          )}
        </div>
        <div className={classes.facts}>
          {account && (
            <span className={classes.account} dir="auto">
              {account.name}
            </span>
          )}
          <Tags tags={tags} />
          <span className={classes.fill} />
          {chat.status === "closed" && <span>{t("inbox.closed")}</span>}
          {chat.status === "snoozed" && chat.snoozed_until && (
            <span className={classes.snooze} title={t("inbox.snoozedUntil", { time: when(chat.snoozed_until) })}>
              <IconSnooze size={14} aria-hidden />
              <span>{when(chat.snoozed_until)}</span>
            </span>
          )}
          {assignee !== undefined && (
            <Tooltip label={t("inbox.assignedTo", { name: assignee })}>
              <Avatar
                size={20}
                name={assignee}
                color="initials"
                role="img"
                aria-label={t("inbox.assignedTo", { name: assignee })}
              />
            </Tooltip>
          )}
        </div>
      </div>
    </Link>
  );
});

function Tags({ tags }: { tags: Tag[] }) {
  const { t } = useTranslation();
  const more = tags.slice(TAGS);
  return (
    <>
      {tags.slice(0, TAGS).map((tag) => (
        <TagBadge key={tag.id} tag={tag} className={classes.tag} />
      ))}
      {more.length > 0 && (
        <span title={more.map((tag) => tag.name).join(", ")}>
          <span aria-hidden dir="ltr">
            +{more.length}
          </span>
          <VisuallyHidden>{t("inbox.moreTags", { count: more.length })}</VisuallyHidden>
        </span>
      )}
    </>
  );
}

function Preview({ chat, active }: { chat: Chat; active: boolean }) {
  const { t } = useTranslation();
  const typing = useTyping(chat.id);
  const [draft] = useDraft(chat.id);
  if (typing)
    return <span className={classes.typing}>{typing.recording ? t("chat.recording") : t("chat.typing")}</span>;
  if (draft.trim() !== "" && !active) {
    return (
      <span dir="auto" className={classes.words}>
        <span className={classes.draft}>{t("composer.draft")}</span> {draft}
      </span>
    );
  }
  const last = chat.last_message;
  if (!last) return <span className={classes.words}>{t("thread.noMessages")}</span>;
  return (
    <>
      {last.direction === "out" && <Ticks status={last.status} />}
      <span dir="auto" className={classes.words}>
        {previewText()}
      </span>
    </>
  );

  function previewText(): string {
    const preview = last?.preview ?? "";
    switch (last?.type) {
      case "text":
        return preview;
      case "image":
        return `📷 ${preview || t("kind.image")}`;
      case "video":
        return `🎬 ${preview || t("kind.video")}`;
      case "document":
        return `📄 ${preview || t("kind.document")}`;
      case "audio":
        return `🎵 ${t("kind.audio")}`;
      case "sticker":
        return t("kind.sticker");
      case "location":
        return `📍 ${preview || t("kind.location")}`;
      case "contacts":
        return `👤 ${preview || t("kind.contacts")}`;
      case "poll":
        return `📊 ${preview}`;
      case "revoked":
        return `🚫 ${t("kind.revoked")}`;
      case "reaction":
        return preview ? t("kind.reactedWith", { emoji: preview }) : t("kind.reaction");
      case "group_change":
        return t("kind.group_change");
      case "undecryptable":
        return t("kind.undecryptable");
      default:
        return t("kind.unsupported");
    }
  }
}
