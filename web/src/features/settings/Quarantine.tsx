import { Button, Card, Code, Group, Stack, Text, Title } from "@mantine/core";
import { useMutation, useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, ask } from "~/api/client";
import { accountsQuery, keys, quarantineQuery } from "~/api/queries";
import type { QuarantineEntry } from "~/api/types";
import { Ago } from "~/ui/Ago";
import { inRow } from "~/ui/failures";
import { IconReplay, IconTrash } from "~/ui/icons";
import { notifyDone } from "~/ui/notify";
import { RowProblem } from "~/ui/RowProblem";
import { doLater, useHeld } from "~/ui/undo";

const KINDS = ["message", "group", "receipt", "acknowledgement", "person", "activity"] as const;

/** What came in and could not be stored, of all accounts. Nothing is shown when there is nothing, as is usual. */
export function Quarantine() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const accounts = useQuery(accountsQuery).data ?? [];
  const lists = useQueries({ queries: accounts.map(({ id }) => quarantineQuery(id)) });
  const held = useHeld();
  const refresh = () => client.invalidateQueries({ queryKey: keys.quarantine });
  const retry = useMutation({
    mutationFn: ({ id }: QuarantineEntry) => ask(api.POST("/v1/quarantine/{id}/retry", { params: { path: { id } } })),
    ...inRow(({ id }: QuarantineEntry) => id),
    onSuccess: () => notifyDone(t("quarantine.stored")),
    onSettled: refresh,
  });
  const remove = ({ id }: QuarantineEntry) =>
    doLater(id, t("quarantine.deleted"), async () => {
      await ask(api.DELETE("/v1/quarantine/{id}", { params: { path: { id } } }));
      await refresh();
    });
  const found = accounts.flatMap((account, index) =>
    (lists[index]?.data ?? []).filter(({ id }) => !held.has(id)).map((entry) => ({ account: account.name, entry })),
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
                    onClick={() => remove(entry)}
                  >
                    {t("common.delete")}
                  </Button>
                </Group>
              </Group>
              <RowProblem of={entry.id} />
            </div>
          );
        })}
      </Stack>
    </Card>
  );
}
