import { Button, Card, Skeleton, Stack, Table, Text } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { apiKeysQuery, auditQuery, usersQuery } from "~/api/queries";
import { useMay } from "~/ui/Allowed";
import { ProblemAlert } from "~/ui/ProblemAlert";
import { full } from "~/ui/time";
import classes from "./AuditLog.module.css";

/** Who did what, newest first. */
export function AuditLog() {
  const { t } = useTranslation();
  const log = useInfiniteQuery(auditQuery);
  const users = useQuery({ ...usersQuery, enabled: useMay("members:manage") }).data;
  const apiKeys = useQuery({ ...apiKeysQuery, enabled: useMay("keys:manage") }).data;
  const entries = log.data?.pages.flatMap((page) => page.data) ?? [];

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
            <Table className={classes.table} verticalSpacing="sm" horizontalSpacing="md">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{t("settings.when")}</Table.Th>
                  <Table.Th>{t("settings.who")}</Table.Th>
                  <Table.Th>{t("settings.what")}</Table.Th>
                  <Table.Th>{t("settings.target")}</Table.Th>
                  <Table.Th>{t("settings.ip")}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {entries.map((entry) => (
                  <Table.Tr key={entry.seq}>
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
                ))}
              </Table.Tbody>
            </Table>
          </section>
        </Card>
      )}
      {log.hasNextPage && (
        <Button variant="default" loading={log.isFetchingNextPage} onClick={() => void log.fetchNextPage()}>
          {t("common.more")}
        </Button>
      )}
    </Stack>
  );
}
