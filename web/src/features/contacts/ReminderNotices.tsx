import { Button, Group, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { meQuery } from "~/api/queries";
import type { Reminder } from "~/api/types";
import { onReminderDue } from "~/live/reminders";
import { IconBell } from "~/ui/icons";
import { notifyProblem } from "~/ui/notify";
import { useChangeReminder } from "./actions";

/** Tells somebody that the time of a reminder of theirs has come, wherever they are in the app. */
export function ReminderNotices() {
  const { t } = useTranslation();
  const me = useQuery(meQuery).data?.user?.id;
  const navigate = useNavigate();
  const { mutate } = useChangeReminder();
  useEffect(
    () =>
      onReminderDue((reminder: Reminder) => {
        if (reminder.owner_id !== me || reminder.status !== "open") return;
        const close = () => notifications.hide(reminder.id);
        const title = reminder.about ? t("reminder.toast", { about: reminder.about }) : t("reminder.toastPlain");
        notifications.show({
          id: reminder.id,
          title,
          color: "yellow",
          icon: <IconBell size={18} />,
          autoClose: false,
          message: (
            <Stack gap={6}>
              <Text size="sm" dir="auto">
                {reminder.text}
              </Text>
              <Group gap="xs">
                <Button
                  size="compact-xs"
                  onClick={() => {
                    close();
                    mutate({ reminder, status: "done" }, { onError: notifyProblem });
                  }}
                >
                  {t("reminder.done")}
                </Button>
                {reminder.chat_id && (
                  <Button
                    size="compact-xs"
                    variant="default"
                    onClick={() => {
                      close();
                      void navigate({ to: "/chats/$chatId", params: { chatId: reminder.chat_id ?? "" } });
                    }}
                  >
                    {t("reminder.open")}
                  </Button>
                )}
              </Group>
            </Stack>
          ),
        });
      }),
    [me, mutate, navigate, t],
  );
  return null;
}
