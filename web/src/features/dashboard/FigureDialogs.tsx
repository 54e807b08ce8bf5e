import { Skeleton, Stack, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNextPage } from "~/api/nextPage";
import { sentenceOfFailure } from "~/api/sentences";
import type { Contact, Message } from "~/api/types";
import { previewOf } from "~/live/patch";
import { Dialog } from "~/ui/Dialog";
import { ProblemAlert } from "~/ui/ProblemAlert";
import { day, full } from "~/ui/time";
import { VirtualList } from "~/ui/VirtualList";
import classes from "./Dashboard.module.css";
import { calendarDay } from "./numbers";
import { failedQuery, newContactsQuery } from "./queries";

interface Props {
  from: string;
  to: string;
  onClose(): void;
}

/** About how high a row is. */
const ROW_PX = 76;

/** The messages that were given up in the period: what each said, and why it failed. */
export function FailedDialog({ from, to, account, onClose }: Props & { account: string | undefined }) {
  const { t } = useTranslation();
  const query = useInfiniteQuery(failedQuery({ from, to }, account));
  const [isNearEnd, setNearEnd] = useState(false);
  useNextPage(query, isNearEnd);
  const messages = query.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <Listing
      title={t("dashboard.failedTitle", { from: calendarDay(from, "short"), to: calendarDay(to, "short") })}
      query={query}
      isEmpty={messages.length === 0}
      none={t("dashboard.failedNone")}
      onClose={onClose}
    >
      <VirtualList
        rows={messages}
        keyOf={(message) => message.id}
        estimate={ROW_PX}
        isMore={query.hasNextPage}
        onNearEnd={setNearEnd}
      >
        {(message) => <FailedRow message={message} />}
      </VirtualList>
    </Listing>
  );
}

function FailedRow({ message }: { message: Message }) {
  const { t } = useTranslation();
  const at = message.failed_at ?? message.created_at;
  return (
    <Link
      to="/chats/$chatId"
      params={{ chatId: message.chat_id }}
      search={{ message: message.id, status: "all" }}
      className={classes.row}
    >
      <span className={classes.rowHead}>
        <strong dir="auto">{message.chat_name}</strong>
        <time dateTime={at} title={full(at)}>
          {full(at)}
        </time>
      </span>
      <Text size="sm" lineClamp={1} dir="auto" component="span">
        {previewOf(message) ?? t("kind.text")}
      </Text>
      {message.error && (
        <Text size="sm" c="var(--problem)" component="span">
          {sentenceOfFailure(message.error)}
        </Text>
      )}
    </Link>
  );
}

/** The people who were met in the period. */
export function NewContactsDialog({ from, to, onClose }: Props) {
  const { t } = useTranslation();
  const query = useInfiniteQuery(newContactsQuery({ from, to }));
  const [isNearEnd, setNearEnd] = useState(false);
  useNextPage(query, isNearEnd);
  const contacts = query.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <Listing
      title={t("dashboard.contactsTitle", { from: calendarDay(from, "short"), to: calendarDay(to, "short") })}
      query={query}
      isEmpty={contacts.length === 0}
      none={t("dashboard.contactsNone")}
      onClose={onClose}
    >
      <VirtualList
        rows={contacts}
        keyOf={(contact) => contact.id}
        estimate={ROW_PX}
        isMore={query.hasNextPage}
        onNearEnd={setNearEnd}
      >
        {(contact) => <ContactRow contact={contact} />}
      </VirtualList>
    </Listing>
  );
}

/** Leads to the chats with them: one person can have several. */
function ContactRow({ contact }: { contact: Contact }) {
  const { name, phone, created_at } = contact;
  return (
    <Link to="/chats" search={{ q: phone ?? name, status: "all" }} className={classes.row}>
      <span className={classes.rowHead}>
        <strong dir="auto">{name}</strong>
        <time dateTime={created_at} title={full(created_at)}>
          {day(created_at)}
        </time>
      </span>
      {phone && phone !== name && (
        <Text size="sm" c="dimmed" component="span">
          <bdi dir="ltr">{phone}</bdi>
        </Text>
      )}
    </Link>
  );
}

function Listing(props: {
  title: string;
  query: { error: unknown; isPending: boolean; isSuccess: boolean; refetch(): unknown };
  isEmpty: boolean;
  none: string;
  onClose(): void;
  children: ReactNode;
}) {
  const { title, query, isEmpty, none, onClose, children } = props;
  return (
    <Dialog onClose={onClose} title={title} size="lg">
      {query.error && isEmpty ? <ProblemAlert error={query.error} retry={() => void query.refetch()} /> : null}
      {query.isPending && (
        <Stack gap="xs">
          {["a", "b", "c"].map((key) => (
            <Skeleton key={key} h={ROW_PX - 12} />
          ))}
        </Stack>
      )}
      {query.isSuccess && isEmpty && <Text c="dimmed">{none}</Text>}
      {!isEmpty && children}
    </Dialog>
  );
}
