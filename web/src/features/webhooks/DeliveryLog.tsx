import { Accordion, Badge, Button, Group, SegmentedControl, Skeleton, Stack, Text, useDirection } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNextPage } from "~/api/nextPage";
import { deliveriesQuery, deliveryQuery } from "~/api/queries";
import type { Delivery, DeliveryState, Webhook } from "~/api/types";
import { Ago } from "~/ui/Ago";
import { SideDialog } from "~/ui/Dialog";
import { IconReplay } from "~/ui/icons";
import { ProblemAlert } from "~/ui/ProblemAlert";
import { RowProblem } from "~/ui/RowProblem";
import { full } from "~/ui/time";
import { VirtualList } from "~/ui/VirtualList";
import { useRedeliver } from "./actions";

const COLOR: Record<DeliveryState, string> = { pending: "yellow", delivered: "teal", failed: "red", cancelled: "gray" };
const FILTERS = ["any", "pending", "delivered", "failed"] as const;

/** About how high a line of the log is. */
const ROW_PX = 76;

/** Every delivery of a webhook, newest first, with its attempts. */
export function DeliveryLog({ webhook, onClose }: { webhook: Webhook; onClose(): void }) {
  const { t } = useTranslation();
  const { dir } = useDirection();
  const [filter, setFilter] = useState<(typeof FILTERS)[number]>("any");
  const [opened, setOpened] = useState<string | null>(null);
  const log = useInfiniteQuery(deliveriesQuery(webhook.id, filter === "any" ? undefined : filter));
  const [isNearEnd, setNearEnd] = useState(false);
  useNextPage(log, isNearEnd);
  const deliveries = log.data?.pages.flatMap((page) => page.data) ?? [];

  return (
    <SideDialog
      onClose={onClose}
      size="xl"
      title={
        <>
          <Text fw={600}>{t("webhook.log")}</Text>
          <Text size="xs" c="dimmed" dir="ltr" truncate>
            {webhook.url}
          </Text>
        </>
      }
    >
      <Stack>
        <SegmentedControl
          key={dir}
          value={filter}
          onChange={(value) => setFilter(FILTERS.find((known) => known === value) ?? "any")}
          data={FILTERS.map((value) => ({
            value,
            label: value === "any" ? t("webhook.any") : t(`delivery.${value}`),
          }))}
        />
        {log.error && <ProblemAlert error={log.error} retry={() => void log.refetch()} />}
        {log.isPending && ["a", "b", "c", "d"].map((key) => <Skeleton key={key} h={52} />)}
        {log.isSuccess && deliveries.length === 0 && <Text c="dimmed">{t("webhook.logEmpty")}</Text>}
        <Accordion variant="separated" value={opened} onChange={setOpened}>
          <VirtualList
            rows={deliveries}
            keyOf={(delivery) => delivery.id}
            estimate={ROW_PX}
            isMore={log.hasNextPage}
            onNearEnd={setNearEnd}
          >
            {(delivery) => (
              <Accordion.Item value={delivery.id} mb="xs">
                <Accordion.Control>
                  <Line delivery={delivery} />
                </Accordion.Control>
                <Accordion.Panel>{opened === delivery.id && <Attempts delivery={delivery} />}</Accordion.Panel>
              </Accordion.Item>
            )}
          </VirtualList>
        </Accordion>
        {log.isFetchingNextPage && <Skeleton h={52} />}
      </Stack>
    </SideDialog>
  );
}

function Line({ delivery }: { delivery: Delivery }) {
  const { t } = useTranslation();
  return (
    <Group justify="space-between" gap="xs" pe="xs">
      <div>
        <Text size="sm" fw={600} dir="ltr">
          {delivery.event_type}{" "}
          <Text span size="xs" c="dimmed">
            #{delivery.event_seq}
          </Text>
        </Text>
        <Text size="xs" c="dimmed">
          <Ago at={delivery.created_at} /> · {t("webhook.attempts_count", { count: delivery.attempts })}
          {delivery.last_status != null && ` · HTTP ${delivery.last_status}`}
        </Text>
      </div>
      <Badge variant="light" color={COLOR[delivery.state]}>
        {t(`delivery.${delivery.state}`)}
      </Badge>
    </Group>
  );
}

function Attempts({ delivery }: { delivery: Delivery }) {
  const { t } = useTranslation();
  const detail = useQuery(deliveryQuery(delivery.webhook_id, delivery.id));
  const redeliver = useRedeliver(delivery.webhook_id);
  const attempts = detail.data?.tries ?? [];
  return (
    <Stack gap="xs">
      {detail.error && <ProblemAlert error={detail.error} retry={() => void detail.refetch()} />}
      {detail.isPending && <Skeleton h={40} />}
      {detail.isSuccess && attempts.length === 0 && <Text size="sm">{t("webhook.noAttempts")}</Text>}
      {attempts.map((attempt) => (
        <Group key={attempt.number} justify="space-between" gap="xs">
          <Text size="sm">
            {attempt.number}.{" "}
            {attempt.status != null ? t("webhook.attemptOk", { status: attempt.status }) : (attempt.error ?? "")}
            {attempt.status != null && attempt.error ? ` · ${attempt.error}` : ""}
          </Text>
          <Text size="xs" c="dimmed">
            {full(attempt.at)} · {t("webhook.attemptMs", { ms: attempt.duration_ms })}
          </Text>
        </Group>
      ))}
      {delivery.state === "pending" && delivery.next_attempt_at && (
        <Text size="sm" c="dimmed">
          {t("webhook.next", { time: full(delivery.next_attempt_at) })}
        </Text>
      )}
      <RowProblem of={delivery.id} />
      <Group>
        <Button
          size="xs"
          variant="light"
          leftSection={<IconReplay size={16} />}
          loading={redeliver.isPending}
          onClick={() => redeliver.mutate(delivery.id)}
        >
          {t("webhook.redeliver")}
        </Button>
      </Group>
    </Stack>
  );
}
