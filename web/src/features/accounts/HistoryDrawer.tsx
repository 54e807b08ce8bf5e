import { Button, Skeleton, Stack, Text, Timeline } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { historyQuery } from "~/api/queries";
import { sentenceOfReason } from "~/api/sentences";
import type { Account } from "~/api/types";
import { useNow } from "~/ui/Ago";
import { SideDialog } from "~/ui/Dialog";
import { ProblemAlert } from "~/ui/ProblemAlert";
import { GRAVITY, GRAVITY_COLOR } from "~/ui/StatePill";
import { full, span } from "~/ui/time";

/** Every state the account was in, newest first, with the reason and how long it lasted. */
export function HistoryDrawer({ account, onClose }: { account: Account; onClose(): void }) {
  const { t } = useTranslation();
  const now = useNow();
  const history = useInfiniteQuery(historyQuery(account.id));
  const changes = history.data?.pages.flatMap((page) => page.data) ?? [];
  const lasted = (from: string, until: string | undefined) =>
    until === undefined
      ? t("reconnect.lasting", { time: span(now - Date.parse(from), 1) })
      : t("reconnect.lasted", { time: span(Date.parse(until) - Date.parse(from)) });
  return (
    <SideDialog onClose={onClose} title={t("account.historyOf", { name: account.name })}>
      {history.error && <ProblemAlert error={history.error} retry={() => void history.refetch()} />}
      {history.isPending && (
        <Stack>
          {["a", "b", "c", "d"].map((key) => (
            <Skeleton key={key} h={44} />
          ))}
        </Stack>
      )}
      {history.isSuccess && changes.length === 0 && <Text c="dimmed">{t("account.historyEmpty")}</Text>}
      <Timeline bulletSize={14} lineWidth={2} active={changes.length}>
        {changes.map((change, index) => (
          <Timeline.Item
            key={`${change.at} ${change.state}`}
            color={GRAVITY_COLOR[GRAVITY[change.state]]}
            title={t(`state.${change.state}`)}
          >
            <Text size="sm">{change.reason ? sentenceOfReason(change.reason) : t(`became.${change.state}`)}</Text>
            <Text size="xs" c="dimmed">
              {full(change.at)} · {lasted(change.at, changes[index - 1]?.at)}
            </Text>
          </Timeline.Item>
        ))}
      </Timeline>
      {history.hasNextPage && (
        <Button
          variant="default"
          mt="md"
          loading={history.isFetchingNextPage}
          onClick={() => void history.fetchNextPage()}
        >
          {t("common.more")}
        </Button>
      )}
    </SideDialog>
  );
}
