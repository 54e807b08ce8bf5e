import { Group, NumberInput, Skeleton, Stack, Switch, Text, TextInput, Title } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ask } from "~/api/client";
import { Problem } from "~/api/problem";
import { meQuery, organizationQuery } from "~/api/queries";
import { sentenceOfField } from "~/api/sentences";
import type { Organization, Retention } from "~/api/types";
import { SaveForm } from "~/features/replies/SaveForm";
import { useDecide } from "~/features/replies/settings";
import { Confirm } from "~/ui/Confirm";
import { notifyDone } from "~/ui/notify";
import { ProblemAlert } from "~/ui/ProblemAlert";

/** What the organization is called, and how long it keeps things. */
export function OrganizationSettings() {
  const { t } = useTranslation();
  const organization = useQuery(organizationQuery);
  if (organization.error && !organization.data) {
    return <ProblemAlert error={organization.error} retry={() => void organization.refetch()} />;
  }
  if (!organization.data) return <Skeleton h={240} />;
  const { name, settings } = organization.data;
  return (
    <Stack gap="xl" maw={640}>
      <Name key={name} organization={organization.data} />
      <Keeping key={JSON.stringify(settings.retention)} retention={settings.retention} organization={name} />
      <Text size="sm" c="dimmed">
        {t("keeping.person")}
      </Text>
    </Stack>
  );
}

function Name({ organization }: { organization: Organization }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [name, setName] = useState(organization.name);
  const save = useMutation({
    mutationFn: (name: string) => ask(api.PATCH("/v1/organization", { body: { name } })),
    onSuccess: (saved) => {
      client.setQueryData(organizationQuery.queryKey, saved);
      void client.invalidateQueries({ queryKey: meQuery.queryKey });
      notifyDone(t("keeping.nameSaved"));
    },
  });
  const problem = save.error ? Problem.from(save.error) : undefined;
  const wrong = problem?.fields.get("/name");
  return (
    <Stack gap="xs" component="section" aria-label={t("keeping.nameTitle")}>
      <Title order={2} size="h4">
        {t("keeping.nameTitle")}
      </Title>
      {problem && !wrong && <ProblemAlert error={problem} />}
      <SaveForm busy={save.isPending} onSave={() => save.mutate(name.trim())}>
        <TextInput
          label={t("keeping.name")}
          description={t("keeping.nameHint")}
          required
          maxLength={100}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={wrong && sentenceOfField(wrong)}
        />
      </SaveForm>
    </Stack>
  );
}

const MAX_DAYS = 3_650;
/** What is offered when somebody does not want to keep something for ever. */
const YEAR = 365;

const KINDS = [
  { field: "message_days", name: "messages", hint: "messagesHint" },
  { field: "file_days", name: "files", hint: "filesHint" },
  { field: "event_days", name: "events", hint: "eventsHint" },
  { field: "audit_days", name: "audit", hint: "auditHint" },
] as const;

/** Whether something is kept for less long than before: then what is older goes for good. */
function isShorter(before: Retention, after: Retention): boolean {
  const days = (kept: number | null | undefined) => kept ?? Number.POSITIVE_INFINITY;
  return KINDS.some(({ field }) => days(after[field]) < days(before[field]));
}

function Keeping({ retention, organization }: { retention: Retention; organization: string }) {
  const { t } = useTranslation();
  const [kept, setKept] = useState(retention);
  const [asking, setAsking] = useState(false);
  const { save, error, wrongAt } = useDecide();
  const decide = () => save.mutate({ retention: kept }, { onSettled: () => setAsking(false) });
  return (
    <Stack gap="xs" component="section" aria-label={t("keeping.title")}>
      <Title order={2} size="h4">
        {t("keeping.title")}
      </Title>
      <Text size="sm" c="dimmed">
        {t("keeping.text")}
      </Text>
      {error && <ProblemAlert error={error} />}
      <SaveForm busy={save.isPending} onSave={() => (isShorter(retention, kept) ? setAsking(true) : decide())}>
        {KINDS.map(({ field, name, hint }) => {
          const days = kept[field];
          const set = (days: number | null) => setKept((known) => ({ ...known, [field]: days }));
          return (
            // biome-ignore lint/a11y/useSemanticElements: a fieldset has no place for the hint
            <div key={field} role="group" aria-label={t(`keeping.${name}`)}>
              <Text fw={600}>{t(`keeping.${name}`)}</Text>
              <Text size="sm" c="dimmed">
                {t(`keeping.${hint}`)}
              </Text>
              <Group mt={4} gap="md" mih={44}>
                <Switch
                  label={t("keeping.forever")}
                  checked={days === null}
                  onChange={(event) => set(event.currentTarget.checked ? null : YEAR)}
                />
                {days !== null && (
                  <NumberInput
                    w={160}
                    aria-label={`${t(`keeping.${name}`)}: ${t("keeping.inDays")}`}
                    suffix={` ${t("keeping.days", { count: days })}`}
                    min={field === "audit_days" ? 30 : 1}
                    max={MAX_DAYS}
                    clampBehavior="none"
                    allowDecimal={false}
                    value={days}
                    onChange={(value) => typeof value === "number" && set(value)}
                    error={wrongAt(`/retention/${field}`)}
                  />
                )}
              </Group>
            </div>
          );
        })}
      </SaveForm>
      {asking && (
        <Confirm
          title={t("keeping.shorterTitle")}
          text={t("keeping.shorterText")}
          act={t("keeping.shorterAct")}
          word={organization}
          busy={save.isPending}
          onConfirm={decide}
          onClose={() => setAsking(false)}
        />
      )}
    </Stack>
  );
}
