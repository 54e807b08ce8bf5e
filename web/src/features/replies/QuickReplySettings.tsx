import { ActionIcon, Button, Card, Group, Skeleton, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ask } from "~/api/client";
import { useTryKey } from "~/api/idempotency";
import { Problem, sortFields } from "~/api/problem";
import { keys, quickRepliesQuery } from "~/api/queries";
import { sentenceOf } from "~/api/sentences";
import type { QuickReply } from "~/api/types";
import { Allowed } from "~/ui/Allowed";
import { Dialog } from "~/ui/Dialog";
import { IconEdit, IconPlus, IconTrash } from "~/ui/icons";
import { ProblemAlert } from "~/ui/ProblemAlert";
import { RowProblem } from "~/ui/RowProblem";
import { doLater, useHeld } from "~/ui/undo";
import classes from "./Replies.module.css";
import { TemplateField } from "./TemplateField";

const MAX_BODY = 4_096;
const MAX_SHORTCUT = 32;

/** Texts that are written often: adds, changes and deletes them. */
export function QuickReplySettings() {
  const { t } = useTranslation();
  const replies = useQuery(quickRepliesQuery());
  const held = useHeld();
  const shown = replies.data?.filter(({ id }) => !held.has(id));
  const [dialog, setDialog] = useState<{ reply?: QuickReply }>();
  return (
    <Stack component="section" aria-label={t("replies.title")}>
      <Group justify="space-between" align="flex-start">
        <div>
          <Title order={2} size="h4">
            {t("replies.title")}
          </Title>
          <Text size="sm" c="dimmed">
            {t("replies.text")}
          </Text>
        </div>
        <Allowed to="organization:manage">
          <Button leftSection={<IconPlus size={18} />} onClick={() => setDialog({})}>
            {t("replies.add")}
          </Button>
        </Allowed>
      </Group>
      {replies.error && <ProblemAlert error={replies.error} retry={() => void replies.refetch()} />}
      {replies.isPending && <Skeleton h={80} />}
      {shown?.length === 0 && <Text c="dimmed">{t("replies.empty")}</Text>}
      {shown?.map((reply) => (
        <Row key={reply.id} reply={reply} onEdit={() => setDialog({ reply })} />
      ))}
      {dialog && <ReplyDialog reply={dialog.reply} onClose={() => setDialog(undefined)} />}
    </Stack>
  );
}

function Row({ reply, onEdit }: { reply: QuickReply; onEdit(): void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const remove = () =>
    doLater(reply.id, t("replies.deleted", { name: reply.shortcut }), async () => {
      await ask(api.DELETE("/v1/quick-replies/{id}", { params: { path: { id: reply.id } } }));
      await client.invalidateQueries({ queryKey: keys.quickReplies });
    });
  return (
    <Card padding="sm" component="article" aria-label={`/${reply.shortcut}`}>
      <Group justify="space-between" wrap="nowrap" align="flex-start" gap="xs">
        <div style={{ minWidth: 0 }}>
          <Text fw={600} dir="auto">
            /{reply.shortcut}
          </Text>
          <Text size="sm" className={classes.body} dir="auto" lineClamp={4}>
            {reply.body}
          </Text>
        </div>
        <Group gap={4} wrap="nowrap">
          <Allowed to="organization:manage">
            <ActionIcon
              variant="subtle"
              color="gray"
              size="lg"
              aria-label={t("replies.editOf", { name: reply.shortcut })}
              onClick={onEdit}
            >
              <IconEdit size={18} />
            </ActionIcon>
          </Allowed>
          <Allowed to="organization:manage">
            <ActionIcon
              variant="subtle"
              color="red"
              size="lg"
              aria-label={t("organize.deleteOf", { name: reply.shortcut })}
              onClick={remove}
            >
              <IconTrash size={18} />
            </ActionIcon>
          </Allowed>
        </Group>
      </Group>
      <RowProblem of={reply.id} />
    </Card>
  );
}

const POINTERS = { "/shortcut": "shortcut", "/body": "body" } as const;

function ReplyDialog({ reply, onClose }: { reply: QuickReply | undefined; onClose(): void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [shortcut, setShortcut] = useState(reply?.shortcut ?? "");
  const [body, setBody] = useState(reply?.body ?? "");
  const tryKey = useTryKey();
  const save = useMutation({
    mutationFn: () => {
      const written = { shortcut: shortcut.trim().replace(/^\//, ""), body };
      if (reply) return ask(api.PATCH("/v1/quick-replies/{id}", { params: { path: { id: reply.id } }, body: written }));
      return ask(api.POST("/v1/quick-replies", { body: written, headers: tryKey(written) }));
    },
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: keys.quickReplies });
      onClose();
    },
  });
  const problem = save.error ? Problem.from(save.error) : undefined;
  const isTaken = problem?.code === "shortcut_taken";
  const { fields, rest } = problem ? sortFields(problem, POINTERS) : { fields: {}, rest: undefined };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Dialog onClose={onClose} title={reply ? t("replies.edit") : t("replies.add")} size="lg">
      <form onSubmit={submit} noValidate>
        <Stack>
          {rest && !isTaken && <ProblemAlert error={save.error} text={rest} />}
          <TextInput
            label={t("replies.shortcut")}
            description={t("replies.shortcutHint")}
            leftSection="/"
            maxLength={MAX_SHORTCUT + 1}
            dir="auto"
            data-autofocus
            value={shortcut}
            onChange={(event) => {
              setShortcut(event.currentTarget.value);
              if (save.isError) save.reset();
            }}
            error={problem && isTaken ? sentenceOf(problem) : fields.shortcut}
          />
          <TemplateField
            label={t("replies.body")}
            purpose="quick_reply"
            value={body}
            onChange={(text) => {
              setBody(text);
              if (save.isError) save.reset();
            }}
            error={fields.body}
            maxLength={MAX_BODY}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("common.cancel")}
            </Button>
            <Button type="submit" loading={save.isPending}>
              {t("common.save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
