import { Button, Group, Select, Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Problem, sortFields } from "~/api/problem";
import { colleaguesQuery, teamsQuery } from "~/api/queries";
import type { Account } from "~/api/types";
import { Dialog } from "~/ui/Dialog";
import { ProblemAlert } from "~/ui/ProblemAlert";
import { useChange } from "./actions";

const POINTERS = { "/assignee_id": "assignee", "/team_id": "team" } as const;

/** To whom chats are given that begin on an account. */
export function HandlerDialog({ account, onClose }: { account: Account; onClose(): void }) {
  const { t } = useTranslation();
  const change = useChange();
  const people = useQuery(colleaguesQuery).data ?? [];
  const teams = useQuery(teamsQuery).data ?? [];
  const form = useForm({ initialValues: { assignee: account.assignee_id, team: account.team_id } });
  const sorted = change.error ? sortFields(Problem.from(change.error), POINTERS) : undefined;
  const named = (things: { id: string; name: string }[]) => things.map(({ id, name }) => ({ value: id, label: name }));
  return (
    <Dialog onClose={onClose} title={`${t("account.handlerEdit")}: ${account.name}`}>
      <form
        onSubmit={form.onSubmit(({ assignee, team }) =>
          change.mutate(
            { id: account.id, assignee_id: assignee, team_id: team },
            {
              onSuccess: onClose,
              onError: (error) => form.setErrors(sortFields(Problem.from(error), POINTERS).fields),
            },
          ),
        )}
      >
        <Stack>
          <Text size="sm" c="dimmed">
            {t("account.handlerText")}
          </Text>
          {sorted?.rest && <ProblemAlert error={change.error} text={sorted.rest} />}
          <Select
            label={t("account.handlerPerson")}
            placeholder={t("account.handlerNobody")}
            data={named(people)}
            clearable
            searchable
            {...form.getInputProps("assignee")}
          />
          <Select
            label={t("account.handlerTeam")}
            placeholder={t("account.handlerNobody")}
            data={named(teams)}
            clearable
            searchable
            {...form.getInputProps("team")}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("common.cancel")}
            </Button>
            <Button type="submit" loading={change.isPending}>
              {t("common.save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
