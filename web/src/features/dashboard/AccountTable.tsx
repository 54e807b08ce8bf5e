import { Anchor, Card, ScrollArea, Table, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Account, AccountFigures } from "~/api/types";
import { percentage, span } from "~/ui/time";
import classes from "./Dashboard.module.css";
import { whole } from "./numbers";

/** A part of a whole in percent, where there is a whole. */
export function rate(part: number, all: number): string {
  return all === 0 ? "–" : percentage(part / all);
}

/** A time of the server's in its largest units, where there is one. */
export function lasting(secs: number | null): string {
  return secs === null ? "–" : span(secs * 1_000);
}

/** What each account did. Its name opens its chats. */
export function AccountTable({ figures, accounts }: { figures: AccountFigures[]; accounts: readonly Account[] }) {
  const { t } = useTranslation();
  const nameOf = (id: string) => accounts.find((account) => account.id === id)?.name;
  const sorted = figures.toSorted((a, b) => (nameOf(a.account_id) ?? "").localeCompare(nameOf(b.account_id) ?? ""));
  return (
    <Card component="section" aria-label={t("dashboard.byAccount")}>
      <Title order={2} size="h4" mb="sm">
        {t("dashboard.byAccount")}
      </Title>
      <ScrollArea type="auto" viewportProps={{ tabIndex: 0, role: "group", "aria-label": t("dashboard.byAccount") }}>
        <Table miw={620}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("dashboard.account")}</Table.Th>
              <Table.Th className={classes.number}>{t("dashboard.receivedShort")}</Table.Th>
              <Table.Th className={classes.number}>{t("dashboard.sentShort")}</Table.Th>
              <Table.Th className={classes.number}>{t("dashboard.failedShort")}</Table.Th>
              <Table.Th className={classes.number}>{t("dashboard.deliveryRate")}</Table.Th>
              <Table.Th className={classes.number}>{t("dashboard.readRate")}</Table.Th>
              <Table.Th className={classes.number}>{t("dashboard.readTime")}</Table.Th>
              <Table.Th className={classes.number}>{t("dashboard.firstReply")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {sorted.map(({ account_id, messages, reply_times, read_times }) => (
              <Table.Tr key={account_id}>
                <Table.Th scope="row" fw={500}>
                  <Anchor
                    size="sm"
                    renderRoot={(props) => (
                      <Link to="/chats" search={{ account: account_id, status: "all" }} {...props} />
                    )}
                  >
                    {nameOf(account_id) ?? t("dashboard.gone")}
                  </Anchor>
                </Table.Th>
                <Table.Td className={classes.number}>{whole(messages.received)}</Table.Td>
                <Table.Td className={classes.number}>{whole(messages.sent)}</Table.Td>
                <Table.Td className={classes.number}>{whole(messages.failed)}</Table.Td>
                <Table.Td className={classes.number}>{rate(messages.delivered, messages.sent)}</Table.Td>
                <Table.Td className={classes.number}>{rate(messages.read, messages.delivered)}</Table.Td>
                <Table.Td className={classes.number}>{lasting(read_times.median_secs)}</Table.Td>
                <Table.Td className={classes.number}>{lasting(reply_times.median_secs)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollArea>
    </Card>
  );
}
