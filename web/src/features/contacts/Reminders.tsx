import { ActionIcon, Badge, Checkbox, Group, Menu, Skeleton, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Reminder } from "~/api/types";
import { useNow } from "~/ui/Ago";
import { useMay } from "~/ui/Allowed";
import { IconClock, IconClose, IconEdit, IconMore } from "~/ui/icons";
import { presets } from "~/ui/moments";
import { notifyDone } from "~/ui/notify";
import { ProblemAlert } from "~/ui/ProblemAlert";
import { RowProblem } from "~/ui/RowProblem";
import { shown, useZone } from "~/ui/time";
import { doLater, useHeld } from "~/ui/undo";
import { useChangeReminder } from "./actions";
import { type About, remindersQuery } from "./queries";
import { ReminderDialog } from "./ReminderDialog";
import { Nothing, Section } from "./Section";

/** What is still to be done. */
export function Reminders({ about }: { about: About }) {
  const { t } = useTranslation();
  const reminders = useQuery(remindersQuery(about));
  const held = useHeld();
  const open = reminders.data?.filter(({ id }) => !held.has(id));
  return (
    <Section title={t("reminder.title")}>
      {reminders.error && !reminders.data && (
        <ProblemAlert error={reminders.error} retry={() => void reminders.refetch()} />
      )}
      {reminders.isPending && <Skeleton h={40} />}
      {open?.length === 0 && <Nothing text={t("reminder.empty")} />}
      <Stack gap="xs">
        {open?.map((reminder) => (
          <Line key={reminder.id} about={about} reminder={reminder} />
        ))}
      </Stack>
    </Section>
  );
}

function Line({ about, reminder }: { about: About; reminder: Reminder }) {
  const { t } = useTranslation();
  const may = useMay("contacts:write");
  const now = useNow();
  const zone = useZone();
  const [editing, setEditing] = useState(false);
  const change = useChangeReminder();
  const isDue = reminder.fired_at != null || Date.parse(reminder.due_at) <= now;
  const snooze = (until: Date) =>
    change.mutate(
      { reminder, due_at: until.toISOString() },
      {
        onSuccess: ({ due_at }) => notifyDone(t("reminder.snoozed", { time: shown(due_at) })),
      },
    );
  return (
    <Group gap="xs" wrap="nowrap" align="flex-start">
      <Checkbox
        mt={2}
        checked={false}
        disabled={!may}
        aria-label={t("reminder.markDone", { text: reminder.text })}
        onChange={() => change.mutate({ reminder, status: "done" })}
      />
      <div style={{ flex: 1, minWidth: 0 }}>
        <Text size="sm" dir="auto">
          {reminder.text}
        </Text>
        <Group gap={6}>
          <Text size="xs" c={isDue ? "red" : "dimmed"}>
            {shown(reminder.due_at)}
          </Text>
          {isDue && (
            <Badge size="xs" color="red" variant="light">
              {t("reminder.due")}
            </Badge>
          )}
        </Group>
        <RowProblem of={reminder.id} />
      </div>
      <Menu>
        <Menu.Target>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="sm"
            disabled={!may}
            aria-label={t("reminder.actions", { text: reminder.text })}
          >
            <IconMore size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{t("reminder.snooze")}</Menu.Label>
          {presets(new Date(), zone).map(([name, moment]) => (
            <Menu.Item key={name} leftSection={<IconClock size={16} />} onClick={() => snooze(moment)}>
              {t(`reminder.${name}`)}
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item leftSection={<IconEdit size={16} />} onClick={() => setEditing(true)}>
            {t("note.edit")}
          </Menu.Item>
          <Menu.Item
            leftSection={<IconClose size={16} />}
            onClick={() =>
              doLater(reminder.id, t("reminder.cancelled"), () => change.mutateAsync({ reminder, status: "cancelled" }))
            }
          >
            {t("reminder.cancel")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {editing && (
        <ReminderDialog
          about={about}
          chatId={reminder.chat_id ?? ""}
          reminder={reminder}
          onClose={() => setEditing(false)}
        />
      )}
    </Group>
  );
}
