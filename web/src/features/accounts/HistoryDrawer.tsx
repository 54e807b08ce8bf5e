import { Button, Drawer, Skeleton, Stack, Text, Timeline } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { historyQuery } from "~/api/queries";
import type { Account } from "~/api/types";
import { ProblemAlert } from "~/ui/ProblemAlert";
import { GRAVITY, GRAVITY_COLOR } from "~/ui/StatePill";
import { full } from "~/ui/time";

/** Every state the account was in, newest first, with the reason. */
export function HistoryDrawer({ account, onClose }: { account: Account; onClose(): void }) {
  const { t } = useTranslation();
  const history = useInfiniteQuery(historyQuery(account.id));
  const changes = history.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <Drawer
      opened
      onClose={onClose}
      title={t("account.historyOf", { name: account.name })}
      closeButtonProps={{ "aria-label": t("common.close") }}
    >
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
        {changes.map((change) => (
          <Timeline.Item
            key={`${change.at} ${change.state}`}
            color={GRAVITY_COLOR[GRAVITY[change.state]]}
            title={t(`state.${change.state}`)}
          >
            {change.reason && <Text size="sm">{change.reason.detail}</Text>}
            <Text size="xs" c="dimmed">
              {full(change.at)}
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
    </Drawer>
  );
}
