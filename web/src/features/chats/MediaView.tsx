import { Anchor, Skeleton, UnstyledButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { keys } from "~/api/queries";
import type { Media } from "~/api/types";
import { IconAlert, IconFile } from "~/ui/icons";
import { seen, withoutTurns } from "~/ui/names";
import { bytes } from "~/ui/time";
import classes from "./Messages.module.css";
import { shownAs, useView } from "./media";
import { VoiceNote } from "./VoiceNote";

/** The file of a message. It may still be on its way from WhatsApp: a live event tells when it is there. */
export function MediaView({ id, kind, media }: { id: string; kind: string; media: Media }) {
  const { t } = useTranslation();
  const version = useVersion(media);
  const url = useMediaUrl(media);
  const [failedVersion, setFailedVersion] = useState<number>();
  const failed = () => setFailedVersion(version);

  if (failedVersion === version) return <Missing kind={kind} media={media} url={url} />;
  switch (shownAs(kind, media.mime)) {
    case "image":
      return <Picture id={id} url={url} onFailed={failed} />;
    case "sticker":
      return <img className={classes.sticker} src={url} alt={t("kind.sticker")} loading="lazy" onError={failed} />;
    case "video":
      // biome-ignore lint/a11y/useMediaCaption: nobody wrote captions for what people send each other
      return <video className={classes.video} src={url} controls preload="metadata" onError={failed} />;
    case "audio":
      if (media.voice) return <VoiceNote media={media} url={url} onFailed={failed} />;
      // biome-ignore lint/a11y/useMediaCaption: nobody wrote captions for what people send each other
      return <audio className={classes.audio} src={url} controls preload="metadata" onError={failed} />;
    default: {
      const name = withoutTurns(seen(media.file_name) ?? t("kind.document"));
      return (
        <a className={classes.file} href={url} download={name}>
          <IconFile size={26} aria-hidden />
          <span>
            <span className={classes.fileName} dir="auto">
              {name}
            </span>
            <br />
            <span className={classes.fileSize}>{media.size != null ? bytes(media.size) : media.mime}</span>
          </span>
        </a>
      );
    }
  }
}

/** Raised when the file has come from WhatsApp. */
function useVersion(media: Media): number {
  return useQuery<number>({
    queryKey: keys.mediaVersion(media.media_id),
    queryFn: () => 0,
    enabled: false,
    initialData: 0,
  }).data;
}

/** Where the file is. The address changes when it has come, so that the browser asks again. */
export function useMediaUrl(media: Media): string {
  const version = useVersion(media);
  return `/v1/media/${encodeURIComponent(media.media_id)}/content${version > 0 ? `?v=${version}` : ""}`;
}

function Picture({ id, url, onFailed }: { id: string; url: string; onFailed(): void }) {
  const { t } = useTranslation();
  const view = useView();
  return (
    <UnstyledButton className={classes.imageButton} onClick={() => view(id)} aria-label={t("chat.viewImage")}>
      <img className={classes.image} src={url} alt={t("kind.image")} loading="lazy" onError={onFailed} />
    </UnstyledButton>
  );
}

/** Tells a file that is still being fetched from one that is gone, and from one that this browser does not understand. */
function Missing({ kind, media, url }: { kind: string; media: Media; url: string }) {
  const { t } = useTranslation();
  const found = useQuery({
    queryKey: ["media-found", url],
    queryFn: async ({ signal }) => {
      const response = await fetch(url, { headers: { range: "bytes=0-0" }, signal });
      await response.body?.cancel();
      return response.ok ? "here" : response.status === 409 ? "fetching" : "gone";
    },
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  }).data;
  if (found === "here") {
    const isPlayed = kind === "audio" || kind === "video";
    return (
      <div className={classes.missing}>
        <IconAlert size={18} />
        <span>
          {isPlayed ? t("chat.cannotPlay") : t("chat.cannotShow")}{" "}
          <Anchor href={url} download={withoutTurns(media.file_name ?? "")} size="sm">
            {t("chat.downloadFile")}
          </Anchor>
        </span>
      </div>
    );
  }
  return (
    <div className={classes.missing}>
      {found === "gone" ? <IconAlert size={18} /> : <Skeleton circle h={18} w={18} />}
      {found === "gone" ? t("chat.unknownMedia") : t("chat.loadingMedia")}
    </div>
  );
}
