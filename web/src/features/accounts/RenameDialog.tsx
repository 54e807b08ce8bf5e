import { Button, Group, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import { Problem, sortFields } from "~/api/problem";
import type { Account } from "~/api/types";
import { Dialog } from "~/ui/Dialog";
import { ProblemAlert } from "~/ui/ProblemAlert";
import { useChange } from "./actions";

export function RenameDialog({ account, onClose }: { account: Account; onClose(): void }) {
  const { t } = useTranslation();
  const change = useChange();
  const form = useForm({ initialValues: { name: account.name } });
  const sorted = change.error ? sortFields(Problem.from(change.error), { "/name": "name" }) : undefined;
  return (
    <Dialog onClose={onClose} title={t("account.rename")}>
      <form
        onSubmit={form.onSubmit(({ name }) =>
          change.mutate(
            { id: account.id, name: name.trim() },
            {
              onSuccess: onClose,
              onError: (error) => form.setErrors(sortFields(Problem.from(error), { "/name": "name" }).fields),
            },
          ),
        )}
      >
        <Stack>
          {sorted?.rest && <ProblemAlert error={change.error} text={sorted.rest} />}
          <TextInput
            label={t("account.addName")}
            required
            maxLength={100}
            data-autofocus
            {...form.getInputProps("name")}
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
