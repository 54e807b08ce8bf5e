import { Alert, Anchor, Box, Button, Group, Skeleton, Stack, Text } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { api, ask } from "~/api/client";
import { useNextPage } from "~/api/nextPage";
import { Problem } from "~/api/problem";
import { accountsQuery, chatLogQuery, chatQuery, colleaguesQuery, meQuery, messagesQuery } from "~/api/queries";
import type { Account, Chat, ChatLogEntry, Message } from "~/api/types";
import { NothingHere } from "~/app/NotFoundPage";
import { OptedOut } from "~/features/contacts/OptedOut";
import { usePolling } from "~/live/Live";
import { momentOf, putChat } from "~/live/patch";
import type { Present } from "~/live/presence";
import { useMay } from "~/ui/Allowed";
import { Dialog } from "~/ui/Dialog";
import { IconAlert, IconDown } from "~/ui/icons";
import { ProblemAlert } from "~/ui/ProblemAlert";
import { ago } from "~/ui/time";
import { type Answered, answeredMeanwhile } from "./answered";
import { Composer } from "./Composer";
import { keepDraft } from "./drafts";
import { firstNewOf, type Opened } from "./lines";
import { Messages, type Shown } from "./Messages";
import { type Draft, notYetListed } from "./pending";
import { usePresent, useTellPresence } from "./presence";
import { usePending, useSend } from "./Sending";
import classes from "./Thread.module.css";
import { ThreadHead } from "./ThreadHead";

/** One conversation: its messages, newest at the bottom, and the composer. */
export function Thread({ chatId, message }: { chatId: string; message: string | undefined }) {
  const polling = usePolling();
  const chat = useQuery({ ...chatQuery(chatId), refetchInterval: polling });
  const account = useQuery(accountsQuery).data?.find((other) => other.id === chat.data?.account_id);
  const present = usePresent(chatId);
  if (chat.error && Problem.from(chat.error).status === 404) return <NothingHere />;
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
      <ThreadHead chat={chat.data} account={account} present={present} />
      {account && account.state !== "connected" && <NotConnected account={account} />}
      <Body chat={chat.data} present={present} around={message} />
    </>
  );
}

function Body({ chat, present, around }: { chat: Chat; present: Present[]; around: string | undefined }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const user = useQuery(meQuery).data?.user?.id ?? "";
  const maySend = useMay("messages:send");
  const [replyTo, setReplyTo] = useState<Message>();
  const polling = usePolling();
  const query = useInfiniteQuery({ ...messagesQuery(chat.id, around), refetchInterval: polling });
  const outbox = usePending(chat.id);
  const { send, retry, discard } = useSend(chat);
  const shown = useRef<Shown>(null);
  const { onTyping } = useTellPresence(chat.id);
  const guard = useGuard();
  /** Raised to empty the composer. */
  const [round, setRound] = useState(0);
  const visible = useVisible();
  const opened = useOpenedAt(chat, visible);
  useMarkRead(chat, maySend && visible);

  const newestFirst = useMemo(() => query.data?.pages.flatMap((page) => page.data) ?? [], [query.data]);
  const messages = useMemo(() => newestFirst.toReversed(), [newestFirst]);
  const pending = useMemo(() => notYetListed(outbox, newestFirst), [outbox, newestFirst]);
  const { hasPreviousPage } = query;
  // What is new is counted from the newest message back.
  const firstNew = useMemo(
    () => (hasPreviousPage ? undefined : firstNewOf(newestFirst, opened)),
    [hasPreviousPage, newestFirst, opened],
  );

  const log = useLog(chat.id, query.isSuccess ? messages[0] : undefined, query.hasNextPage);

  const showNewest = () =>
    void navigate({ to: ".", search: (known) => ({ ...known, message: undefined }), replace: true });

  const sendNow = (drafts: Draft[]) => {
    send(drafts, newestFirst[0]?.id ?? "");
    guard.sent();
    setReplyTo(undefined);
    if (around !== undefined) showNewest();
    else shown.current?.showNewest();
  };

  return (
    <>
      <div className={classes.frame}>
        {query.error && (
          <Failed
            error={query.error}
            onRetry={() => void query.refetch()}
            onNewest={around === undefined ? undefined : showNewest}
          />
        )}
        {query.data ? (
          <Messages
            key={around}
            ref={shown}
            chat={chat}
            query={query}
            messages={messages}
            found={around}
            firstNew={firstNew}
            pending={pending}
            log={log}
            onReply={setReplyTo}
            onRetry={retry}
            onDiscard={discard}
          />
        ) : (
          <div className={classes.waiting}>{query.isPending && <MessagesSkeleton />}</div>
        )}
        {hasPreviousPage && (
          <Button
            className={classes.newest}
            size="compact-sm"
            radius="xl"
            rightSection={<IconDown size={14} aria-hidden />}
            onClick={showNewest}
          >
            {t("search.newest")}
          </Button>
        )}
      </div>
      <Writing present={present} />
      {chat.contact_id && <OptedOut contactId={chat.contact_id} />}
      <Composer
        key={round}
        chat={chat}
        disabled={!maySend}
        replyTo={replyTo}
        onReply={setReplyTo}
        onTyping={onTyping}
        onSend={(drafts) => {
          if (guard.holds(drafts, newestFirst)) return false;
          sendNow(drafts);
          return true;
        }}
      />
      {guard.held && (
        <Held
          answered={guard.held.answered}
          onClose={guard.drop}
          onSend={(drafts) => {
            guard.drop();
            sendNow(drafts);
            keepDraft(user, chat.id, "");
            setRound(round + 1);
          }}
          drafts={guard.held.drafts}
        />
      )}
    </>
  );
}

/** The messages could not be read. The one that was looked for may have been deleted; then the newest ones are offered. */
function Failed(props: { error: unknown; onRetry(): void; onNewest: (() => void) | undefined }) {
  const { t } = useTranslation();
  const { error, onRetry, onNewest } = props;
  if (!onNewest || Problem.from(error).status !== 422) return <ProblemAlert error={error} retry={onRetry} />;
  return (
    <Alert color="yellow" icon={<IconAlert size={20} />} role="alert">
      <Group justify="space-between" gap="sm">
        <span>{t("search.gone")}</span>
        <Button size="xs" variant="light" onClick={onNewest}>
          {t("search.newest")}
        </Button>
      </Group>
    </Alert>
  );
}

/** Holds a message back once when a colleague answered while it was written. */
function useGuard() {
  const me = useQuery(meQuery).data?.user?.id;
  const people = useQuery(colleaguesQuery).data ?? [];
  const since = useRef(Date.now());
  const [held, setHeld] = useState<{ drafts: Draft[]; answered: Answered }>();
  return {
    held,
    holds: (drafts: Draft[], newestFirst: Message[]): boolean => {
      const answered = answeredMeanwhile(newestFirst, people, { me, since: since.current, now: Date.now() });
      if (answered) setHeld({ drafts, answered });
      return answered !== undefined;
    },
    sent: () => {
      since.current = Date.now();
    },
    drop: () => setHeld(undefined),
  };
}

function Held(props: { answered: Answered; drafts: Draft[]; onSend(drafts: Draft[]): void; onClose(): void }) {
  const { t } = useTranslation();
  const { answered, drafts, onSend, onClose } = props;
  const name = answered.name ?? t("inbox.somebody");
  return (
    <Dialog onClose={onClose} title={t("inbox.answeredTitle")}>
      <Stack>
        <Text size="sm">{t("inbox.answered", { name, ago: ago(answered.at, Date.now()) })}</Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} data-autofocus>
            {t("inbox.dontSend")}
          </Button>
          <Button onClick={() => onSend(drafts)}>{t("inbox.sendAnyway")}</Button>
        </Group>
      </Stack>
    </Dialog>
  );
}

/** Who else looks at the chat or writes in it. */
function Writing({ present }: { present: Present[] }) {
  const { t } = useTranslation();
  const typing = present.filter((each) => each.isTyping);
  const shown = typing.length > 0 ? typing : present;
  const names = shown.map((each) => each.name).join(", ");
  const text = typing.length > 0 ? "typing" : "viewing";
  return (
    <div role="status" className={classes.writing}>
      {shown.length > 0 && t(shown.length === 1 ? `inbox.${text}` : `inbox.${text}Many`, { names })}
    </div>
  );
}

/** What was done with the chat since its oldest message that is shown, oldest first. */
function useLog(chatId: string, oldest: Message | undefined, isMore: boolean): ChatLogEntry[] {
  const log = useInfiniteQuery(chatLogQuery(chatId));
  const newestFirst = useMemo(() => log.data?.pages.flatMap((page) => page.data) ?? [], [log.data]);
  const from = isMore && oldest ? momentOf(oldest) : "";
  const last = newestFirst.at(-1)?.at ?? "";
  useNextPage(log, last >= from);
  return useMemo(() => newestFirst.filter((entry) => entry.at >= from).toReversed(), [newestFirst, from]);
}

/** Whether somebody can see the page. */
function useVisible(): boolean {
  return useSyncExternalStore(onVisibility, () => document.visibilityState === "visible");
}

function onVisibility(changed: () => void): () => void {
  document.addEventListener("visibilitychange", changed);
  return () => document.removeEventListener("visibilitychange", changed);
}

/** What the chat was when it was opened, or when somebody came back to it and there was something new. */
function useOpenedAt(chat: Chat, visible: boolean): Opened {
  const { unread, last_message_at: at } = chat;
  const [opened, setOpened] = useState<Opened & { visible: boolean }>({ unread, at, visible });
  if (opened.visible !== visible) setOpened(visible && unread > 0 ? { unread, at, visible } : { ...opened, visible });
  return opened;
}

/** A chat that is open in front of somebody is read. */
function useMarkRead(chat: Chat, isRead: boolean) {
  const client = useQueryClient();
  const { mutate } = useMutation({
    mutationFn: (id: string) => ask(api.POST("/v1/chats/{id}/read", { params: { path: { id } } })),
    onSuccess: (read) => putChat(client, read),
  });
  const { id, unread, last_message_at } = chat;
  // Once for each message: whoever marks it as unread while it is open means it.
  const read = useRef<string>(undefined);
  useEffect(() => {
    if (!isRead || read.current === last_message_at) return;
    read.current = last_message_at;
    if (unread > 0) mutate(id);
  }, [isRead, unread, last_message_at, id, mutate]);
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
      <div className={classes.waiting}>
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
