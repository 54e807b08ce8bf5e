import { Button, Card, Code, Group, Stack, Text, Title } from "@mantine/core";
import { useMutation, useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ask } from "~/api/client";
import { accountsQuery, keys, quarantineQuery } from "~/api/queries";
import type { QuarantineEntry } from "~/api/types";
import { Ago } from "~/ui/Ago";
import { Confirm } from "~/ui/Confirm";
import { IconReplay, IconTrash } from "~/ui/icons";
import { notifyDone, notifyProblem } from "~/ui/notify";

const KINDS = ["message", "group", "receipt", "acknowledgement", "person", "activity"] as const;

/** What came in and could not be stored, of all accounts. Nothing is shown when there is nothing, as is usual. */
export function Quarantine() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const accounts = useQuery(accountsQuery).data ?? [];
  const lists = useQueries({ queries: accounts.map(({ id }) => quarantineQuery(id)) });
  const [deleting, setDeleting] = useState<QuarantineEntry>();
  const refresh = () => client.invalidateQueries({ queryKey: keys.quarantine });
  const retry = useMutation({
    mutationFn: ({ id }: QuarantineEntry) => ask(api.POST("/v1/quarantine/{id}/retry", { params: { path: { id } } })),
    onSuccess: () => notifyDone(t("quarantine.stored")),
    onError: notifyProblem,
    onSettled: refresh,
  });
  const remove = useMutation({
    mutationFn: ({ id }: QuarantineEntry) => ask(api.DELETE("/v1/quarantine/{id}", { params: { path: { id } } })),
    onSuccess: () => notifyDone(t("quarantine.deleted")),
    onError: notifyProblem,
    onSettled: async () => {
      await refresh();
      setDeleting(undefined);
    },
  });
  const found = accounts.flatMap((account, index) =>
    (lists[index]?.data ?? []).map((entry) => ({ account: account.name, entry })),
  );
  if (found.length === 0) return null;

  return (
    <Card component="section" aria-labelledby="quarantine" padding="md">
      <Stack gap="sm">
        <div>
          <Title order={2} size="h5" id="quarantine">
            {t("quarantine.title", { count: found.length })}
          </Title>
          <Text size="sm" c="dimmed">
            {t("quarantine.text")}
          </Text>
        </div>
        {found.map(({ account, entry }) => {
          const name = t(`quarantine.kind_${KINDS.find((kind) => kind === entry.kind) ?? "unknown"}`);
          return (
            // biome-ignore lint/a11y/useSemanticElements: nothing is filled in here, so it is no set of fields
            <div key={entry.id} role="group" aria-label={`${name}, ${account}`}>
              <Group justify="space-between" gap="xs" align="flex-start">
                <div style={{ minWidth: 0, flex: "1 1 220px" }}>
                  <Text size="sm">
                    <strong>{name}</strong> · {account} · <Ago at={entry.created_at} />
                  </Text>
                  <Code dir="ltr" style={{ overflowWrap: "anywhere" }}>
                    {entry.reason}
                  </Code>
                </div>
                <Group gap="xs" wrap="nowrap">
                  <Button
                    size="xs"
                    variant="default"
                    leftSection={<IconReplay size={16} />}
                    loading={retry.isPending && retry.variables.id === entry.id}
                    onClick={() => retry.mutate(entry)}
                  >
                    {t("quarantine.retry")}
                  </Button>
                  <Button
                    size="xs"
                    variant="subtle"
                    color="red"
                    leftSection={<IconTrash size={16} />}
                    onClick={() => setDeleting(entry)}
                  >
                    {t("common.delete")}
                  </Button>
                </Group>
              </Group>
            </div>
          );
        })}
      </Stack>
      {deleting && (
        <Confirm
          title={t("quarantine.deleteTitle")}
          text={t("quarantine.deleteText")}
          act={t("common.delete")}
          busy={remove.isPending}
          onConfirm={() => remove.mutate(deleting)}
          onClose={() => setDeleting(undefined)}
        />
      )}
    </Card>
  );
}
