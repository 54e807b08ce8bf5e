import { Alert, Button, Group, Loader, Modal, Stack, Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Account } from "~/api/types";
import { IconAlert, IconCheck } from "~/ui/icons";
import { notifyDone } from "~/ui/notify";
import { ProblemAlert } from "~/ui/ProblemAlert";
import classes from "./LinkDialog.module.css";
import { QrCode } from "./QrCode";
import { STEPS, type Stage, stageOf, stepsDone } from "./stage";

/** How long "Connected" is shown before the dialog closes by itself. */
export const CLOSE_AFTER_MS = 1_500;

interface Props {
  account: Account;
  /** A request to connect is under way. */
  starting: boolean;
  /** Why the last request to connect failed. */
  error: unknown;
  onConnect(): void;
  onClose(): void;
}

/** Links an account: shows its QR code, follows what the phone does, and closes by itself when it is connected. */
export function LinkDialog({ account, starting, error, onConnect, onClose }: Props) {
  const { t } = useTranslation();
  const narrow = useMediaQuery("(max-width: 48em)");
  const [seenCode, setSeenCode] = useState(false);
  const known = stageOf(account.state, seenCode);
  const stage: Stage = known === "stopped" && starting ? "preparing" : known;
  if (stage === "scan" && !seenCode) setSeenCode(true);

  const { name } = account;
  useEffect(() => {
    if (stage !== "connected") return;
    const timer = setTimeout(() => {
      notifyDone(t("link.connectedText", { name }));
      onClose();
    }, CLOSE_AFTER_MS);
    return () => clearTimeout(timer);
  }, [stage, name, onClose, t]);

  return (
    <Modal
      opened
      onClose={onClose}
      size={stage === "scan" ? 780 : "md"}
      fullScreen={narrow ?? false}
      title={t("link.title", { name })}
      closeButtonProps={{ "aria-label": t("common.close") }}
      data-stage={stage}
    >
      <Stack gap="lg">
        {error ? <ProblemAlert error={error} retry={onConnect} /> : <Picture stage={stage} account={account} />}
        {stage === "stopped" && !error && (
          <Button onClick={onConnect} loading={starting}>
            {t("link.again")}
          </Button>
        )}
        <Text role="status" ta="center" size="sm" c="dimmed" data-testid="link-state">
          {statusText()}
        </Text>
      </Stack>
    </Modal>
  );

  function statusText(): string {
    switch (stage) {
      case "preparing":
        return t("link.preparing");
      case "scan":
        return t("link.waiting");
      case "linking":
        return t("link.linking");
      case "syncing":
        return t("link.syncing");
      case "connected":
        return t("link.connectedText", { name });
      case "stopped":
        return t("link.stopped");
      default:
        return stage satisfies never;
    }
  }
}

function Picture({ stage, account }: { stage: Stage; account: Account }) {
  const { t } = useTranslation();
  switch (stage) {
    case "preparing":
      return (
        <Stack align="center" py={48}>
          <Loader />
        </Stack>
      );
    case "scan":
      return (
        <div className={classes.scan}>
          <QrCode accountId={account.id} accountName={account.name} />
          <ol className={classes.steps}>
            {(["step1", "step2", "step3", "step4", "step5"] as const).map((step) => (
              <li key={step}>{t(`link.${step}`)}</li>
            ))}
          </ol>
        </div>
      );
    case "linking":
    case "syncing":
    case "connected":
      return (
        <Stack align="center" py="lg" gap="xl">
          <div className={classes.big} data-done={stage === "connected" || undefined}>
            {stage === "connected" ? <IconCheck size={44} /> : <Loader size={44} color="teal" />}
          </div>
          <Progress stage={stage} />
          {stage === "connected" && <Text size="sm">{t("link.connectedHint")}</Text>}
        </Stack>
      );
    case "stopped":
      return (
        <Alert color="yellow" icon={<IconAlert size={20} />}>
          {account.reason?.detail ?? t(`advice.${account.state}`)}
        </Alert>
      );
    default:
      return stage satisfies never;
  }
}

function Progress({ stage }: { stage: Stage }) {
  const { t } = useTranslation();
  const done = stepsDone(stage);
  return (
    <Group gap={0} wrap="nowrap" w="100%" className={classes.progress}>
      {STEPS.map((step, index) => (
        <div
          key={step}
          className={classes.step}
          data-done={index < done || undefined}
          data-now={index === done || undefined}
        >
          <span className={classes.bullet}>{index < done && <IconCheck size={14} />}</span>
          {t(`link.${step}`)}
        </div>
      ))}
    </Group>
  );
}
