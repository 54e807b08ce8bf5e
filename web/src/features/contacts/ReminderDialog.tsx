import { Button, Chip, Group, Select, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Problem, sortFields } from "~/api/problem";
import { meQuery, usersQuery } from "~/api/queries";
import type { Reminder } from "~/api/types";
import { useMay } from "~/ui/Allowed";
import { Dialog } from "~/ui/Dialog";
import { fromField, presets, toField } from "~/ui/moments";
import { notifyDone } from "~/ui/notify";
import { ProblemAlert } from "~/ui/ProblemAlert";
import { browserZone, shown, useZone } from "~/ui/time";
import { useChangeReminder, useSetReminder } from "./actions";
import type { About } from "./queries";

const POINTERS = { "/text": "text", "/due_at": "when", "/owner_id": "owner" } as const;

/** Sets a reminder, or changes one. */
export function ReminderDialog(props: { about: About; chatId: string; reminder?: Reminder; onClose(): void }) {
  const { t } = useTranslation();
  const { reminder, onClose } = props;
  const me = useQuery(meQuery).data?.user;
  const mayList = useMay("members:manage");
  const users = useQuery({ ...usersQuery, enabled: mayList }).data ?? (me ? [me] : []);
  const set = useSetReminder(props.about, props.chatId);
  const change = useChangeReminder();
  const now = new Date();
  const zone = useZone();
  const form = useForm({
    initialValues: {
      text: reminder?.text ?? "",
      when: reminder ? toField(new Date(reminder.due_at), zone) : "",
      owner: reminder?.owner_id ?? me?.id ?? "",
    },
    validate: {
      text: (text) => (text.trim() === "" ? t("reminder.textNeeded") : null),
      when: (when) => {
        if (when === "") return t("reminder.timeNeeded");
        const isKept = reminder !== undefined && when === toField(new Date(reminder.due_at), zone);
        return !isKept && fromField(when, zone) <= new Date() ? t("reminder.timePast") : null;
      },
    },
  });
  const error = set.error ?? change.error;
  const rest = error ? sortFields(Problem.from(error), POINTERS).rest : undefined;
  const submit = form.onSubmit(({ text, when, owner }) => {
    const isKept = reminder !== undefined && when === toField(new Date(reminder.due_at), zone);
    const due_at = isKept ? reminder.due_at : fromField(when, zone).toISOString();
    const values = { text: text.trim(), due_at, owner_id: owner };
    const settled = {
      onSuccess: () => {
        notifyDone(t("reminder.set", { time: shown(due_at) }));
        onClose();
      },
      onError: (failure: unknown) => form.setErrors(sortFields(Problem.from(failure), POINTERS).fields),
    };
    if (reminder) change.mutate({ reminder, ...values }, settled);
    else set.mutate(values, settled);
  });
  return (
    <Dialog onClose={onClose} title={t(reminder ? "reminder.editTitle" : "reminder.addTitle")}>
      <form onSubmit={submit} noValidate>
        <Stack>
          {rest && <ProblemAlert error={error} text={rest} />}
          <TextInput
            label={t("reminder.text")}
            placeholder={t("reminder.textPlaceholder")}
            required
            maxLength={500}
            data-autofocus
            dir="auto"
            {...form.getInputProps("text")}
          />
          <Chip.Group
            value={form.values.when}
            onChange={(value) => form.setFieldValue("when", typeof value === "string" ? value : "")}
          >
            <Group gap={6}>
              {presets(now, zone).map(([name, moment]) => (
                <Chip key={name} value={toField(moment, zone)} size="xs">
                  {t(`reminder.${name}`)}
                </Chip>
              ))}
            </Group>
          </Chip.Group>
          <TextInput
            type="datetime-local"
            label={t("reminder.when")}
            description={zone === browserZone() ? undefined : t("reminder.inZone", { zone })}
            required
            min={toField(now, zone)}
            {...form.getInputProps("when")}
          />
          <Select
            label={t("reminder.owner")}
            data={users.map((user) => ({
              value: user.id,
              label: user.id === me?.id ? `${user.name} (${t("reminder.me")})` : user.name,
            }))}
            allowDeselect={false}
            {...form.getInputProps("owner")}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("common.cancel")}
            </Button>
            <Button type="submit" loading={set.isPending || change.isPending}>
              {t("common.save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
