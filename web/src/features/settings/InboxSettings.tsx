import { NumberInput, Skeleton, Stack, Switch, Text, Title } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ask } from "~/api/client";
import { organizationQuery } from "~/api/queries";
import { notifyDone, notifyProblem } from "~/ui/notify";
import { ProblemAlert } from "~/ui/ProblemAlert";
import { TagSettings } from "./TagSettings";
import { TeamSettings } from "./TeamSettings";

/** How the team shares its chats. */
export function InboxSettings() {
  const { t } = useTranslation();
  return (
    <Stack gap="xl">
      <Text c="dimmed">{t("organize.text")}</Text>
      <TagSettings />
      <TeamSettings />
      <AutoClose />
    </Stack>
  );
}

const MAX_DAYS = 3_650;
/** What is offered when it is switched on. */
const DAYS = 14;

function AutoClose() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const organization = useQuery(organizationQuery);
  const [typed, setTyped] = useState<number>();
  const change = useMutation({
    mutationFn: (auto_close_days: number | null) =>
      ask(api.PATCH("/v1/organization", { body: { settings: { auto_close_days } } })),
    onSuccess: (saved) => {
      client.setQueryData(organizationQuery.queryKey, saved);
      setTyped(undefined);
      notifyDone(t("organize.saved"));
    },
    onError: notifyProblem,
  });
  if (organization.error && !organization.data) {
    return <ProblemAlert error={organization.error} retry={() => void organization.refetch()} />;
  }
  if (!organization.data) return <Skeleton h={80} />;
  const days = organization.data.settings.auto_close_days;
  const save = () => {
    if (typed !== undefined && typed !== days && typed >= 1 && typed <= MAX_DAYS) change.mutate(typed);
  };
  return (
    <Stack gap="xs" component="section" aria-label={t("organize.autoClose")}>
      <Title order={2} size="h4">
        {t("organize.autoClose")}
      </Title>
      <Switch
        label={t("organize.autoCloseText")}
        checked={days !== null}
        disabled={change.isPending}
        onChange={(event) => change.mutate(event.currentTarget.checked ? DAYS : null)}
      />
      {days !== null && (
        <NumberInput
          label={t("organize.autoCloseDays")}
          w={200}
          min={1}
          max={MAX_DAYS}
          allowDecimal={false}
          value={typed ?? days}
          onChange={(value) => setTyped(typeof value === "number" ? value : undefined)}
          onBlur={save}
          onKeyDown={(event) => event.key === "Enter" && save()}
        />
      )}
    </Stack>
  );
}
