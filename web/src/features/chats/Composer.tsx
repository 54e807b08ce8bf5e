import { ActionIcon, CloseButton, FileButton, Group, Text, Textarea, Tooltip } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type ClipboardEvent, type DragEvent, type KeyboardEvent, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { keys } from "~/api/queries";
import type { Chat, Message } from "~/api/types";
import { IconAttach, IconFile, IconSend } from "~/ui/icons";
import { bytes } from "~/ui/time";
import { Quote } from "./Bubble";
import classes from "./Composer.module.css";
import { brokenLimit, lengthOf, MAX_CAPTION, MAX_TEXT } from "./files";
import type { Draft } from "./outbox";

interface Props {
  chat: Chat;
  disabled: boolean;
  replyTo: Message | undefined;
  onReply(message: Message | undefined): void;
  /** Somebody writes. */
  onTyping(): void;
  /** False when it is held back, and what was written stays. */
  onSend(draft: Draft): boolean;
}

export function Composer({ chat, disabled, replyTo, onReply, onTyping, onSend }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [text, setText] = useState(() => client.getQueryData<string>(keys.draft(chat.id)) ?? "");
  const [file, setFile] = useState<File>();
  const [dragging, setDragging] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    client.setQueryData(keys.draft(chat.id), text);
  }, [client, chat.id, text]);
  useEffect(() => {
    if (replyTo) field.current?.focus();
  }, [replyTo]);

  const max = file ? MAX_CAPTION : MAX_TEXT;
  const count = lengthOf(text.trim());
  const limit = file && brokenLimit(file);
  const problem =
    count > max ? t("chat.tooLong", { max, count }) : limit ? t("chat.tooBig", { max: bytes(limit) }) : undefined;
  const ready = !disabled && !problem && (count > 0 || file !== undefined);

  const send = () => {
    if (!ready) return;
    if (!onSend({ text: text.trim(), file, replyTo })) return;
    setText("");
    setFile(undefined);
    field.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape" && replyTo) onReply(undefined);
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };
  const onPaste = (event: ClipboardEvent) => {
    const pasted = event.clipboardData.files[0];
    if (!pasted) return;
    event.preventDefault();
    setFile(pasted);
  };
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setDragging(false);
    const dropped = event.dataTransfer.files[0];
    if (dropped) setFile(dropped);
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping a file is a shortcut for the attach button
    <div
      className={classes.composer}
      data-dragging={dragging || undefined}
      onDragOver={(event) => {
        event.preventDefault();
        setDragging(true);
      }}
      onDragLeave={() => setDragging(false)}
      onDrop={onDrop}
    >
      {replyTo && (
        <Group wrap="nowrap" gap="xs" className={classes.extra}>
          <div className={classes.grow}>
            <Quote chat={chat} message={replyTo} />
          </div>
          <CloseButton aria-label={t("chat.cancelReply")} onClick={() => onReply(undefined)} />
        </Group>
      )}
      {file && (
        <Group wrap="nowrap" gap="xs" className={classes.extra}>
          <IconFile size={22} aria-hidden />
          <Text size="sm" truncate className={classes.grow} dir="auto">
            {file.name}
          </Text>
          <Text size="xs" c="dimmed">
            {bytes(file.size)}
          </Text>
          <CloseButton aria-label={t("chat.removeFile")} onClick={() => setFile(undefined)} />
        </Group>
      )}
      {problem && (
        <Text size="sm" c="red" role="alert" className={classes.extra}>
          {problem}
        </Text>
      )}
      <Group gap="xs" wrap="nowrap" align="flex-end">
        <FileButton onChange={(chosen) => setFile(chosen ?? undefined)} disabled={disabled}>
          {(button) => (
            <Tooltip label={t("chat.attach")}>
              <ActionIcon
                {...button}
                variant="subtle"
                color="gray"
                size={42}
                radius="xl"
                aria-label={t("chat.attach")}
                disabled={disabled}
              >
                <IconAttach size={22} />
              </ActionIcon>
            </Tooltip>
          )}
        </FileButton>
        <Textarea
          ref={field}
          className={classes.grow}
          radius="xl"
          size="md"
          autosize
          minRows={1}
          maxRows={7}
          dir="auto"
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value);
            onTyping();
          }}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
          disabled={disabled}
          error={problem !== undefined}
          placeholder={disabled ? t("common.notAllowed") : file ? t("chat.writeCaption") : t("chat.write")}
          aria-label={file ? t("chat.writeCaption") : t("chat.write")}
        />
        <Tooltip label={t("chat.send")}>
          <ActionIcon size={42} radius="xl" aria-label={t("chat.send")} disabled={!ready} onClick={send}>
            <IconSend size={20} className={classes.flip} />
          </ActionIcon>
        </Tooltip>
      </Group>
      {dragging && <div className={classes.drop}>{t("chat.dropHere")}</div>}
    </div>
  );
}
