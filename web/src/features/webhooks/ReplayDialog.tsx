import { Button, Group, NumberInput, Radio, Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import type { Webhook } from "~/api/types";
import { Dialog } from "~/ui/Dialog";
import { ProblemAlert } from "~/ui/ProblemAlert";
import { decimal } from "~/ui/time";
import { type ReplayFrom, useReplay } from "./actions";

type From = "hour" | "day" | "all" | "after";

const HOUR_MS = 3_600_000;

function beginning(from: From, seq: number): ReplayFrom {
  switch (from) {
    case "hour":
      return { since: new Date(Date.now() - HOUR_MS).toISOString() };
    case "day":
      return { since: new Date(Date.now() - 24 * HOUR_MS).toISOString() };
    case "all":
      return { after_seq: 0 };
    case "after":
      return { after_seq: seq };
  }
}

/** Sends past events to a webhook again. */
export function ReplayDialog({ webhook, onClose }: { webhook: Webhook; onClose(): void }) {
  const { t } = useTranslation();
  const replay = useReplay();
  const form = useForm<{ from: From; seq: number }>({ initialValues: { from: "hour", seq: 0 } });
  return (
    <Dialog onClose={onClose} title={t("webhook.replay")}>
      <form
        onSubmit={form.onSubmit(({ from, seq }) =>
          replay.mutate({ id: webhook.id, from: beginning(from, seq) }, { onSuccess: onClose }),
        )}
      >
        <Stack>
          <Text size="sm" c="dimmed">
            {t("webhook.replayText")}
          </Text>
          {replay.error && <ProblemAlert error={replay.error} />}
          <Radio.Group label={t("webhook.replayFrom")} {...form.getInputProps("from")}>
            <Stack gap="xs" mt="xs">
              <Radio value="hour" label={t("webhook.replayHour")} />
              <Radio value="day" label={t("webhook.replayDay")} />
              <Radio value="all" label={t("webhook.replayAll")} />
              <Radio value="after" label={t("webhook.replayAfter")} />
            </Stack>
          </Radio.Group>
          {form.values.from === "after" && (
            <NumberInput
              label={t("webhook.replayNumber")}
              min={0}
              allowDecimal={false}
              required
              {...form.getInputProps("seq")}
            />
          )}
          {replay.soFar && (
            <Text size="sm" role="status">
              {t("replay.soFar", {
                count: replay.soFar.deliveries,
                rate: decimal(Math.round((replay.soFar.deliveries * 1_000) / Math.max(1, replay.soFar.ms))),
              })}
            </Text>
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("common.cancel")}
            </Button>
            <Button type="submit" loading={replay.isPending}>
              {t("webhook.replay")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
