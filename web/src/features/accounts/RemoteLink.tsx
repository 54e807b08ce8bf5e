import { ActionIcon, Button, Group, Stack, Text, TextInput, Tooltip } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ask } from "~/api/client";
import { newKey } from "~/api/idempotency";
import { keys, remoteLinksQuery } from "~/api/queries";
import { IconCheck, IconCopy, IconLink } from "~/ui/icons";
import { notifyDone } from "~/ui/notify";
import { ProblemAlert } from "~/ui/ProblemAlert";
import { clock } from "~/ui/time";

/** A link for whoever has the phone and is not here. It is shown once, and can be taken back. */
export function RemoteLink({ accountId }: { accountId: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const clipboard = useClipboard();
  const open = useQuery(remoteLinksQuery(accountId)).data?.[0];
  /** The link that was made here. */
  const [made, setMade] = useState<{ id: string; url: string }>();
  const read = () => client.invalidateQueries({ queryKey: keys.remoteLinks(accountId) });
  const create = useMutation({
    mutationFn: (key: string) =>
      ask(
        api.POST("/v1/accounts/{id}/remote-links", {
          params: { path: { id: accountId }, header: { "Idempotency-Key": key } },
          body: {},
        }),
      ),
    onSuccess: async (link) => {
      if (link.url) {
        setMade({ id: link.id, url: link.url });
        clipboard.copy(link.url);
      }
      await read();
    },
  });
  const revoke = useMutation({
    mutationFn: (id: string) => ask(api.DELETE("/v1/remote-links/{id}", { params: { path: { id } } })),
    onSuccess: () => notifyDone(t("remote.revoked")),
    onSettled: read,
  });

  if (!open) {
    return (
      <Stack gap={4} align="center">
        {create.error && <ProblemAlert error={create.error} />}
        <Button
          variant="subtle"
          size="compact-sm"
          leftSection={<IconLink size={16} />}
          loading={create.isPending}
          onClick={() => create.mutate(newKey())}
        >
          {t("remote.copy")}
        </Button>
        <Text size="xs" c="dimmed" ta="center" maw={520}>
          {t("remote.hint")}
        </Text>
      </Stack>
    );
  }
  const url = made?.id === open.id ? made.url : undefined;
  return (
    <Stack gap="xs" component="section" aria-label={t("remote.link")}>
      {url && (
        <>
          <Text size="sm" role="status">
            {t(clipboard.error || !clipboard.copied ? "remote.notCopied" : "remote.copied")}
          </Text>
          <TextInput
            label={t("remote.link")}
            value={url}
            readOnly
            dir="ltr"
            onFocus={(event) => event.currentTarget.select()}
            rightSection={
              <Tooltip label={t("common.copy")}>
                <ActionIcon variant="subtle" onClick={() => clipboard.copy(url)} aria-label={t("common.copy")}>
                  {clipboard.copied ? <IconCheck size={18} /> : <IconCopy size={18} />}
                </ActionIcon>
              </Tooltip>
            }
          />
        </>
      )}
      {revoke.error && <ProblemAlert error={revoke.error} />}
      <Group justify="space-between" gap="xs">
        <Text size="sm" c="dimmed">
          {t("remote.until", { time: clock(open.expires_at) })} {t(open.opened_at ? "remote.opened" : "remote.waiting")}
        </Text>
        <Button
          variant="subtle"
          color="red"
          size="compact-sm"
          loading={revoke.isPending}
          onClick={() => revoke.mutate(open.id)}
        >
          {t("remote.revoke")}
        </Button>
      </Group>
    </Stack>
  );
}
