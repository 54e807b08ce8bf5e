import { Button, Group, RingProgress, Skeleton, Stack, Text, VisuallyHidden } from "@mantine/core";
import { useInterval } from "@mantine/hooks";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { IconDownload, IconRefresh } from "~/ui/icons";
import classes from "./LinkDialog.module.css";
import { saidBetween } from "./stage";

/** How long a code is good: the first one of an attempt longer than those that follow. */
const FIRST_MS = 60_000;
const NEXT_MS = 20_000;

interface Props {
  /** The code, and how long it was still good when it was read; nothing while there is none. */
  code: { png: string; remainingMs: number; readAt: number } | undefined;
  accountName: string;
  /** No more codes come by themselves. */
  hasEnded: boolean;
  /** A new one was asked for. */
  isRenewing?: boolean;
  onAgain(): void;
}

/** A QR code with the time it is still good, and what takes its place when it is void. */
export function QrFrame({ code, accountName, hasEnded, isRenewing, onAgain }: Props) {
  const { t } = useTranslation();
  const [now, setNow] = useState(() => Date.now());
  useInterval(() => setNow(Date.now()), 250, { autoInvoke: true });
  /** The last code, to be seen behind the veil once it is void. */
  const [lastPng, setLastPng] = useState<string>();
  if (code && code.png !== lastPng) setLastPng(code.png);

  const left = code && !hasEnded ? Math.max(0, code.remainingMs - Math.max(0, now - code.readAt)) : 0;
  const secs = Math.ceil(left / 1_000);
  const isVoid = left === 0;
  const whole = (code?.remainingMs ?? 0) > NEXT_MS + 1_000 ? FIRST_MS : NEXT_MS;
  const said = useSaid(code ? secs : undefined);

  return (
    <Stack align="center" gap="sm" w="100%" maw={364}>
      <div className={classes.frame} data-void={isVoid || undefined}>
        {lastPng ? <img src={lastPng} alt={t("link.qrAlt")} aria-hidden={isVoid || undefined} /> : <NoCode />}
        {isVoid && (
          <div className={classes.veil}>
            {hasEnded ? (
              <Stack align="center" gap="sm">
                <span>{t("reconnect.ended")}</span>
                <Button
                  leftSection={<IconRefresh size={18} />}
                  loading={isRenewing ?? false}
                  onClick={onAgain}
                  data-autofocus
                >
                  {t("reconnect.newCode")}
                </Button>
              </Stack>
            ) : (
              <Stack align="center" gap="xs">
                <Skeleton h={6} w={96} radius="xl" aria-hidden />
                <span>{t("link.renewing")}</span>
              </Stack>
            )}
          </div>
        )}
      </div>
      {!hasEnded && (
        <Group justify="space-between" w="100%" gap={4}>
          <Group gap={8} wrap="nowrap">
            <RingProgress
              aria-hidden
              size={34}
              thickness={4}
              roundCaps
              sections={[{ value: Math.min(100, (left / whole) * 100), color: left < 5_000 ? "yellow" : "teal" }]}
            />
            <Text size="sm" c="dimmed" style={{ whiteSpace: "nowrap" }}>
              {t("link.nextCode", { secs })}
            </Text>
          </Group>
          <Button
            component="a"
            href={isVoid ? undefined : code?.png}
            download={`pesan-${accountName.replace(/[^\p{L}\p{N}]+/gu, "-")}.png`}
            variant="subtle"
            size="compact-sm"
            leftSection={<IconDownload size={16} />}
            data-disabled={isVoid || undefined}
            aria-disabled={isVoid || undefined}
          >
            {t("link.download")}
          </Button>
        </Group>
      )}
      <VisuallyHidden aria-live="polite" data-testid="qr-countdown">
        {said === undefined ? "" : said === 0 ? t("reconnect.expired") : t("reconnect.secondsLeft", { count: said })}
      </VisuallyHidden>
    </Stack>
  );
}

/** What is said aloud of the seconds that are left: few of them, so that nobody is talked over. */
function useSaid(secs: number | undefined): number | undefined {
  const [heard, setHeard] = useState<{ secs: number; said: number | undefined }>();
  if (secs !== undefined && secs !== heard?.secs) {
    const said = saidBetween(heard?.secs, secs);
    // Between two of them the last one stays; a new code takes it away.
    const isNew = heard !== undefined && secs > heard.secs;
    setHeard({ secs, said: said ?? (isNew ? undefined : heard?.said) });
  }
  return heard?.said;
}

/** Stands where no code has been yet. */
function NoCode() {
  const dots = Array.from({ length: 21 * 21 }, (_, index) => index).filter((index) => (index * 7919) % 11 < 5);
  return (
    <svg viewBox="-2 -2 25 25" aria-hidden className={classes.noCode}>
      {dots.map((index) => (
        <rect key={index} x={index % 21} y={Math.floor(index / 21)} width={1} height={1} />
      ))}
    </svg>
  );
}
