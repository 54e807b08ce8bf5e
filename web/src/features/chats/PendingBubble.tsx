import { Anchor, Progress } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { sentenceOf, sentenceOfField } from "~/api/sentences";
import { IconFile } from "~/ui/icons";
import { bytes, clock, full, percentage, span } from "~/ui/time";
import classes from "./Messages.module.css";
import { TOO_OLD } from "./outbox";
import type { Pending } from "./pending";
import { useProgress } from "./Sending";
import { Ticks } from "./Ticks";

/** How long an upload must have gone on until it can be told how fast it is. */
const TOLD_AFTER_MS = 2_000;

/** A message that the server has not taken yet, or has refused. */
export function PendingBubble(props: {
  pending: Pending;
  onRetry(pending: Pending): void;
  onDiscard(pending: Pending): void;
}) {
  const { t } = useTranslation();
  const { draft, at, problem, key, media, isWaiting } = props.pending;
  const progress = useProgress(key);
  const percent = Math.round((progress?.part ?? 0) * 100);
  const waits = isWaiting === true && !problem;
  const isUploading = draft.file !== undefined && media === undefined && !problem && !waits;
  return (
    <div
      className={classes.row}
      data-out
      data-first
      data-failed={problem ? true : undefined}
      data-status={problem ? "failed" : "sending"}
    >
      <div className={classes.stack}>
        <div className={classes.bubble}>
          {draft.file && (
            <div className={classes.file}>
              <IconFile size={26} aria-hidden />
              <span>
                <span className={classes.fileName} dir="auto">
                  {draft.isVoice ? t("composer.voiceNote") : draft.file.name}
                </span>
                <br />
                <span className={classes.fileSize}>{bytes(draft.file.size)}</span>
              </span>
            </div>
          )}
          {draft.text && (
            <div className={classes.body} dir="auto">
              {draft.text}
            </div>
          )}
          <div className={classes.foot}>
            <time dateTime={at}>{clock(at)}</time>
            <Ticks status={problem ? "failed" : "sending"} />
          </div>
        </div>
        {isUploading && (
          <div className={classes.upload}>
            <Progress
              className={classes.uploaded}
              value={percent}
              size="sm"
              aria-label={t("composer.uploading", { name: draft.isVoice ? t("composer.voiceNote") : draft.file?.name })}
            />
            <span>{progress ? howFar(progress, draft.file?.size ?? 0) : t("composer.uploadWaits")}</span>
            <Anchor component="button" type="button" fz={12} onClick={() => props.onDiscard(props.pending)}>
              {t("composer.cancelUpload")}
            </Anchor>
          </div>
        )}
        {waits && (
          <div className={classes.hint}>
            <span>{t("composer.waits")}</span>
            <Anchor component="button" type="button" fz={12} onClick={() => props.onDiscard(props.pending)}>
              {t("composer.cancelWaiting")}
            </Anchor>
          </div>
        )}
        {draft.sendAt && !problem && (
          <div className={classes.hint}>{t("chat.scheduled", { time: full(draft.sendAt) })}</div>
        )}
        {problem && (
          <div className={classes.problem} role="alert">
            <span>
              {t("chat.sendFailed", {
                reason:
                  problem.code === TOO_OLD
                    ? t("composer.tooOld")
                    : [...problem.fields.values()].map(sentenceOfField).join(" ") || sentenceOf(problem),
              })}
            </span>
            <Anchor component="button" type="button" size="sm" onClick={() => props.onRetry(props.pending)}>
              {t("chat.retryMessage")}
            </Anchor>
            <Anchor
              component="button"
              type="button"
              size="sm"
              c="dimmed"
              onClick={() => props.onDiscard(props.pending)}
            >
              {t("chat.discard")}
            </Anchor>
          </div>
        )}
      </div>
    </div>
  );

  /** How much is there, and once that can be told how fast it goes and how long it takes. */
  function howFar({ part, ms }: { part: number; ms: number }, size: number): string {
    const there = percentage(part);
    if (ms < TOLD_AFTER_MS || part === 0 || part === 1) return there;
    const rate = bytes((size * part * 1_000) / ms);
    return `${there} · ${t("composer.uploadRate", { rate, left: span((ms * (1 - part)) / part, 1) })}`;
  }
}
