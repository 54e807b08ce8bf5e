import { Button, Group, Skeleton } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useNextPage } from "~/api/nextPage";
import { accountsQuery, chatsQuery, colleaguesQuery, tagsQuery } from "~/api/queries";
import type { Chat, Tag } from "~/api/types";
import { usePolling } from "~/live/Live";
import { useNow } from "~/ui/Ago";
import { type Command, useCommands } from "~/ui/commands";
import { EmptyState } from "~/ui/EmptyState";
import { IconChats, IconCheck, IconPhone, IconSearch, IconUp } from "~/ui/icons";
import { ProblemAlert } from "~/ui/ProblemAlert";
import { useKept } from "~/ui/virtual";
import classes from "./ChatList.module.css";
import { ChatRow, ROW_PX } from "./ChatRow";
import { accountColors, type ChatsSearch, elsewhere, filterOf, isNarrowed, isSearchable, widened } from "./filters";
import { ListHead } from "./ListHead";
import { SearchResults } from "./SearchResults";
import { useStill } from "./still";

/** The next page is fetched when so many rows are left below. */
const AHEAD = 20;

interface Props {
  search: ChatsSearch;
  chatId: string | undefined;
  onNew(): void;
}

export function ChatList(props: Props) {
  return (
    <>
      <ListHead search={props.search} chatId={props.chatId} onNew={props.onNew} />
      {isSearchable(props.search.q) ? (
        <SearchResults search={props.search} text={props.search.q} chatId={props.chatId} />
      ) : (
        <Rows {...props} />
      )}
    </>
  );
}

function Rows({ search, chatId, onNew }: Props) {
  const { t } = useTranslation();
  const filter = filterOf(search);
  const accounts = useQuery(accountsQuery).data;
  const facts = useFacts();
  const now = useNow();
  const polling = usePolling();
  const query = chatsQuery(filter);
  const chats = useInfiniteQuery({ ...query, ...(polling && { refetchInterval: polling }) });
  const scroller = useRef<HTMLDivElement>(null);
  const latest = useMemo(() => chats.data?.pages.flatMap((page) => page.data) ?? [], [chats.data]);
  const still = useStill(latest, JSON.stringify(filter));
  const { rows } = still;
  const { hasNextPage } = chats;

  const kept = useKept((id) => rows.findIndex((chat) => chat.id === id));
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    getItemKey: (index) => rows[index]?.id ?? index,
    overscan: 8,
    rangeExtractor: kept.range,
  });
  const items = virtualizer.getVirtualItems();
  // Rows that are kept out of sight do not count.
  const lastShown = virtualizer.range?.endIndex ?? 0;
  useNextPage(chats, lastShown >= rows.length - AHEAD);
  useSteps(rows, chatId, (index) => virtualizer.scrollToIndex(index, { align: "auto" }));

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
  if (rows.length === 0) return <NoChats search={search} linked={(accounts?.length ?? 0) > 0} onNew={onNew} />;

  const showsAccount = (accounts?.length ?? 0) > 1 && !search.account;
  return (
    <div className={classes.frame} {...still.handlers}>
      {still.news > 0 && (
        <Button
          className={classes.news}
          size="compact-sm"
          radius="xl"
          rightSection={<IconUp size={14} aria-hidden />}
          onClick={() => {
            still.release();
            virtualizer.scrollToIndex(0);
          }}
        >
          {t("inbox.news", { count: still.news })}
        </Button>
      )}
      <div ref={scroller} className={classes.scroller} data-testid="chat-rows">
        <ul className={classes.rows} style={{ height: virtualizer.getTotalSize() }} onFocus={kept.onFocus}>
          {items.map((item) => {
            const chat = rows[item.index];
            if (!chat) return null;
            return (
              <li
                key={item.key}
                data-row={chat.id}
                aria-setsize={hasNextPage ? -1 : rows.length}
                aria-posinset={item.index + 1}
                className={classes.slot}
                style={{ height: ROW_PX, transform: `translateY(${item.start}px)` }}
              >
                <ChatRow
                  chat={chat}
                  active={chat.id === chatId}
                  account={showsAccount ? facts.accounts.get(chat.account_id) : undefined}
                  assignee={chat.assignee_id ? (facts.people.get(chat.assignee_id) ?? t("inbox.somebody")) : undefined}
                  tags={facts.tagsOf(chat)}
                  now={now}
                />
              </li>
            );
          })}
        </ul>
      </div>
    </div>
  );
}

const NO_TAGS: Tag[] = [];

/** What rows say besides their chat, looked up once for all of them. */
function useFacts() {
  const accounts = useQuery(accountsQuery).data;
  const people = useQuery(colleaguesQuery).data;
  const tags = useQuery(tagsQuery).data;
  return useMemo(() => {
    const colors = accountColors(accounts ?? []);
    const known = new Map(tags?.map((tag) => [tag.id, tag]));
    const lists = new Map<string, Tag[]>();
    return {
      accounts: new Map(
        accounts?.map(({ id, name }) => [id, { name, color: colors.get(id) ?? "transparent" }] as const),
      ),
      people: new Map(people?.map((person) => [person.id, person.name])),
      /** The same list for the same tags, so that a row which did not change is not drawn again. */
      tagsOf: (chat: Chat): Tag[] => {
        if (chat.tag_ids.length === 0) return NO_TAGS;
        const key = chat.tag_ids.join();
        const list = lists.get(key) ?? chat.tag_ids.flatMap((id) => known.get(id) ?? []);
        lists.set(key, list);
        return list;
      },
    };
  }, [accounts, people, tags]);
}

/** Goes through the rows by keyboard. */
function useSteps(rows: Chat[], chatId: string | undefined, show: (index: number) => void): void {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const latest = useRef({ rows, chatId, show });
  latest.current = { rows, chatId, show };
  const commands = useMemo(() => {
    const step = (by: 1 | -1) => () => {
      const { rows, chatId, show } = latest.current;
      const from = rows.findIndex((chat) => chat.id === chatId);
      const index = from === -1 ? 0 : from + by;
      const chat = rows[index];
      if (!chat) return;
      show(index);
      void navigate({ to: "/chats/$chatId", params: { chatId: chat.id }, search: elsewhere });
    };
    const whose = (assignee: string | undefined) => () =>
      void navigate({ to: ".", search: (known) => ({ ...known, assignee }) });
    return [
      { id: "next", group: "list", label: t("command.next"), hotkey: "j", run: step(1) },
      { id: "previous", group: "list", label: t("command.previous"), hotkey: "k", run: step(-1) },
      { id: "mine", group: "list", label: t("inbox.mine"), run: whose("me") },
      { id: "unassigned", group: "list", label: t("inbox.unassigned"), run: whose("none") },
      { id: "all", group: "list", label: t("inbox.all"), run: whose(undefined) },
    ] satisfies Command[];
  }, [t, navigate]);
  useCommands(commands);
}

function NoChats({ search, linked, onNew }: { search: ChatsSearch; linked: boolean; onNew(): void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { unread, ...others } = search;
  if (isNarrowed(others)) {
    return (
      <EmptyState icon={<IconSearch size={30} />} title={t("inbox.noMatch")} text={t("inbox.noMatchText")}>
        <Button mt="sm" variant="light" onClick={() => void navigate({ to: ".", search: widened(search) })}>
          {t("inbox.clear")}
        </Button>
      </EmptyState>
    );
  }
  if (unread) {
    return <EmptyState icon={<IconCheck size={30} />} title={t("chat.emptyUnread")} text={t("chat.emptyUnreadText")} />;
  }
  if (search.assignee === "me") {
    return <EmptyState icon={<IconCheck size={30} />} title={t("inbox.noMine")} text={t("inbox.noMineText")} />;
  }
  if (search.assignee === "none" && linked) {
    return (
      <EmptyState icon={<IconCheck size={30} />} title={t("inbox.noUnassigned")} text={t("inbox.noUnassignedText")} />
    );
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
