import { Button, Skeleton, Stack, Table, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Dialog } from "~/ui/Dialog";
import { useMoney } from "~/ui/money";
import { ProblemAlert } from "~/ui/ProblemAlert";
import classes from "./Dashboard.module.css";
import { calendarDay } from "./numbers";
import { donationsQuery } from "./queries";

/** The donations of the period, newest first. */
export function DonationsDialog({ from, to, onClose }: { from: string; to: string; onClose(): void }) {
  const { t } = useTranslation();
  const money = useMoney();
  const query = useInfiniteQuery(donationsQuery(from, to));
  const donations = query.data?.pages.flatMap((page) => page.data) ?? [];
  const title = t("dashboard.donationsTitle", { from: calendarDay(from, "short"), to: calendarDay(to, "short") });
  return (
    <Dialog onClose={onClose} title={title} size="lg">
      <Stack>
        <Text size="sm" c="dimmed">
          {t("dashboard.donationsStatus")}
        </Text>
        {query.error && !query.data && <ProblemAlert error={query.error} retry={() => void query.refetch()} />}
        {query.isPending && <Skeleton h={120} />}
        {query.isSuccess && donations.length === 0 && <Text c="dimmed">{t("dashboard.donationsNone")}</Text>}
        {donations.length > 0 && (
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t("donor.field_date")}</Table.Th>
                <Table.Th>{t("donor.field_fund")}</Table.Th>
                <Table.Th>{t("donor.field_status")}</Table.Th>
                <Table.Th className={classes.number}>{t("donor.field_amount")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {donations.map(({ id, given_on, fund, status, amount, currency }) => (
                <Table.Tr key={id}>
                  <Table.Td>{calendarDay(given_on, "short")}</Table.Td>
                  <Table.Td dir="auto">{fund ?? "–"}</Table.Td>
                  <Table.Td>{t(`donor.status_${status}`)}</Table.Td>
                  <Table.Td className={classes.number}>{money(amount, currency)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )}
        {query.hasNextPage && (
          <Button variant="subtle" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {t("common.more")}
          </Button>
        )}
      </Stack>
    </Dialog>
  );
}
