import { Badge, Button, Card, Checkbox, Code, Group, Skeleton, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ask } from "~/api/client";
import { Problem, sortFields } from "~/api/problem";
import { apiKeysQuery, meQuery } from "~/api/queries";
import type { ApiKey, Permission } from "~/api/types";
import { Ago } from "~/ui/Ago";
import { Confirm } from "~/ui/Confirm";
import { Dialog } from "~/ui/Dialog";
import { EmptyState } from "~/ui/EmptyState";
import { IconKey, IconPlus } from "~/ui/icons";
import { notifyDone } from "~/ui/notify";
import { ProblemAlert } from "~/ui/ProblemAlert";
import { Secret } from "~/ui/Secret";

export function ApiKeys() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const apiKeys = useQuery(apiKeysQuery);
  const [adding, setAdding] = useState(false);
  const [secret, setSecret] = useState<string>();
  const [revoking, setRevoking] = useState<ApiKey>();
  const revoke = useMutation({
    mutationFn: ({ id }: ApiKey) => ask(api.DELETE("/v1/keys/{id}", { params: { path: { id } } })),
    onSuccess: (_, { name }) => {
      notifyDone(t("settings.revoked", { name }));
      setRevoking(undefined);
      return client.invalidateQueries({ queryKey: apiKeysQuery.queryKey });
    },
  });
  const add = (
    <Button leftSection={<IconPlus size={18} />} onClick={() => setAdding(true)}>
      {t("settings.keyAdd")}
    </Button>
  );

  return (
    <Stack>
      <Group justify="space-between">
        <Text c="dimmed">{t("settings.keysText")}</Text>
        {apiKeys.data && apiKeys.data.length > 0 && add}
      </Group>
      {apiKeys.error && <ProblemAlert error={apiKeys.error} retry={() => void apiKeys.refetch()} />}
      {apiKeys.isPending && <Skeleton h={96} />}
      {apiKeys.data?.length === 0 && (
        <Card>
          <EmptyState icon={<IconKey size={30} />} title={t("settings.keyEmptyTitle")} text={t("settings.keyEmpty")}>
            {add}
          </EmptyState>
        </Card>
      )}
      {apiKeys.data?.map((key) => (
        <Card key={key.id} component="article" aria-label={key.name} padding="md">
          <Group justify="space-between" align="flex-start" wrap="nowrap">
            <div style={{ minWidth: 0 }}>
              <Group gap="xs">
                <Text fw={600}>{key.name}</Text>
                <Code dir="ltr">{key.hint}…</Code>
              </Group>
              <Text size="sm" c="dimmed">
                {t("settings.created", { time: "" })}
                <Ago at={key.created_at} /> ·{" "}
                {t("settings.lastUsed", { time: key.last_used_at ? "" : t("common.never") })}
                {key.last_used_at && <Ago at={key.last_used_at} />}
              </Text>
            </div>
            <Button variant="subtle" color="red" size="xs" flex="none" onClick={() => setRevoking(key)}>
              {t("settings.revoke")}
            </Button>
          </Group>
          <Group gap={6} mt="sm">
            {key.scopes.map((scope) => (
              <Badge key={scope} variant="light" dir="ltr" title={t(`scope.${scope}`)}>
                {scope}
              </Badge>
            ))}
          </Group>
        </Card>
      ))}

      {adding && (
        <AddKey
          onClose={() => setAdding(false)}
          onMade={(key) => {
            setAdding(false);
            setSecret(key);
          }}
        />
      )}
      {secret !== undefined && (
        <Secret
          title={t("settings.keyShownTitle")}
          text={t("settings.keyShown")}
          value={secret}
          done={t("settings.keyDone")}
          onClose={() => setSecret(undefined)}
        />
      )}
      {revoking && (
        <Confirm
          title={t("settings.revokeTitle", { name: revoking.name })}
          text={t("settings.revokeText")}
          act={t("settings.revoke")}
          word={revoking.name}
          busy={revoke.isPending}
          error={revoke.error}
          onConfirm={() => revoke.mutate(revoking)}
          onClose={() => {
            revoke.reset();
            setRevoking(undefined);
          }}
        />
      )}
    </Stack>
  );
}

/** What most programs need. */
const USUAL: Permission[] = ["accounts:read", "messages:read", "messages:send", "events:read"];

const POINTERS = { "/name": "name", "/scopes": "scopes" } as const;

function AddKey({ onMade, onClose }: { onMade(key: string): void; onClose(): void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const permissions = useQuery(meQuery).data?.permissions ?? [];
  const form = useForm<{ name: string; scopes: Permission[] }>({
    initialValues: { name: "", scopes: USUAL.filter((scope) => permissions.includes(scope)) },
    validate: { scopes: (scopes) => (scopes.length === 0 ? t("webhook.eventsHint") : null) },
  });
  const create = useMutation({
    mutationFn: (body: { name: string; scopes: Permission[] }) => ask(api.POST("/v1/keys", { body })),
    onSuccess: ({ key }) => {
      void client.invalidateQueries({ queryKey: apiKeysQuery.queryKey });
      // A repeated call does not tell the key again.
      if (key) onMade(key);
      else onClose();
    },
    onError: (error) => form.setErrors(sortFields(Problem.from(error), POINTERS).fields),
  });
  const rest = create.error ? sortFields(Problem.from(create.error), POINTERS).rest : undefined;
  return (
    <Dialog onClose={onClose} title={t("settings.keyAdd")}>
      <form onSubmit={form.onSubmit((values) => create.mutate(values))}>
        <Stack>
          {rest && <ProblemAlert error={create.error} text={rest} />}
          <TextInput
            label={t("common.name")}
            placeholder={t("settings.keyPlaceholder")}
            required
            maxLength={100}
            data-autofocus
            {...form.getInputProps("name")}
          />
          <Checkbox.Group
            label={t("settings.scopes")}
            description={t("settings.scopesHint")}
            {...form.getInputProps("scopes")}
          >
            <Stack gap={8} mt="xs">
              {permissions.map((scope) => (
                <Checkbox
                  key={scope}
                  value={scope}
                  label={t(`scope.${scope}`)}
                  description={<span dir="ltr">{scope}</span>}
                />
              ))}
            </Stack>
          </Checkbox.Group>
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("common.cancel")}
            </Button>
            <Button type="submit" loading={create.isPending}>
              {t("common.create")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
