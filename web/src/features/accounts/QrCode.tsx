import { Button, Group, Loader, RingProgress, Stack, Text } from "@mantine/core";
import { useInterval } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { qrQuery } from "~/api/queries";
import { IconDownload } from "~/ui/icons";
import { ProblemAlert } from "~/ui/ProblemAlert";
import classes from "./LinkDialog.module.css";

/** Asked again this long after a code ran out, and this often while there is none. */
const POLL_MS = 1_000;

/**
 * The current QR code with the time it is still good. A live hint announces the next one at once;
 * when that does not arrive, the code is asked for again as it expires.
 */
export function QrCode({ accountId, accountName }: { accountId: string; accountName: string }) {
  const { t } = useTranslation();
  const { data, dataUpdatedAt, error, refetch } = useQuery({
    ...qrQuery(accountId),
    refetchInterval: ({ state }) => Math.max(POLL_MS, state.data?.remainingMs ?? 0) + 200,
    refetchIntervalInBackground: true,
  });
  const [now, setNow] = useState(() => Date.now());
  useInterval(() => setNow(Date.now()), 250, { autoInvoke: true });

  if (error && !data) return <ProblemAlert error={error} retry={() => void refetch()} />;
  const left = data ? Math.max(0, data.remainingMs - Math.max(0, now - dataUpdatedAt)) : 0;
  const share = data && data.remainingMs > 0 ? (left / data.remainingMs) * 100 : 0;
  const stale = !data || left === 0;

  return (
    <Stack align="center" gap="sm" w="100%" maw={364}>
      <div className={classes.frame} data-stale={stale || undefined}>
        {data && <img src={data.png} alt={t("link.qrAlt")} />}
        {stale && (
          <div className={classes.renewing}>
            <Stack align="center" gap="xs">
              <Loader size="sm" />
              <span>{t("link.renewing")}</span>
            </Stack>
          </div>
        )}
      </div>
      <Group justify="space-between" w="100%">
        <Group gap={8}>
          <RingProgress
            aria-hidden
            size={34}
            thickness={4}
            roundCaps
            sections={[{ value: share, color: left < 5_000 ? "yellow" : "teal" }]}
          />
          <Text size="sm" c="dimmed">
            {t("link.nextCode", { secs: Math.round(left / 1000) })}
          </Text>
        </Group>
        <Button
          component="a"
          href={data?.png}
          download={`pesan-${accountName.replace(/[^\p{L}\p{N}]+/gu, "-")}.png`}
          variant="subtle"
          size="compact-sm"
          leftSection={<IconDownload size={16} />}
          data-disabled={stale || undefined}
        >
          {t("link.download")}
        </Button>
      </Group>
    </Stack>
  );
}
