import {
  ActionIcon,
  Avatar,
  Badge,
  Button,
  Group,
  SegmentedControl,
  Select,
  Skeleton,
  Text,
  Title,
  Tooltip,
  useDirection,
} from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { accountsQuery, type ChatFilter, chatsQuery } from "~/api/queries";
import type { Chat } from "~/api/types";
import { usePolling } from "~/live/Live";
import { useNow } from "~/ui/Ago";
import { Allowed } from "~/ui/Allowed";
import { EmptyState } from "~/ui/EmptyState";
import { IconChats, IconCheck, IconNewMessage, IconPhone, IconUsers } from "~/ui/icons";
import { ProblemAlert } from "~/ui/ProblemAlert";
import { listTime } from "~/ui/time";
import classes from "./ChatList.module.css";
import { Ticks } from "./Ticks";
import { useTyping } from "./typing";

const ROW_PX = 74;
/** The next page is fetched when so many rows are left below. */
const AHEAD = 12;

interface Props {
  filter: ChatFilter;
  chatId: string | undefined;
  onNew(): void;
}

export function ChatList({ filter, chatId, onNew }: Props) {
  const { t } = useTranslation();
  const { dir } = useDirection();
  const navigate = useNavigate();
  const accounts = useQuery(accountsQuery).data ?? [];
  const setFilter = (change: ChatFilter) => void navigate({ to: ".", search: (known) => ({ ...known, ...change }) });

  return (
    <>
      <div className={classes.head}>
        <Group justify="space-between" wrap="nowrap">
          <Title order={1} size="h3">
            {t("chat.title")}
          </Title>
          <Allowed to="messages:send">
            <Tooltip label={t("chat.new")}>
              <ActionIcon size="lg" radius="md" onClick={onNew} aria-label={t("chat.new")}>
                <IconNewMessage size={20} />
              </ActionIcon>
            </Tooltip>
          </Allowed>
        </Group>
        <Group gap="xs" wrap="nowrap">
          <SegmentedControl
            key={dir}
            size="xs"
            aria-label={t("chat.filter")}
            value={filter.unread ? "unread" : "all"}
            onChange={(value) => setFilter({ unread: value === "unread" ? true : undefined })}
            data={[
              { value: "all", label: t("chat.all") },
              { value: "unread", label: t("chat.unread") },
            ]}
          />
          {accounts.length > 1 && (
            <Select
              size="xs"
              flex={1}
              aria-label={t("chat.account")}
              placeholder={t("chat.allAccounts")}
              clearable
              searchable={accounts.length > 8}
              data={accounts.map((account) => ({ value: account.id, label: account.name }))}
              value={filter.account ?? null}
              onChange={(value) => setFilter({ account: value ?? undefined })}
            />
          )}
        </Group>
      </div>
      <Rows filter={filter} chatId={chatId} onNew={onNew} />
    </>
  );
}

function Rows({ filter, chatId, onNew }: Props) {
  const accounts = useQuery(accountsQuery).data;
  const polling = usePolling();
  const chats = useInfiniteQuery({ ...chatsQuery(filter), refetchInterval: polling });
  const scroller = useRef<HTMLDivElement>(null);
  const rows = chats.data?.pages.flatMap((page) => page.data) ?? [];
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = chats;

  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    getItemKey: (index) => rows[index]?.id ?? index,
    overscan: 8,
  });
  const items = virtualizer.getVirtualItems();
  const lastShown = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && lastShown >= rows.length - AHEAD) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage, lastShown, rows.length]);

  if (chats.isPending) {
    return (
      <div className={classes.scroller}>
        {Array.from({ length: 9 }, (_, index) => index).map((index) => (
          <Group key={index} h={ROW_PX} px="md" wrap="nowrap">
            <Skeleton circle h={44} />
            <div style={{ flex: 1 }}>
              <Skeleton h={13} w="55%" />
              <Skeleton h={11} w="85%" mt={10} />
            </div>
          </Group>
        ))}
      </div>
    );
  }
  if (chats.error && rows.length === 0) {
    return (
      <div className={classes.pad}>
        <ProblemAlert error={chats.error} retry={() => void chats.refetch()} />
      </div>
    );
  }
  if (rows.length === 0) return <NoChats filter={filter} linked={(accounts?.length ?? 0) > 0} onNew={onNew} />;

  const names = new Map(accounts?.map((account) => [account.id, account.name]));
  return (
    <div ref={scroller} className={classes.scroller} data-testid="chat-rows">
      <ul className={classes.rows} style={{ height: virtualizer.getTotalSize() }}>
        {items.map((item) => {
          const chat = rows[item.index];
          if (!chat) return null;
          return (
            <li
              key={item.key}
              aria-setsize={hasNextPage ? -1 : rows.length}
              aria-posinset={item.index + 1}
              className={classes.slot}
              style={{ height: ROW_PX, transform: `translateY(${item.start}px)` }}
            >
              <Row
                chat={chat}
                active={chat.id === chatId}
                account={names.size > 1 && !filter.account ? names.get(chat.account_id) : undefined}
              />
            </li>
          );
        })}
      </ul>
    </div>
  );
}

function NoChats({ filter, linked, onNew }: { filter: ChatFilter; linked: boolean; onNew(): void }) {
  const { t } = useTranslation();
  if (filter.unread) {
    return <EmptyState icon={<IconCheck size={30} />} title={t("chat.emptyUnread")} text={t("chat.emptyUnreadText")} />;
  }
  if (!linked) {
    return (
      <EmptyState icon={<IconPhone size={30} />} title={t("chat.emptyTitle")} text={t("chat.emptyNoAccount")}>
        <Button component={Link} to="/accounts" mt="sm">
          {t("chat.goAccounts")}
        </Button>
      </EmptyState>
    );
  }
  return (
    <EmptyState icon={<IconChats size={30} />} title={t("chat.emptyTitle")} text={t("chat.emptyText")}>
      <Button mt="sm" onClick={onNew}>
        {t("chat.new")}
      </Button>
    </EmptyState>
  );
}

function Row({ chat, active, account }: { chat: Chat; active: boolean; account: string | undefined }) {
  const { t } = useTranslation();
  const now = useNow();
  return (
    <Link
      to="/chats/$chatId"
      params={{ chatId: chat.id }}
      search={(known) => known}
      className={classes.row}
      data-active={active || undefined}
      data-unread={chat.unread > 0 || undefined}
      aria-current={active ? "true" : undefined}
    >
      <ChatAvatar chat={chat} size={46} />
      <div className={classes.text}>
        <div className={classes.line}>
          <span className={classes.name} dir="auto">
            {chat.name}
          </span>
          <time dateTime={chat.last_message_at}>{listTime(chat.last_message_at, now)}</time>
        </div>
        <div className={classes.line}>
          <span className={classes.preview}>
            <Preview chat={chat} />
          </span>
          {chat.unread > 0 && (
            <Badge circle={chat.unread < 10} size="md" aria-label={t("chat.unread_count", { count: chat.unread })}>
              {chat.unread > 999 ? "999+" : chat.unread}
            </Badge>
          )}
        </div>
        {account && (
          <Text size="xs" c="dimmed" truncate className={classes.account}>
            {account}
          </Text>
        )}
      </div>
    </Link>
  );
}

function Preview({ chat }: { chat: Chat }) {
  const { t } = useTranslation();
  const typing = useTyping(chat.id);
  if (typing)
    return <span className={classes.typing}>{typing.recording ? t("chat.recording") : t("chat.typing")}</span>;
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

/** Initials on a colour that stays the same for a chat. */
export function ChatAvatar({ chat, size }: { chat: Chat; size: number }) {
  if (chat.is_group) {
    return (
      <Avatar size={size} radius="xl" color="indigo" aria-hidden>
        <IconUsers size={size / 2} />
      </Avatar>
    );
  }
  const isNumber = /^[+\d]/.test(chat.name);
  return (
    <Avatar
      size={size}
      radius="xl"
      name={isNumber ? undefined : chat.name}
      color={isNumber ? "gray" : "initials"}
      allowedInitialsColors={["blue", "indigo", "violet", "grape", "pink", "red", "teal"]}
      aria-hidden
    />
  );
}
