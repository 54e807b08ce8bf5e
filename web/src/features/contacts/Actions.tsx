import { Button, Group } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Chat, Contact } from "~/api/types";
import { Allowed } from "~/ui/Allowed";
import { IconBell, IconHeart, IconMerge, IconNote } from "~/ui/icons";
import { DonationDialog } from "./DonationDialog";
import { MergeDialog } from "./MergeDialog";
import { More } from "./More";
import { NoteDialog } from "./NoteDialog";
import type { About } from "./queries";
import { ReminderDialog } from "./ReminderDialog";

type Dialog = "donation" | "reminder" | "note" | "merge";

/** What is done most often. */
export function Actions({ about, chat, contact }: { about: About; chat: Chat; contact?: Contact }) {
  const { t } = useTranslation();
  const [dialog, setDialog] = useState<Dialog>();
  const close = () => setDialog(undefined);
  return (
    <section aria-label={t("contact.actions")}>
      <Group gap="xs">
        {contact && (
          <Allowed to="donations:write">
            <Button size="xs" leftSection={<IconHeart size={16} />} onClick={() => setDialog("donation")}>
              {t("donor.record")}
            </Button>
          </Allowed>
        )}
        <Allowed to="contacts:write">
          <Button size="xs" variant="light" leftSection={<IconBell size={16} />} onClick={() => setDialog("reminder")}>
            {t("reminder.add")}
          </Button>
        </Allowed>
        <Allowed to="contacts:write">
          <Button size="xs" variant="light" leftSection={<IconNote size={16} />} onClick={() => setDialog("note")}>
            {t("note.add")}
          </Button>
        </Allowed>
        {contact && (
          <Allowed to="contacts:write">
            <Button size="xs" variant="subtle" leftSection={<IconMerge size={16} />} onClick={() => setDialog("merge")}>
              {t("contact.merge")}
            </Button>
          </Allowed>
        )}
        {contact && <More contact={contact} />}
      </Group>
      {dialog === "donation" && contact && <DonationDialog contactId={contact.id} onClose={close} />}
      {dialog === "reminder" && <ReminderDialog about={about} chatId={chat.id} onClose={close} />}
      {dialog === "note" && <NoteDialog about={about} chatId={chat.id} onClose={close} />}
      {dialog === "merge" && contact && <MergeDialog contact={contact} onClose={close} />}
    </section>
  );
}
