import { Alert, Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useEffect, useEffectEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { adviceOf, sentenceOfReason } from "~/api/sentences";
import type { Account } from "~/api/types";
import { useNow } from "~/ui/Ago";
import { Allowed } from "~/ui/Allowed";
import { useFocusBack } from "~/ui/focusBack";
import { IconAlert, IconCheck } from "~/ui/icons";
import { ProblemAlert } from "~/ui/ProblemAlert";
import { ago } from "~/ui/time";
import { useLogout } from "./actions";
import classes from "./LinkDialog.module.css";
import { QrCode } from "./QrCode";
import { RemoteLink } from "./RemoteLink";
import { LinkProgress, PhoneSteps, ScanSkeleton, UnderWay } from "./Steps";
import { type Stage, stageOf, stepsDone } from "./stage";

/** How long "Connected" is shown before the dialog closes by itself. */
export const CLOSE_AFTER_MS = 1_500;

interface Props {
  account: Account;
  /** What it was when the dialog was opened. */
  before: Account;
  /** A request to connect is under way. */
  starting: boolean;
  /** Why the last request to connect failed. */
  error: unknown;
  onConnect(): void;
  /** A person closed it. */
  onClose(): void;
  /** It is connected. `wasLinked`: it had been before. */
  onDone(wasLinked: boolean): void;
}

/** Links an account: shows its QR code, follows what the phone does, and closes by itself when it is connected. */
export function LinkDialog({ account, before, starting, error, onConnect, onClose, onDone }: Props) {
  const { t } = useTranslation();
  const narrow = useMediaQuery("(max-width: 48em)");
  useFocusBack();
  const [seenCode, setSeenCode] = useState(false);
  const stage = stageOf(account.state, seenCode, starting);
  const isShowingCode = stage === "scan" || stage === "ended";
  if (stage === "scan" && !seenCode) setSeenCode(true);
  if ((stage === "ended" || stage === "stopped") && seenCode) setSeenCode(false);

  const { name } = account;
  const wasLinked = before.last_connected_at != null;
  const hasOtherNumber = before.phone != null && account.phone != null && before.phone !== account.phone;
  const done = useEffectEvent(() => onDone(wasLinked));
  useEffect(() => {
    // That another number was linked has to be read, and decided on.
    if (stage !== "connected" || hasOtherNumber) return;
    const timer = setTimeout(() => done(), CLOSE_AFTER_MS);
    return () => clearTimeout(timer);
  }, [stage, hasOtherNumber]);

  return (
    <Modal
      opened
      onClose={onClose}
      closeOnEscape={false}
      size={isShowingCode || stage === "preparing" ? 820 : "md"}
      zIndex={250}
      fullScreen={narrow ?? false}
      title={t(wasLinked ? "reconnect.title" : "link.title", { name })}
      closeButtonProps={{ "aria-label": t("common.close") }}
      data-stage={stage}
    >
      <Stack gap="lg" data-link-dialog>
        {wasLinked && stepsDone(stage) === 0 && <Lost before={before} queued={account.queued} />}
        {hasOtherNumber && stepsDone(stage) > 0 && <OtherNumber account={account} before={before} onKeep={onClose} />}
        {error ? (
          <ProblemAlert error={error} retry={onConnect} />
        ) : (
          <Picture stage={stage} account={account} onConnect={onConnect} />
        )}
        {stage === "stopped" && account.state !== "restricted" && !error && (
          <Button onClick={onConnect} data-autofocus>
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
      case "ended":
        return t("reconnect.ended");
      case "phone":
        return t("reconnect.onPhone");
      case "healing":
        return t("state.reconnecting");
      case "linking":
        return t("link.isScanned");
      case "syncing":
        return t("link.isLinked");
      case "connected":
        return t("link.connectedText", { name });
      case "stopped":
        return t("link.stopped");
      default:
        return stage satisfies never;
    }
  }
}

/** Since when and why it is disconnected, and what waits because of that. */
function Lost({ before, queued }: { before: Account; queued: number }) {
  const { t } = useTranslation();
  const now = useNow();
  const said: string[] = [];
  if (before.state === "logged_out") {
    said.push(t("reconnect.lostSince", { time: ago(before.state_since, now) }));
    if (before.reason) said.push(sentenceOfReason(before.reason));
  }
  if (queued > 0) said.push(t("reconnect.waiting", { count: queued }));
  if (said.length === 0) return null;
  return (
    <Text size="sm" c="dimmed">
      {said.join(" ")}
    </Text>
  );
}

/** The phone that scanned has another number than the account had. */
function OtherNumber({ account, before, onKeep }: { account: Account; before: Account; onKeep(): void }) {
  const { t } = useTranslation();
  const logout = useLogout();
  const isolated = (phone: string | null | undefined) => `\u2068${phone ?? ""}\u2069`;
  return (
    <Alert color="yellow" icon={<IconAlert size={20} />} title={t("reconnect.otherNumber")} role="alert">
      <Stack gap="sm">
        <span>
          {t("reconnect.otherNumberText", {
            name: account.name,
            expected: isolated(before.phone),
            scanned: isolated(account.phone),
          })}
        </span>
        {logout.error && <ProblemAlert error={logout.error} />}
        <Group gap="sm">
          <Allowed to="accounts:manage">
            <Button size="xs" color="red" loading={logout.isPending} onClick={() => logout.mutate(account.id)}>
              {t("reconnect.unlink")}
            </Button>
          </Allowed>
          <Button size="xs" variant="default" onClick={onKeep}>
            {t("reconnect.keep")}
          </Button>
        </Group>
      </Stack>
    </Alert>
  );
}

function Picture({ stage, account, onConnect }: { stage: Stage; account: Account; onConnect(): void }) {
  const { t } = useTranslation();
  switch (stage) {
    case "preparing":
      return <ScanSkeleton />;
    case "scan":
    case "ended":
      return (
        <>
          <div className={classes.scan}>
            <QrCode
              accountId={account.id}
              accountName={account.name}
              hasEnded={stage === "ended"}
              onAgain={onConnect}
            />
            <PhoneSteps />
          </div>
          <RemoteLink accountId={account.id} />
        </>
      );
    case "phone":
    case "healing":
      return (
        <Stack align="center" py="lg" gap="lg" ta="center">
          <UnderWay />
          <Text>{adviceOf(account)}</Text>
        </Stack>
      );
    case "linking":
    case "syncing":
    case "connected":
      return (
        <Stack align="center" py="lg" gap="xl">
          {stage === "connected" ? (
            <div className={classes.big} data-done>
              <IconCheck size={44} />
            </div>
          ) : (
            <UnderWay />
          )}
          <LinkProgress stage={stage} />
          {stage === "connected" && <Text size="sm">{t("link.connectedHint")}</Text>}
        </Stack>
      );
    case "stopped":
      return (
        <Alert color="yellow" icon={<IconAlert size={20} />}>
          {adviceOf(account)}
        </Alert>
      );
    default:
      return stage satisfies never;
  }
}
