import { ActionIcon, UnstyledButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Media } from "~/api/types";
import { IconPause, IconPlay } from "~/ui/icons";
import { decimal, minutes } from "~/ui/time";
import classes from "./VoiceNote.module.css";
import { BARS, waveformQuery } from "./waveform";

const SPEEDS = [1, 1.5, 2];
/** How far an arrow goes, in seconds. */
const STEP_SECS = 5;
/** What is silent is still seen. */
const LOWEST = 0.12;
const FLAT = Array.from({ length: BARS }, () => 0);

/** The one that plays: another one stops it. */
let playing: HTMLAudioElement | undefined;

/** A voice note: its waveform, in which its place is shown and chosen, and how fast it is played. */
export function VoiceNote({ media, url, onFailed }: { media: Media; url: string; onFailed(): void }) {
  const { t } = useTranslation();
  const audio = useRef<HTMLAudioElement>(null);
  const [isPlaying, setPlaying] = useState(false);
  const [at, setAt] = useState(0);
  const [length, setLength] = useState(media.seconds ?? 0);
  const [speed, setSpeed] = useState(0);
  const { media_id, seconds, size } = media;
  const peaks = useQuery(waveformQuery(media_id, { url, seconds, size })).data ?? FLAT;

  const toggle = () => {
    const sound = audio.current;
    if (!sound) return;
    if (sound.paused) void sound.play().catch(() => setPlaying(false));
    else sound.pause();
  };
  const seek = (to: number) => {
    const sound = audio.current;
    if (!sound) return;
    const place = Math.min(Math.max(0, to), length);
    sound.currentTime = place;
    setAt(place);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === " ") toggle();
    else {
      const by = stepOf(event.key);
      if (by === undefined) return;
      seek(at + by);
    }
    event.preventDefault();
  };
  const fast = SPEEDS[speed] ?? 1;
  const next = (speed + 1) % SPEEDS.length;
  // Where the place is among the bars.
  const part = length > 0 ? at / length : 0;

  return (
    // biome-ignore lint/a11y/useSemanticElements: nothing is filled in here, so it is no set of fields
    <div className={classes.note} role="group" aria-label={t("composer.voiceNote")}>
      {/* biome-ignore lint/a11y/useMediaCaption: nobody wrote captions for what people say to each other */}
      <audio
        ref={audio}
        src={url}
        preload="metadata"
        onError={onFailed}
        onLoadedMetadata={(event) => {
          const sound = event.currentTarget;
          sound.playbackRate = fast;
          if (Number.isFinite(sound.duration)) setLength(sound.duration);
        }}
        onDurationChange={(event) => {
          if (Number.isFinite(event.currentTarget.duration)) setLength(event.currentTarget.duration);
        }}
        onTimeUpdate={(event) => setAt(event.currentTarget.currentTime)}
        onPlay={(event) => {
          if (playing !== event.currentTarget) playing?.pause();
          playing = event.currentTarget;
          setPlaying(true);
        }}
        onPause={() => setPlaying(false)}
        onEnded={() => {
          setPlaying(false);
          setAt(0);
          if (audio.current) audio.current.currentTime = 0;
        }}
      />
      <ActionIcon
        radius="xl"
        size={38}
        aria-label={isPlaying ? t("composer.pause") : t("composer.play")}
        onClick={toggle}
      >
        {isPlaying ? <IconPause size={20} /> : <IconPlay size={20} />}
      </ActionIcon>
      <div className={classes.wave}>
        <div className={classes.bars} aria-hidden>
          {peaks.map((peak, bar) => (
            <span
              // biome-ignore lint/suspicious/noArrayIndexKey: each stands for its part of the length
              key={bar}
              data-past={(bar + 0.5) / BARS <= part || undefined}
              style={{ height: `${Math.round(100 * Math.max(LOWEST, peak))}%` }}
            />
          ))}
        </div>
        <input
          type="range"
          className={classes.place}
          min={0}
          max={length || 1}
          step="any"
          value={Math.min(at, length || 1)}
          aria-label={t("composer.place")}
          aria-valuetext={t("composer.placeOf", { at: minutes(at), length: minutes(length) })}
          onChange={(event) => seek(Number(event.currentTarget.value))}
          onKeyDown={onKeyDown}
        />
      </div>
      <span className={classes.time} dir="ltr">
        {minutes(isPlaying || at > 0 ? at : length)}
      </span>
      <UnstyledButton
        className={classes.speed}
        aria-label={t("composer.speed", { speed: decimal(fast) })}
        title={t("composer.speed", { speed: decimal(fast) })}
        onClick={() => {
          setSpeed(next);
          if (audio.current) audio.current.playbackRate = SPEEDS[next] ?? 1;
        }}
      >
        {decimal(fast)}×
      </UnstyledButton>
    </div>
  );
}

/** How far a key goes, in seconds. The ends have keys of their own, which the browser knows. */
function stepOf(key: string): number | undefined {
  const forth = document.dir === "rtl" ? -STEP_SECS : STEP_SECS;
  switch (key) {
    case "ArrowRight":
      return forth;
    case "ArrowLeft":
      return -forth;
    case "ArrowUp":
      return STEP_SECS;
    case "ArrowDown":
      return -STEP_SECS;
    default:
      return undefined;
  }
}
