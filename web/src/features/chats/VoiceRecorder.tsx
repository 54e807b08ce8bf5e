import { ActionIcon, Button, Text } from "@mantine/core";
import { useEffect, useEffectEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { IconSend, IconTrash } from "~/ui/icons";
import classes from "./Composer.module.css";
import { type Recording, RecordingError, type RecordingFailure, record } from "./recorder";

/** A recording that nobody ends is ended, and can be sent. */
const MAX_SECS = 15 * 60;

interface Props {
  onDone(voiceNote: File): void;
  onClose(): void;
}

/** Takes the place of the composer while a voice note is recorded. */
export default function VoiceRecorder({ onDone, onClose }: Props) {
  const { t } = useTranslation();
  const recording = useRef<Promise<Recording>>(undefined);
  const [since, setSince] = useState<number>();
  const [secs, setSecs] = useState(0);
  const [failure, setFailure] = useState<RecordingFailure>();
  const [busy, setBusy] = useState(false);
  const failed = (error: unknown) => setFailure(error instanceof RecordingError ? error.failure : "failed");
  const begin = useEffectEvent((begun: Promise<Recording>) => {
    recording.current = begun;
    begun.then(() => setSince(Date.now()), failed);
  });
  useEffect(() => {
    const begun = record();
    begin(begun);
    return () => {
      begun.then(
        (each) => each.discard(),
        () => undefined,
      );
    };
  }, []);
  useEffect(() => {
    if (since === undefined || busy) return;
    const timer = setInterval(() => setSecs(Math.floor((Date.now() - since) / 1_000)), 250);
    return () => clearInterval(timer);
  }, [since, busy]);

  const send = async () => {
    setBusy(true);
    try {
      const voiceNote = await (await recording.current)?.finish();
      if (voiceNote) onDone(voiceNote);
    } catch (error) {
      failed(error);
    }
  };
  // What was pressed to begin is gone.
  const main = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (since !== undefined || failure) main.current?.focus();
  }, [since, failure]);
  const isLong = secs >= MAX_SECS;
  const end = useEffectEvent(() => void send());
  useEffect(() => {
    if (isLong) end();
  }, [isLong]);

  if (failure) {
    return (
      <div className={classes.recorder} role="alert">
        <Text size="sm" c="var(--problem)" className={classes.grow}>
          {t(`composer.record_${failure}`)}
        </Text>
        <Button variant="default" size="sm" onClick={onClose} ref={main}>
          {t("common.close")}
        </Button>
      </div>
    );
  }
  const time = `${Math.floor(secs / 60)}:${String(secs % 60).padStart(2, "0")}`;
  return (
    // biome-ignore lint/a11y/useSemanticElements: nothing is filled in here, so it is no set of fields
    <div className={classes.recorder} role="group" aria-label={t("composer.recording")}>
      <ActionIcon
        variant="subtle"
        color="red"
        radius="xl"
        className={classes.button}
        aria-label={t("composer.discardRecording")}
        title={t("composer.discardRecording")}
        onClick={onClose}
      >
        <IconTrash size={20} />
      </ActionIcon>
      <span className={classes.dot} data-on={since !== undefined || undefined} aria-hidden />
      <Text size="sm" className={classes.grow}>
        <span role="status">{since === undefined ? t("composer.askingMicrophone") : t("composer.recording")}</span>{" "}
        {since !== undefined && (
          <span className={classes.time} dir="ltr" role="timer">
            {time}
          </span>
        )}
      </Text>
      <ActionIcon
        radius="xl"
        className={classes.button}
        aria-label={t("composer.sendRecording")}
        title={t("composer.sendRecording")}
        disabled={since === undefined}
        loading={busy}
        onClick={() => void send()}
        ref={main}
      >
        <IconSend size={20} className={classes.flip} />
      </ActionIcon>
    </div>
  );
}
