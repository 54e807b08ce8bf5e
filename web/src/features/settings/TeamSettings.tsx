import { ActionIcon, Button, Card, Group, MultiSelect, Skeleton, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ask } from "~/api/client";
import { newKey } from "~/api/idempotency";
import { colleaguesQuery, teamsQuery } from "~/api/queries";
import { sentencesOf } from "~/api/sentences";
import type { Team } from "~/api/types";
import { Confirm } from "~/ui/Confirm";
import { inRow } from "~/ui/failures";
import { IconPlus, IconTrash } from "~/ui/icons";
import { ProblemAlert } from "~/ui/ProblemAlert";
import { RowProblem } from "~/ui/RowProblem";

/** Makes, renames and deletes teams, and says who is in them. */
export function TeamSettings() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const teams = useQuery(teamsQuery);
  const people = useQuery(colleaguesQuery).data ?? [];
  const [name, setName] = useState("");
  const [deleting, setDeleting] = useState<Team>();
  const refresh = () => client.invalidateQueries({ queryKey: teamsQuery.queryKey });
  const create = useMutation({
    mutationFn: () => ask(api.POST("/v1/teams", { body: { name }, headers: { "Idempotency-Key": newKey() } })),
    onSuccess: () => setName(""),
    onSettled: refresh,
  });
  const change = useMutation({
    mutationFn: ({ id, ...body }: { id: string; name?: string; member_ids?: string[] }) =>
      ask(api.PATCH("/v1/teams/{id}", { params: { path: { id } }, body })),
    ...inRow(({ id }: { id: string }) => id),
    onSettled: refresh,
  });
  const remove = useMutation({
    mutationFn: ({ id }: Team) => ask(api.DELETE("/v1/teams/{id}", { params: { path: { id } } })),
    // Its row is gone before the dialog is, or the focus would go back to that.
    onSuccess: async () => {
      await refresh();
      setDeleting(undefined);
    },
  });
  const add = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() !== "") create.mutate();
  };

  return (
    <Stack gap="xs" component="section" aria-label={t("organize.teams")}>
      <Title order={2} size="h4">
        {t("organize.teams")}
      </Title>
      <Text size="sm" c="dimmed">
        {t("organize.teamsText")}
      </Text>
      {teams.error && <ProblemAlert error={teams.error} retry={() => void teams.refetch()} />}
      {teams.isPending && <Skeleton h={80} />}
      {teams.data?.length === 0 && <Text size="sm">{t("organize.teamEmpty")}</Text>}
      {teams.data?.map((team) => (
        <Card key={team.id} padding="sm" component="article" aria-label={team.name}>
          <Stack gap="xs">
            <Group gap="xs" wrap="nowrap">
              <TextInput
                key={team.name}
                flex={1}
                aria-label={t("organize.nameOf", { name: team.name })}
                defaultValue={team.name}
                maxLength={50}
                dir="auto"
                onBlur={(event) => {
                  const typed = event.currentTarget.value.trim();
                  if (typed === "") event.currentTarget.value = team.name;
                  else if (typed !== team.name) change.mutate({ id: team.id, name: typed });
                }}
                onKeyDown={(event) => event.key === "Enter" && event.currentTarget.blur()}
              />
              <ActionIcon
                variant="subtle"
                color="red"
                size="lg"
                aria-label={t("organize.deleteOf", { name: team.name })}
                onClick={() => setDeleting(team)}
              >
                <IconTrash size={18} />
              </ActionIcon>
            </Group>
            <MultiSelect
              aria-label={t("organize.membersOf", { name: team.name })}
              placeholder={team.member_ids.length === 0 ? t("organize.members") : undefined}
              searchable
              hidePickedOptions
              data={people.map((person) => ({ value: person.id, label: person.name }))}
              value={team.member_ids}
              onChange={(member_ids) => change.mutate({ id: team.id, member_ids })}
            />
            <RowProblem of={team.id} />
          </Stack>
        </Card>
      ))}
      <form onSubmit={add}>
        <Group gap="xs" wrap="nowrap">
          <TextInput
            flex={1}
            aria-label={t("organize.teamAdd")}
            placeholder={t("common.name")}
            maxLength={50}
            dir="auto"
            value={name}
            onChange={(event) => {
              setName(event.currentTarget.value);
              if (create.isError) create.reset();
            }}
            error={create.error && sentencesOf(create.error)}
          />
          <Button type="submit" leftSection={<IconPlus size={18} />} loading={create.isPending}>
            {t("organize.teamAdd")}
          </Button>
        </Group>
      </form>
      {deleting && (
        <Confirm
          title={t("organize.teamDeleteTitle", { name: deleting.name })}
          text={t("organize.teamDeleteText")}
          act={t("common.delete")}
          word={deleting.name}
          busy={remove.isPending}
          error={remove.error}
          onConfirm={() => remove.mutate(deleting)}
          onClose={() => {
            remove.reset();
            setDeleting(undefined);
          }}
        />
      )}
    </Stack>
  );
}
