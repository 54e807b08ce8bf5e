import { ActionIcon, CloseButton, FileButton, Group, Text, Textarea } from "@mantine/core";
import { type ClipboardEvent, type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Chat, Message, QuickReply } from "~/api/types";
import { holesIn } from "~/features/replies/holes";
import { type Command, useCommands } from "~/ui/commands";
import { fetched } from "~/ui/fetched";
import { IconAttach, IconMicrophone, IconSend } from "~/ui/icons";
import { Attachments } from "./Attachments";
import { Quote } from "./Bubble";
import classes from "./Composer.module.css";
import { useDraft } from "./drafts";
import { useFileDrop } from "./drop";
import { EmojiPicker } from "./EmojiPicker";
import { brokenLimit, isVoiceNote, kindOf, lengthOf, MAX_CAPTION, MAX_FILES, MAX_TEXT } from "./files";
import type { Draft } from "./pending";
import { useQuickReplies } from "./QuickReplies";
import { SendOptions } from "./SendOptions";
import { isSend, useSendKey } from "./sendKey";
import type { Slash } from "./slash";

const VoiceRecorder = fetched(
  async () => (await import("./VoiceRecorder")).default,
  <div className={classes.recorder} />,
);

interface Props {
  chat: Chat;
  disabled: boolean;
  replyTo: Message | undefined;
  onReply(message: Message | undefined): void;
  /** Somebody writes. */
  onTyping(): void;
  /** Several leave in their order. False when they are held back, and what was written stays. */
  onSend(drafts: Draft[]): boolean;
}

export function Composer({ chat, disabled, replyTo, onReply, onTyping, onSend }: Props) {
  const { t } = useTranslation();
  const [text, setText] = useDraft(chat.id);
  const [files, setFiles] = useState<File[]>([]);
  const [tooMany, setTooMany] = useState(false);
  const [isRecording, setRecording] = useState(false);
  const [sendKey] = useSendKey();
  const [cursor, setCursor] = useState(0);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (replyTo) field.current?.focus();
  }, [replyTo]);

  const commands = useMemo(
    (): Command[] => [
      {
        id: "write",
        group: "chat",
        label: t("chat.write"),
        hotkey: "w",
        disabled: disabled ? t("common.notAllowed") : undefined,
        run: () => field.current?.focus(),
      },
    ],
    [t, disabled],
  );
  useCommands(commands);

  // The field was away meanwhile.
  const wasRecording = useRef(false);
  useEffect(() => {
    if (wasRecording.current && !isRecording) field.current?.focus();
    wasRecording.current = isRecording;
  }, [isRecording]);

  const attach = (added: File[]) => {
    if (added.length === 0) return;
    const all = [...files, ...added];
    setFiles(all.slice(0, MAX_FILES));
    setTooMany(all.length > MAX_FILES);
    field.current?.focus();
  };
  const isOver = useFileDrop(!disabled && !isRecording, attach);

  const written = text.trim();
  const isCaption = files[0] !== undefined && kindOf(files[0]) !== "audio";
  const max = isCaption ? MAX_CAPTION : MAX_TEXT;
  const count = lengthOf(written);
  const holes = holesIn(written);
  const problem =
    count > max
      ? t("chat.tooLong", { max, count })
      : tooMany
        ? t("composer.tooMany", { max: MAX_FILES, count: MAX_FILES })
        : holes.length > 0
          ? t("replies.fillHoles", { holes: holes.join(" ") })
          : undefined;
  const isTooBig = files.some((file) => brokenLimit(file) !== undefined);
  const isEmpty = count === 0 && files.length === 0;
  const ready = !disabled && count <= max && holes.length === 0 && !isTooBig && !isEmpty;

  const send = (sendAt?: Date) => {
    if (!ready) return;
    if (!onSend(draftsOf(written, files, replyTo, sendAt?.toISOString()))) return;
    setText("");
    setFiles([]);
    setTooMany(false);
    field.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (quick.onKeyDown(event)) return;
    if (event.key === "Escape" && replyTo) onReply(undefined);
    if (!isSend(event, sendKey)) return;
    event.preventDefault();
    send();
  };
  const onPaste = (event: ClipboardEvent) => {
    const pasted = [...event.clipboardData.files];
    const { types } = event.clipboardData;
    // Office programs put a picture of the text beside it.
    const isText = types.includes("text/html") && types.includes("text/plain");
    if (pasted.length === 0 || isText) return;
    event.preventDefault();
    attach(pasted);
  };
  /** Puts a text in place of another one, and selects a part of it. */
  const put = (added: string, [start, end]: [number, number], [from, to] = [added.length, added.length]) => {
    setText(text.slice(0, start) + added + text.slice(end));
    setCursor(start + to);
    onTyping();
    // After the field has its new text, which would move the cursor to its end.
    setTimeout(() => field.current?.setSelectionRange(start + from, start + to));
  };
  const insert = (emoji: string) => {
    const { selectionStart = text.length, selectionEnd = text.length } = field.current ?? {};
    put(emoji, [selectionStart, selectionEnd]);
  };
  const quick = useQuickReplies({
    chatId: chat.id,
    text,
    cursor,
    onInsert: ({ body, filled }: QuickReply, { start, end }: Slash) => {
      const added = filled?.text ?? body;
      const [hole] = holesIn(added);
      const at = hole === undefined ? added.length : added.indexOf(hole);
      put(added, [start, end], [at, at + (hole?.length ?? 0)]);
      field.current?.focus();
    },
  });
  const label = files.length > 0 && isCaption ? t("chat.writeCaption") : t("chat.write");

  return (
    <div className={classes.composer}>
      {!disabled && !isRecording && quick.list}
      {replyTo && (
        <Group wrap="nowrap" gap="xs" className={classes.extra}>
          <div className={classes.grow}>
            <Quote chat={chat} message={replyTo} />
          </div>
          <CloseButton aria-label={t("chat.cancelReply")} onClick={() => onReply(undefined)} />
        </Group>
      )}
      <Attachments
        files={files}
        onRemove={(file) => {
          setFiles(files.filter((other) => other !== file));
          setTooMany(false);
          field.current?.focus();
        }}
      />
      {problem && (
        <Text size="sm" c="var(--problem)" role="alert" className={classes.extra}>
          {problem}
        </Text>
      )}
      {isRecording ? (
        <VoiceRecorder
          onClose={() => setRecording(false)}
          onDone={(file) => {
            setRecording(false);
            // Held back, it stays here.
            if (!onSend(draftsOf("", [file], replyTo, undefined))) setFiles([file]);
          }}
        />
      ) : (
        <div className={classes.line}>
          <FileButton multiple onChange={attach} disabled={disabled}>
            {(button) => (
              <ActionIcon
                {...button}
                variant="subtle"
                color="gray"
                radius="xl"
                className={classes.button}
                aria-label={t("chat.attach")}
                title={t("chat.attach")}
                disabled={disabled}
              >
                <IconAttach size={22} />
              </ActionIcon>
            )}
          </FileButton>
          <EmojiPicker disabled={disabled} onPick={insert} />
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
              setCursor(event.currentTarget.selectionEnd);
              onTyping();
            }}
            onSelect={(event) => setCursor(event.currentTarget.selectionEnd)}
            {...quick.field}
            onKeyDown={onKeyDown}
            onPaste={onPaste}
            disabled={disabled}
            error={problem !== undefined}
            placeholder={disabled ? t("common.notAllowed") : label}
            aria-label={label}
          />
          <SendOptions ready={ready} onLater={send} />
          {isEmpty ? (
            <ActionIcon
              radius="xl"
              className={classes.button}
              aria-label={t("composer.record")}
              title={disabled ? t("common.notAllowed") : t("composer.record")}
              disabled={disabled}
              onClick={() => setRecording(true)}
            >
              <IconMicrophone size={20} />
            </ActionIcon>
          ) : (
            <ActionIcon
              radius="xl"
              className={classes.button}
              aria-label={t("chat.send")}
              title={`${t("chat.send")} (${sendKey === "enter" ? "Enter" : "Ctrl+Enter"})`}
              disabled={!ready}
              onClick={() => send()}
            >
              <IconSend size={20} className={classes.flip} />
            </ActionIcon>
          )}
        </div>
      )}
      {isOver && <div className={classes.drop}>{t("composer.dropHere")}</div>}
    </div>
  );
}

/** What leaves: each file as a message of its own, the text under the first, or by itself where it cannot stand. */
function draftsOf(text: string, files: File[], replyTo: Message | undefined, sendAt: string | undefined): Draft[] {
  const [first, ...rest] = files;
  if (!first) return [{ text, replyTo, sendAt }];
  const isCaption = kindOf(first) !== "audio";
  const drafts: Draft[] = [
    { text: isCaption ? text : "", file: first, isVoice: isVoiceNote(first), replyTo, sendAt },
    ...rest.map((file) => ({ text: "", file, isVoice: isVoiceNote(file), sendAt })),
  ];
  if (!isCaption && text !== "") drafts.push({ text, sendAt });
  return drafts;
}
