import { Card, Skeleton, Stack, Table, Text } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Fragment, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useNextPage } from "~/api/nextPage";
import { apiKeysQuery, auditQuery, usersQuery } from "~/api/queries";
import type { AuditEntry } from "~/api/types";
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
                          <span dir="ltr">{entry.action}</span>
                        </Table.Td>
                        <Table.Td data-label={t("settings.target")} c="dimmed" fz="xs">
                          {entry.target && <span dir="ltr">{entry.target}</span>}
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

/** The room of the rows that are out of sight. */
function Gap({ height }: { height: number }) {
  if (height <= 0) return null;
  return (
    <tr aria-hidden className={classes.gap}>
      <td colSpan={5} style={{ height }} />
    </tr>
  );
}
