import { Anchor, Card, Skeleton, Stack, Table, Text } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, type LinkProps } from "@tanstack/react-router";
import { Fragment, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useNextPage } from "~/api/nextPage";
import {
  accountsQuery,
  apiKeysQuery,
  auditQuery,
  invitationsQuery,
  quickRepliesQuery,
  tagsQuery,
  teamsQuery,
  usersQuery,
  webhooksQuery,
} from "~/api/queries";
import type { AuditEntry } from "~/api/types";
import { customFieldsQuery } from "~/features/contacts/queries";
import { useMay } from "~/ui/Allowed";
import { ProblemAlert } from "~/ui/ProblemAlert";
import { full } from "~/ui/time";
import { useVirtualRows } from "~/ui/virtual";
import classes from "./AuditLog.module.css";

/** About how high a row is. */
const ROW_PX = 45;

/** Who did what, newest first. */
export function AuditLog() {
  const { t } = useTranslation();
  const log = useInfiniteQuery(auditQuery);
  const users = useQuery({ ...usersQuery, enabled: useMay("members:manage") }).data;
  const apiKeys = useQuery({ ...apiKeysQuery, enabled: useMay("keys:manage") }).data;
  const entries = useMemo(() => log.data?.pages.flatMap((page) => page.data) ?? [], [log.data]);
  const body = useRef<HTMLTableSectionElement>(null);
  const { items, total, topOf, measure, onFocus, isNearEnd } = useVirtualRows<AuditEntry, HTMLTableRowElement>({
    list: body,
    rows: entries,
    keyOf: (entry) => String(entry.seq),
    estimate: ROW_PX,
  });
  useNextPage(log, isNearEnd);
  const last = items.at(-1);
  const end = last ? topOf(last) + last.size : 0;

  const things = useThings(entries);
  const nameOf = (actor: string) => {
    const [kind, id] = actor.split(":");
    if (kind === "system") return t("settings.system");
    return users?.find((user) => user.id === id)?.name ?? apiKeys?.find((key) => key.id === id)?.name ?? id ?? actor;
  };

  return (
    <Stack>
      <Text c="dimmed">{t("settings.auditText")}</Text>
      {log.error && <ProblemAlert error={log.error} retry={() => void log.refetch()} />}
      {log.isPending && <Skeleton h={240} />}
      {log.isSuccess && entries.length === 0 && <Text>{t("settings.auditEmpty")}</Text>}
      {entries.length > 0 && (
        <Card padding={0}>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard */}
          <section className={classes.scroller} tabIndex={0} aria-label={t("settings.audit")}>
            <Table
              className={classes.table}
              layout="fixed"
              verticalSpacing="sm"
              horizontalSpacing="md"
              aria-rowcount={log.hasNextPage ? -1 : entries.length + 1}
            >
              <Table.Thead>
                <Table.Tr>
                  <Table.Th w="20%">{t("settings.when")}</Table.Th>
                  <Table.Th w="18%">{t("settings.who")}</Table.Th>
                  <Table.Th w="22%">{t("settings.what")}</Table.Th>
                  <Table.Th>{t("settings.target")}</Table.Th>
                  <Table.Th w="14%">{t("settings.ip")}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody ref={body} onFocus={onFocus}>
                {items.map((item, place) => {
                  const entry = entries[item.index];
                  if (!entry) return null;
                  const before = items[place - 1];
                  const gap = topOf(item) - (before ? topOf(before) + before.size : 0);
                  return (
                    <Fragment key={item.key}>
                      <Gap height={gap} />
                      <Table.Tr
                        ref={measure}
                        data-index={item.index}
                        data-row={entry.seq}
                        aria-rowindex={item.index + 2}
                      >
                        <Table.Td data-label={t("settings.when")} className={classes.when}>
                          {full(entry.at)}
                        </Table.Td>
                        <Table.Td data-label={t("settings.who")}>{nameOf(entry.actor)}</Table.Td>
                        <Table.Td data-label={t("settings.what")}>
                          <Action action={entry.action} />
                        </Table.Td>
                        <Table.Td data-label={t("settings.target")}>
                          {entry.target && <Target id={entry.target} name={things.get(entry.target)} />}
                        </Table.Td>
                        <Table.Td data-label={t("settings.ip")} c="dimmed">
                          {entry.ip && <span dir="ltr">{entry.ip}</span>}
                        </Table.Td>
                      </Table.Tr>
                    </Fragment>
                  );
                })}
                <Gap height={total - end} />
              </Table.Tbody>
            </Table>
          </section>
        </Card>
      )}
      {log.isFetchingNextPage && <Skeleton h={52} />}
    </Stack>
  );
}

/** What was done, in words; what a newer server names is shown as it names it. */
function Action({ action }: { action: string }) {
  const { t, i18n } = useTranslation();
  const key = `audit.${action.replaceAll(".", "_")}`;
  return i18n.exists(key) ? (t as (key: string) => string)(key) : <span dir="ltr">{action}</span>;
}

/** Where something is that has a page. */
function pageOf(id: string): LinkProps | undefined {
  switch (id.split("_")[0]) {
    case "chat":
      return { to: "/chats/$chatId", params: { chatId: id }, search: { status: "all" } };
    case "acc":
      return { to: "/accounts" };
    default:
      return undefined;
  }
}

/** With what it was done: by its name, as long as it has one. */
function Target({ id, name }: { id: string; name: string | undefined }) {
  const shown = name === undefined ? <span dir="ltr">{id}</span> : <bdi>{name}</bdi>;
  const page = pageOf(id);
  if (page) {
    return (
      <Anchor renderRoot={(root) => <Link {...root} {...page} />} fz={name === undefined ? "xs" : "sm"} title={id}>
        {shown}
      </Anchor>
    );
  }
  return (
    <Text component="span" c="dimmed" fz={name === undefined ? "xs" : "sm"} title={id}>
      {shown}
    </Text>
  );
}

/** The names of what is in these entries, where a list of such things can be read. */
function useThings(entries: readonly AuditEntry[]): ReadonlyMap<string, string> {
  const kinds = useMemo(() => new Set(entries.map(({ target }) => target?.split("_")[0])), [entries]);
  const mayMembers = useMay("members:manage");
  const users = useQuery({ ...usersQuery, enabled: mayMembers && kinds.has("usr") }).data;
  const invitations = useQuery({ ...invitationsQuery, enabled: mayMembers && kinds.has("inv") }).data;
  const apiKeys = useQuery({ ...apiKeysQuery, enabled: useMay("keys:manage") && kinds.has("key") }).data;
  const accounts = useQuery({ ...accountsQuery, enabled: useMay("accounts:read") && kinds.has("acc") }).data;
  const webhooks = useQuery({ ...webhooksQuery, enabled: useMay("webhooks:manage") && kinds.has("whk") }).data;
  const mayChats = useMay("messages:read");
  const tags = useQuery({ ...tagsQuery, enabled: mayChats && kinds.has("tag") }).data;
  const teams = useQuery({ ...teamsQuery, enabled: mayChats && kinds.has("team") }).data;
  const replies = useQuery({ ...quickRepliesQuery(), enabled: mayChats && kinds.has("qrp") }).data;
  const fields = useQuery({ ...customFieldsQuery, enabled: mayChats && kinds.has("fld") }).data;
  return useMemo(
    () =>
      new Map([
        ...named(users, ({ name }) => name),
        ...named(invitations, ({ name }) => name),
        ...named(apiKeys, ({ name }) => name),
        ...named(accounts, ({ name }) => name),
        ...named(webhooks, ({ url }) => url),
        ...named(tags, ({ name }) => name),
        ...named(teams, ({ name }) => name),
        ...named(replies, ({ shortcut }) => `/${shortcut}`),
        ...named(fields, ({ label }) => label),
      ]),
    [users, invitations, apiKeys, accounts, webhooks, tags, teams, replies, fields],
  );
}

function named<T extends { id: string }>(things: readonly T[] | undefined, nameOf: (thing: T) => string) {
  return (things ?? []).map((thing) => [thing.id, nameOf(thing)] as const);
}

/** The room of the rows that are out of sight. */
function Gap({ height }: { height: number }) {
  if (height <= 0) return null;
  return (
    <tr aria-hidden className={classes.gap}>
      <td colSpan={5} style={{ height }} />
    </tr>
  );
}
