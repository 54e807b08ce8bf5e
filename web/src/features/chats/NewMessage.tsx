import { Alert, Anchor, Button, FileInput, Group, Select, Stack, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api, ask } from "~/api/client";
import { useTryKey } from "~/api/idempotency";
import { Problem, sortFields } from "~/api/problem";
import { accountsQuery } from "~/api/queries";
import { upload } from "~/api/upload";
import { putMessage } from "~/live/patch";
import { Dialog } from "~/ui/Dialog";
import { IconAttach } from "~/ui/icons";
import { notifyDone } from "~/ui/notify";
import { ProblemAlert } from "~/ui/ProblemAlert";
import { bytes } from "~/ui/time";
import { brokenLimit } from "./files";
import { bodyOf } from "./pending";

interface Values {
  account: string;
  to: string;
  text: string;
  file: File | null;
}

/** Where the server's field errors belong. */
const POINTERS: Record<string, keyof Values> = {
  "/account_id": "account",
  "/to": "to",
  "/text": "text",
  "/text/body": "text",
  "/image/caption": "text",
  "/video/caption": "text",
  "/document/caption": "text",
  "/image": "file",
  "/video": "file",
  "/audio": "file",
  "/document": "file",
  "/image/media_id": "file",
  "/video/media_id": "file",
  "/audio/media_id": "file",
  "/document/media_id": "file",
  // The upload of the file has no fields: what is wrong is wrong with all of it.
  "": "file",
};

/** Writes to anybody, by their number. */
export function NewMessage(props: { accountId: string | undefined; to: string | undefined; onClose(): void }) {
  const { accountId, onClose } = props;
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const accounts = useQuery(accountsQuery).data;
  const first = accounts?.find((account) => account.state === "connected") ?? accounts?.[0];
  const tryKey = useTryKey();
  const form = useForm<Values>({
    initialValues: { account: accountId ?? first?.id ?? "", to: props.to ?? "", text: "", file: null },
    validate: {
      text: (text, { file }) => (text.trim() === "" && !file ? t("chat.needTextOrFile") : null),
      file: (file) => {
        const limit = file && brokenLimit(file);
        return limit ? t("chat.tooBig", { max: bytes(limit) }) : null;
      },
    },
  });
  const send = useMutation({
    mutationFn: async ({ account, to, text, file }: Values) => {
      const media = file ? await upload(file) : undefined;
      const body = bodyOf(
        { account_id: account, address: to.trim() },
        { text: text.trim(), file: file ?? undefined },
        media?.id,
      );
      return ask(api.POST("/v1/messages", { body, headers: tryKey({ ...body, file: file?.name }) }));
    },
    onSuccess: (message) => {
      putMessage(client, message);
      // The thread that opens now shows the message and how it goes; only that it waits is said.
      if (message.session_disconnected) notifyDone(t("chat.queuedWaits"));
      void navigate({ to: "/chats/$chatId", params: { chatId: message.chat_id }, search: {} });
    },
    onError: (error) => form.setErrors(sortFields(Problem.from(error), POINTERS).fields),
  });
  const rest = send.error ? sortFields(Problem.from(send.error), POINTERS).rest : undefined;
  const account = form.values.account || first?.id || "";
  const chosen = accounts?.find((other) => other.id === account);

  return (
    <Dialog onClose={onClose} title={t("chat.new")}>
      {accounts?.length === 0 ? (
        <Alert color="yellow">
          {t("chat.noAccounts")}{" "}
          <Anchor component={Link} to="/accounts" size="sm">
            {t("chat.goAccounts")}
          </Anchor>
        </Alert>
      ) : (
        <form onSubmit={form.onSubmit((values) => send.mutate({ ...values, account }))} noValidate>
          <Stack>
            {rest && <ProblemAlert error={send.error} text={rest} />}
            <Select
              label={t("chat.account")}
              data={accounts?.map((other) => ({
                value: other.id,
                label: [
                  other.name,
                  other.phone && `\u2066${other.phone}\u2069`,
                  other.state !== "connected" && t(`state.${other.state}`),
                ]
                  .filter(Boolean)
                  .join(" · "),
              }))}
              allowDeselect={false}
              description={
                chosen && chosen.state !== "connected" ? t("chat.notConnected", { name: chosen.name }) : undefined
              }
              {...form.getInputProps("account")}
              value={account || null}
            />
            <TextInput
              label={t("chat.to")}
              description={t("chat.toHint")}
              type="tel"
              dir="ltr"
              required
              data-autofocus
              {...form.getInputProps("to")}
            />
            <Textarea
              label={t("chat.text")}
              autosize
              minRows={3}
              maxRows={10}
              dir="auto"
              {...form.getInputProps("text")}
            />
            <FileInput
              label={`${t("chat.file")} (${t("common.optional")})`}
              placeholder={t("chat.fileHint")}
              leftSection={<IconAttach size={18} />}
              clearable
              {...form.getInputProps("file")}
            />
            <Group justify="flex-end">
              <Button variant="default" onClick={onClose}>
                {t("common.cancel")}
              </Button>
              <Button type="submit" loading={send.isPending}>
                {t("chat.send")}
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Dialog>
  );
}
