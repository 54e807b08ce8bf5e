import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import { Problem, sortFields } from "~/api/problem";
import type { Account } from "~/api/types";
import { Dialog } from "~/ui/Dialog";
import { ProblemAlert } from "~/ui/ProblemAlert";
import { useCreate } from "./actions";

export function AddAccount({ onCreated, onClose }: { onCreated(account: Account): void; onClose(): void }) {
  const { t } = useTranslation();
  const create = useCreate();
  const form = useForm({ initialValues: { name: "" } });
  const sorted = create.error ? sortFields(Problem.from(create.error), { "/name": "name" }) : undefined;
  return (
    <Dialog onClose={onClose} title={t("account.add")}>
      <form
        onSubmit={form.onSubmit(({ name }) =>
          create.mutate(name.trim(), {
            onSuccess: onCreated,
            onError: (error) => form.setErrors(sortFields(Problem.from(error), { "/name": "name" }).fields),
          }),
        )}
      >
        <Stack>
          <Text size="sm" c="dimmed">
            {t("account.addText")}
          </Text>
          {sorted?.rest && <ProblemAlert error={create.error} text={sorted.rest} />}
          <TextInput
            label={t("account.addName")}
            placeholder={t("account.addPlaceholder")}
            required
            maxLength={100}
            data-autofocus
            {...form.getInputProps("name")}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("common.cancel")}
            </Button>
            <Button type="submit" loading={create.isPending}>
              {t("account.addAndLink")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
