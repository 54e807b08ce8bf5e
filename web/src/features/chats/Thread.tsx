import { ActionIcon, Alert, Anchor, Box, Group, Loader, Skeleton, Stack, Text, Title } from "@mantine/core";
import { useIntersection } from "@mantine/hooks";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ask } from "~/api/client";
import { Problem } from "~/api/problem";
import { accountsQuery, chatQuery, messagesQuery } from "~/api/queries";
import type { Account, Chat, Message } from "~/api/types";
import { NotFoundPage } from "~/app/NotFoundPage";
import { PanelToggle } from "~/features/contacts/ContactPanel";
import { usePolling } from "~/live/Live";
import { putChat } from "~/live/patch";
import { useMay } from "~/ui/Allowed";
import { IconAlert, IconBack } from "~/ui/icons";
import { ProblemAlert } from "~/ui/ProblemAlert";
import { ChatAvatar } from "./ChatList";
import { Composer } from "./Composer";
import { Messages } from "./Messages";
import { notYetListed, useOutbox, useSend } from "./outbox";
import classes from "./Thread.module.css";
import { useTyping } from "./typing";

/** One conversation: its messages, newest at the bottom, and the composer. */
export function Thread({ chatId }: { chatId: string }) {
  const polling = usePolling();
  const chat = useQuery({ ...chatQuery(chatId), refetchInterval: polling });
  const account = useQuery(accountsQuery).data?.find((other) => other.id === chat.data?.account_id);
  if (chat.error && Problem.from(chat.error).status === 404) return <NotFoundPage />;
  if (chat.error && !chat.data) {
    return (
      <Box p="md">
        <ProblemAlert error={chat.error} retry={() => void chat.refetch()} />
      </Box>
    );
  }
  if (!chat.data) return <ThreadSkeleton />;
  return (
    <>
      <Head chat={chat.data} account={account} />
      {account && account.state !== "connected" && <NotConnected account={account} />}
      <Body chat={chat.data} />
    </>
  );
}

function Body({ chat }: { chat: Chat }) {
  const { t } = useTranslation();
  const maySend = useMay("messages:send");
  const [replyTo, setReplyTo] = useState<Message>();
  const polling = usePolling();
  const query = useInfiniteQuery({ ...messagesQuery(chat.id), refetchInterval: polling });
  const outbox = useOutbox(chat.id);
  const { send, retry, discard } = useSend(chat);
  const scroller = useRef<HTMLDivElement>(null);
  useMarkRead(chat, maySend);

  const newestFirst = useMemo(() => query.data?.pages.flatMap((page) => page.data) ?? [], [query.data]);
  const messages = useMemo(() => newestFirst.toReversed(), [newestFirst]);
  const pending = useMemo(() => notYetListed(outbox, newestFirst), [outbox, newestFirst]);

  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const { ref: top, entry } = useIntersection({ rootMargin: "500px" });
  const atTop = entry?.isIntersecting ?? false;
  useEffect(() => {
    if (atTop && hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [atTop, hasNextPage, isFetchingNextPage, fetchNextPage]);

  return (
    <>
      <div ref={scroller} className={classes.scroller} data-testid="thread">
        {/* The scroller is reversed and has one child: it sticks to the newest message, and older ones do not move what is read. */}
        <div className={classes.column}>
          <div ref={top} />
          {query.isPending && <MessagesSkeleton />}
          {query.error && <ProblemAlert error={query.error} retry={() => void query.refetch()} />}
          {isFetchingNextPage && <Loader size="sm" mx="auto" my="md" />}
          {query.isSuccess && !hasNextPage && <Text className={classes.start}>{t("chat.start")}</Text>}
          <Messages
            chat={chat}
            messages={messages}
            complete={query.isSuccess && !hasNextPage}
            pending={pending}
            onReply={setReplyTo}
            onRetry={retry}
            onDiscard={discard}
          />
        </div>
      </div>
      <Composer
        chat={chat}
        disabled={!maySend}
        replyTo={replyTo}
        onReply={setReplyTo}
        onSend={(draft) => {
          send(draft, newestFirst[0]?.id ?? "");
          setReplyTo(undefined);
          scroller.current?.scrollTo({ top: 0 });
        }}
      />
    </>
  );
}

/** A chat that is open in front of somebody is read. */
function useMarkRead(chat: Chat, may: boolean) {
  const client = useQueryClient();
  const [visible, setVisible] = useState(() => document.visibilityState === "visible");
  useEffect(() => {
    const changed = () => setVisible(document.visibilityState === "visible");
    document.addEventListener("visibilitychange", changed);
    return () => document.removeEventListener("visibilitychange", changed);
  }, []);
  const { mutate } = useMutation({
    mutationFn: (id: string) => ask(api.POST("/v1/chats/{id}/read", { params: { path: { id } } })),
    onSuccess: (read) => putChat(client, read),
  });
  const { id, unread } = chat;
  useEffect(() => {
    if (may && visible && unread > 0) mutate(id);
  }, [may, visible, unread, id, mutate]);
}

function Head({ chat, account }: { chat: Chat; account: Account | undefined }) {
  const { t } = useTranslation();
  const typing = useTyping(chat.id);
  const number = /^(\d{5,})@s\.whatsapp\.net$/.exec(chat.address)?.[1];
  const facts = [
    chat.is_group ? t("chat.group") : number && `+${number}` !== chat.name && `\u2066+${number}\u2069`,
    account?.name,
  ];
  return (
    <header className={classes.head}>
      <ActionIcon
        renderRoot={(props) => <Link {...props} to="/chats" search={(known) => known} />}
        variant="subtle"
        color="gray"
        size="lg"
        hiddenFrom="sm"
        aria-label={t("chat.back")}
      >
        <IconBack size={22} className={classes.flip} />
      </ActionIcon>
      <ChatAvatar chat={chat} size={40} />
      <div className={classes.who}>
        <Title order={1} size="h5" className={classes.name} dir="auto">
          {chat.name}
        </Title>
        <Text size="xs" c={typing ? "teal" : "dimmed"} truncate aria-live="polite">
          {typing ? (typing.recording ? t("chat.recording") : t("chat.typing")) : facts.filter(Boolean).join(" · ")}
        </Text>
      </div>
      <PanelToggle />
    </header>
  );
}

function NotConnected({ account }: { account: Account }) {
  const { t } = useTranslation();
  return (
    <Alert color="yellow" radius={0} py={8} icon={<IconAlert size={18} />} role="status">
      <Group justify="space-between" gap="xs">
        <Text size="sm">{t("chat.notConnected", { name: account.name })}</Text>
        <Anchor component={Link} to="/accounts" size="sm">
          {t("chat.goAccounts")}
        </Anchor>
      </Group>
    </Alert>
  );
}

function ThreadSkeleton() {
  return (
    <>
      <header className={classes.head}>
        <Skeleton circle h={40} />
        <Skeleton h={16} w={160} />
      </header>
      <div className={classes.scroller}>
        <MessagesSkeleton />
      </div>
    </>
  );
}

function MessagesSkeleton() {
  return (
    <Stack gap="sm" p="md">
      {[46, 30, 58, 38].map((width, index) => (
        <Skeleton key={width} h={44} w={`${width}%`} ms={index % 2 ? "auto" : undefined} radius="lg" />
      ))}
    </Stack>
  );
}
