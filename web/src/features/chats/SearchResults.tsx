import { Avatar, Button, Group, Skeleton, Text, Title, useDirection } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type KeyboardEvent, type ReactNode, useId } from "react";
import { useTranslation } from "react-i18next";
import { accountsQuery } from "~/api/queries";
import { foundChatsQuery, foundMessagesQuery, foundPeopleQuery, type Wanted } from "~/api/search";
import type { ChatHit, ContactHit, MessageHit } from "~/api/types";
import { useNow } from "~/ui/Ago";
import { EmptyState } from "~/ui/EmptyState";
import { IconSearch } from "~/ui/icons";
import { MoreButton } from "~/ui/MoreButton";
import { inSentence, lettersOf } from "~/ui/names";
import { ProblemAlert } from "~/ui/ProblemAlert";
import { day, listTime } from "~/ui/time";
import { VirtualList } from "~/ui/VirtualList";
import { ChatAvatar } from "./ChatAvatar";
import { type ChatsSearch, elsewhere } from "./filters";
import { focusHit } from "./hits";
import { Marked } from "./Marked";
import classes from "./SearchResults.module.css";

/** About how high what was found is. */
const HIT_PX = 62;

interface Props {
  search: ChatsSearch;
  /** What is searched for. */
  text: string;
  chatId: string | undefined;
}

/** What was found, in three groups: chats, people, and messages from the newest back. */
export function SearchResults({ search, text, chatId }: Props) {
  const { t } = useTranslation();
  const wanted: Wanted = { text, account: search.account, chat: search.within ? chatId : undefined };
  const chats = useInfiniteQuery(foundChatsQuery(wanted));
  const people = useInfiniteQuery(foundPeopleQuery(wanted));
  const messages = useInfiniteQuery(foundMessagesQuery(wanted));

  const within = wanted.chat !== undefined;
  const foundChats = within ? [] : (chats.data?.pages.flatMap((page) => page.data) ?? []);
  const withChat = new Set(foundChats.map((hit) => hit.chat.contact_id));
  // Whoever has a chat among those above is found already.
  const foundPeople = within
    ? []
    : (people.data?.pages.flatMap((page) => page.data) ?? []).filter((hit) => !withChat.has(hit.contact.id));
  const foundMessages = messages.data?.pages.flatMap((page) => page.data) ?? [];
  const queries = within ? [messages] : [chats, people, messages];
  const isPending = queries.some((query) => query.isPending);
  const isOld = queries.some((query) => query.isPlaceholderData);
  const failed = queries.find((query) => query.error);
  const isNothing = foundChats.length + foundPeople.length + foundMessages.length === 0;
  const end = messages.data?.pages.at(-1);

  const onKeyDown = (event: KeyboardEvent) => {
    const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : undefined;
    if (by && focusHit(by)) event.preventDefault();
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys are those of the links in it
    <div className={classes.results} data-testid="search-results" data-old={isOld || undefined} onKeyDown={onKeyDown}>
      <div role="status" className={classes.status}>
        {!isPending &&
          !isOld &&
          t("search.found", { count: foundChats.length + foundPeople.length + foundMessages.length })}
      </div>
      {failed && (
        <div className={classes.pad}>
          <ProblemAlert error={failed.error} retry={() => void failed.refetch()} />
        </div>
      )}
      {foundChats.length > 0 && (
        <Section title={t("search.chats")} more={chats}>
          <VirtualList rows={foundChats} keyOf={(hit) => hit.chat.id} estimate={HIT_PX} isMore={chats.hasNextPage}>
            {(hit) => <ChatLine hit={hit} active={hit.chat.id === chatId} />}
          </VirtualList>
        </Section>
      )}
      {foundPeople.length > 0 && (
        <Section title={t("search.people")} more={people}>
          <VirtualList rows={foundPeople} keyOf={(hit) => hit.contact.id} estimate={HIT_PX} isMore={people.hasNextPage}>
            {(hit) => <PersonLine hit={hit} />}
          </VirtualList>
        </Section>
      )}
      {foundMessages.length > 0 && (
        <Section title={t("search.messages")}>
          <VirtualList
            rows={foundMessages}
            keyOf={(hit) => hit.message.id}
            estimate={HIT_PX}
            isMore={messages.hasNextPage}
          >
            {(hit) => <MessageLine hit={hit} active={hit.message.id === search.message} />}
          </VirtualList>
        </Section>
      )}
      {isPending && isNothing && <Pending />}
      {!isPending && !failed && isNothing && !end?.next && (
        <EmptyState icon={<IconSearch size={30} />} title={t("search.none")} text={t("search.noneText")} />
      )}
      {end && !isOld && (
        <Reach end={end} isFetching={messages.isFetchingNextPage} onMore={() => void messages.fetchNextPage()} />
      )}
    </div>
  );
}

interface More {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage(): unknown;
}

function Section({ title, more, children }: { title: string; more?: More; children: ReactNode }) {
  const id = useId();
  return (
    <section aria-labelledby={id}>
      <Title order={2} size="h6" id={id} className={classes.title}>
        {title}
      </Title>
      {children}
      {more && <MoreButton query={more} className={classes.more} />}
    </section>
  );
}

function ChatLine({ hit, active }: { hit: ChatHit; active: boolean }) {
  const { t } = useTranslation();
  const now = useNow();
  const accounts = useQuery(accountsQuery).data ?? [];
  const { chat } = hit;
  const account = accounts.length > 1 ? accounts.find((each) => each.id === chat.account_id)?.name : undefined;
  const { dir } = useDirection();
  const facts = [
    chat.is_group && t("chat.group"),
    account && inSentence(account, dir),
    chat.status === "closed" && t("inbox.closed"),
  ];
  return (
    <Link
      to="/chats/$chatId"
      params={{ chatId: chat.id }}
      search={elsewhere}
      className={classes.hit}
      data-hit
      data-active={active || undefined}
    >
      <ChatAvatar chat={chat} size={36} />
      <span className={classes.text}>
        <span className={classes.line}>
          <span className={classes.name} dir="auto">
            <Marked parts={hit.name} />
          </span>
          <time dateTime={chat.last_message_at}>{listTime(chat.last_message_at, now)}</time>
        </span>
        <span className={classes.facts}>{facts.filter(Boolean).join(" · ")}</span>
      </span>
    </Link>
  );
}

function PersonLine({ hit }: { hit: ContactHit }) {
  const { contact } = hit;
  const { phone } = contact;
  const content = (
    <>
      <Avatar
        size={36}
        radius="xl"
        name={/^[+\d]/.test(contact.name) ? undefined : lettersOf(contact.name)}
        color="gray"
        aria-hidden
      />
      <span className={classes.text}>
        <span className={classes.name} dir="auto">
          <Marked parts={hit.name} />
        </span>
        {phone && phone !== contact.name && (
          <span className={classes.facts}>
            <bdi dir="ltr">{phone}</bdi>
          </span>
        )}
      </span>
    </>
  );
  return phone ? (
    <Link
      to="."
      search={(known) => ({ ...(known as ChatsSearch), new: true, to: phone })}
      className={classes.hit}
      data-hit
    >
      {content}
    </Link>
  ) : (
    <div className={classes.hit}>{content}</div>
  );
}

function MessageLine({ hit, active }: { hit: MessageHit; active: boolean }) {
  const { t } = useTranslation();
  const now = useNow();
  const { message } = hit;
  return (
    <Link
      to="/chats/$chatId"
      params={{ chatId: message.chat_id }}
      search={(known) => ({ ...(known as ChatsSearch), message: message.id })}
      className={classes.hit}
      data-hit
      data-active={active || undefined}
    >
      <span className={classes.text}>
        <span className={classes.line}>
          <span className={classes.name} dir="auto">
            {message.chat_name}
          </span>
          <time dateTime={hit.at}>{listTime(hit.at, now)}</time>
        </span>
        <span className={classes.snippet} dir="auto">
          {message.direction === "out" && <>{t("search.you")} </>}
          <Marked parts={hit.snippet} />
        </span>
      </span>
    </Link>
  );
}

/** How far back it was looked, and the way further. */
function Reach(props: {
  end: { next: string | null; searched_back_to: string | null };
  isFetching: boolean;
  onMore(): void;
}) {
  const { t } = useTranslation();
  const { next, searched_back_to } = props.end;
  if (searched_back_to === null) return null;
  const date = day(searched_back_to);
  return (
    <div className={classes.reach}>
      <Text size="sm" c="dimmed">
        {next === null ? t("search.indexing", { date }) : t("search.backTo", { date })}
      </Text>
      {next !== null && (
        <Button variant="light" size="compact-sm" mt={6} loading={props.isFetching} onClick={props.onMore}>
          {t("search.further")}
        </Button>
      )}
    </div>
  );
}

function Pending() {
  return Array.from({ length: 5 }, (_, index) => index).map((index) => (
    <Group key={index} px="md" py="xs" wrap="nowrap">
      <Skeleton circle h={36} />
      <div style={{ flex: 1 }}>
        <Skeleton h={12} w="50%" />
        <Skeleton h={10} w="80%" mt={8} />
      </div>
    </Group>
  ));
}
