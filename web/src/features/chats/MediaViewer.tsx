import { ActionIcon, Group, Text } from "@mantine/core";
import { type PointerEvent, useEffect, useEffectEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Chat } from "~/api/types";
import { momentOf } from "~/live/patch";
import { Dialog } from "~/ui/Dialog";
import { IconDownload, IconNext, IconPrevious, IconZoomIn, IconZoomOut } from "~/ui/icons";
import { seen, withoutTurns } from "~/ui/names";
import { full, percentage } from "~/ui/time";
import { useMediaUrl } from "./MediaView";
import classes from "./MediaViewer.module.css";
import type { Viewed } from "./media";

const MAX_ZOOM = 8;
const STEP = 1.5;
/** What a double click makes of a picture that fits. */
const CLOSE_UP = 2.5;

interface Props {
  chat: Chat;
  all: Viewed[];
  /** The message whose file is shown. */
  shown: string;
  onShow(messageId: string): void;
  onClose(): void;
}

/** Pictures and films over the whole window, with keys. */
export default function MediaViewer({ chat, all, shown, onShow, onClose }: Props) {
  const { t } = useTranslation();
  const place = all.findIndex((each) => each.message.id === shown);
  const viewed = all[place];
  const [zoom, setZoom] = useState(1);
  const show = (next: Viewed | undefined) => {
    if (!next) return;
    setZoom(1);
    onShow(next.message.id);
  };
  const zoomBy = (factor: number) => setZoom((before) => Math.min(MAX_ZOOM, Math.max(1, before * factor)));
  const isPicture = viewed?.message.type === "image";

  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    // A film has the arrows for itself.
    if (event.target instanceof HTMLVideoElement) return;
    const forth = document.dir === "rtl" ? -1 : 1;
    switch (event.key) {
      case "ArrowRight":
        show(all[place + forth]);
        break;
      case "ArrowLeft":
        show(all[place - forth]);
        break;
      case "+":
      case "=":
        zoomBy(STEP);
        break;
      case "-":
        zoomBy(1 / STEP);
        break;
      case "0":
        setZoom(1);
        break;
      default:
        return;
    }
    event.preventDefault();
  });
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => onKey(event);
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, []);

  if (!viewed) return null;
  const { message } = viewed;
  const who = message.direction === "out" ? t("chat.you") : (seen(message.push_name) ?? chat.name);
  return (
    <Dialog
      onClose={onClose}
      fullScreen
      radius={0}
      title={
        <>
          <bdi>{withoutTurns(who)}</bdi> <span className={classes.when}>{full(momentOf(message))}</span>
        </>
      }
      classNames={{
        content: classes.content,
        header: classes.header,
        title: classes.title,
        close: classes.close,
        body: classes.body,
      }}
    >
      <Shown key={message.id} viewed={viewed} zoom={zoom} onZoom={zoomBy} onCloseUp={setZoom} />
      <div className={classes.foot}>
        {viewed.media.caption && (
          <Text size="sm" ta="center" dir="auto" lineClamp={3}>
            {viewed.media.caption}
          </Text>
        )}
        <Group gap={4} justify="center" wrap="nowrap" role="toolbar" aria-label={t("viewer.tools")}>
          <Tool name={t("viewer.previous")} disabled={place <= 0} onClick={() => show(all[place - 1])}>
            <IconPrevious size={22} className={classes.flip} />
          </Tool>
          {isPicture && (
            <>
              <Tool name={t("viewer.zoomOut")} disabled={zoom <= 1} onClick={() => zoomBy(1 / STEP)}>
                <IconZoomOut size={22} />
              </Tool>
              <Text size="sm" w={52} ta="center" role="status">
                {percentage(zoom)}
              </Text>
              <Tool name={t("viewer.zoomIn")} disabled={zoom >= MAX_ZOOM} onClick={() => zoomBy(STEP)}>
                <IconZoomIn size={22} />
              </Tool>
            </>
          )}
          <Download viewed={viewed} />
          <Tool name={t("viewer.next")} disabled={place >= all.length - 1} onClick={() => show(all[place + 1])}>
            <IconNext size={22} className={classes.flip} />
          </Tool>
        </Group>
      </div>
    </Dialog>
  );
}

function Tool(props: { name: string; disabled: boolean; onClick(): void; children: React.ReactNode }) {
  return (
    <ActionIcon
      variant="transparent"
      size="xl"
      className={classes.tool}
      aria-label={props.name}
      title={props.name}
      disabled={props.disabled}
      onClick={props.onClick}
    >
      {props.children}
    </ActionIcon>
  );
}

function Download({ viewed }: { viewed: Viewed }) {
  const { t } = useTranslation();
  const url = useMediaUrl(viewed.media);
  return (
    <ActionIcon
      component="a"
      href={url}
      download={withoutTurns(viewed.media.file_name ?? "")}
      variant="transparent"
      size="xl"
      className={classes.tool}
      aria-label={t("chat.downloadFile")}
      title={t("chat.downloadFile")}
    >
      <IconDownload size={22} />
    </ActionIcon>
  );
}

interface ShownProps {
  viewed: Viewed;
  zoom: number;
  onZoom(factor: number): void;
  onCloseUp(zoom: number): void;
}

function Shown({ viewed, zoom, onZoom, onCloseUp }: ShownProps) {
  const { t } = useTranslation();
  const url = useMediaUrl(viewed.media);
  const stage = useRef<HTMLDivElement>(null);
  const picture = useRef<HTMLImageElement>(null);
  const [brokenUrl, setBrokenUrl] = useState<string>();
  const broken = () => setBrokenUrl(url);

  // What is in the middle stays there.
  useEffect(() => {
    const box = stage.current;
    if (!box || zoom === 1) return;
    box.scrollTo({ left: (box.scrollWidth - box.clientWidth) / 2, top: (box.scrollHeight - box.clientHeight) / 2 });
  }, [zoom]);

  if (brokenUrl === url) return <div className={classes.stage}>{t("chat.cannotShow")}</div>;
  if (viewed.message.type === "video") {
    return (
      <div className={classes.stage}>
        {/* biome-ignore lint/a11y/useMediaCaption: nobody wrote captions for what people send each other */}
        <video className={classes.fitting} src={url} controls autoPlay onError={broken} />
      </div>
    );
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a shortcut for the buttons below it
    <div
      ref={stage}
      className={classes.stage}
      data-zoomed={zoom > 1 || undefined}
      onWheel={(event) => onZoom(event.deltaY < 0 ? 1.15 : 1 / 1.15)}
      onDoubleClick={() => onCloseUp(zoom > 1 ? 1 : CLOSE_UP)}
      onPointerMove={pan}
    >
      <img
        ref={picture}
        className={zoom === 1 ? classes.fitting : classes.zoomed}
        style={zoom === 1 ? undefined : sizeOf(picture.current, stage.current, zoom)}
        src={url}
        alt={viewed.media.caption || t("kind.image")}
        draggable={false}
        onError={broken}
      />
    </div>
  );
}

/** How large a picture is that is so many times as large as it fits. */
function sizeOf(picture: HTMLImageElement | null, stage: HTMLElement | null, zoom: number) {
  if (!picture || !stage || picture.naturalWidth === 0) return undefined;
  const { naturalWidth, naturalHeight } = picture;
  const fit = Math.min(1, stage.clientWidth / naturalWidth, stage.clientHeight / naturalHeight);
  return { width: naturalWidth * fit * zoom, height: naturalHeight * fit * zoom };
}

/** A mouse pulls what is larger than the window; fingers scroll it anyway. */
function pan(event: PointerEvent): void {
  if (event.pointerType !== "mouse" || event.buttons !== 1) return;
  event.currentTarget.scrollBy(-event.movementX, -event.movementY);
}
