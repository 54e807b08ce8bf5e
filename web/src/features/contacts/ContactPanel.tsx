import { ActionIcon, CloseButton, Title, Tooltip } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { chatQuery } from "~/api/queries";
import type { Chat } from "~/api/types";
import { useMay } from "~/ui/Allowed";
import { type Command, type Hotkey, useCommands } from "~/ui/commands";
import { SideDialog } from "~/ui/Dialog";
import { IconPanel } from "~/ui/icons";
import classes from "./Contacts.module.css";
import { DonationDialog } from "./DonationDialog";
import { GroupDetails } from "./GroupDetails";
import { NoteDialog } from "./NoteDialog";
import { PersonDetails } from "./PersonDetails";
import { closeDrawer, usePanel } from "./panel";
import { ReminderDialog } from "./ReminderDialog";
import { aboutOfChat } from "./threadNotes";

/** Who a chat is with: beside the thread on wide screens, over it on narrow ones. */
export function ContactPanel({ chatId }: { chatId: string }) {
  const chat = useQuery(chatQuery(chatId)).data;
  useEffect(() => closeDrawer, []);
  if (!chat) return null;
  return (
    <>
      <Keys chat={chat} />
      <Panel chat={chat} />
    </>
  );
}

/** What can be done by key and by name, whether the panel is open or not. */
function Keys({ chat }: { chat: Chat }) {
  const { t } = useTranslation();
  const mayWrite = useMay("contacts:write");
  const mayRecord = useMay("donations:write");
  const [dialog, setDialog] = useState<"donation" | "reminder" | "note">();
  const { contact_id } = chat;
  const commands = useMemo(() => {
    const command = (name: typeof dialog, label: string, may: boolean, hotkey?: Hotkey): Command => ({
      id: `contact-${name}`,
      group: "chat",
      label,
      disabled: may ? undefined : t("common.notAllowed"),
      run: () => setDialog(name),
      ...(hotkey && { hotkey }),
    });
    return [
      command("note", t("note.addTitle"), mayWrite, "n"),
      command("reminder", t("reminder.addTitle"), mayWrite, "r"),
      ...(contact_id ? [command("donation", t("donor.recordTitle"), mayRecord)] : []),
    ];
  }, [t, mayWrite, mayRecord, contact_id]);
  useCommands(commands);
  const props = { about: aboutOfChat(chat), chatId: chat.id, onClose: () => setDialog(undefined) };
  return (
    <>
      {dialog === "donation" && contact_id && <DonationDialog contactId={contact_id} onClose={props.onClose} />}
      {dialog === "reminder" && <ReminderDialog {...props} />}
      {dialog === "note" && <NoteDialog {...props} />}
    </>
  );
}

function Panel({ chat }: { chat: Chat }) {
  const { t } = useTranslation();
  const { wide, open, setOpen } = usePanel();
  const title = t(chat.contact_id ? "contact.panel" : "contact.group");
  if (!open) return null;
  if (!wide) {
    return (
      <SideDialog onClose={() => setOpen(false)} title={title} size="sm">
        <Details chat={chat} />
      </SideDialog>
    );
  }
  return (
    <aside className={classes.panel} aria-label={title}>
      <div className={classes.head}>
        <Title order={2} size="h5">
          {title}
        </Title>
        <CloseButton size="lg" onClick={() => setOpen(false)} aria-label={t("contact.hide")} />
      </div>
      <div className={classes.scroller}>
        <Details chat={chat} />
      </div>
    </aside>
  );
}

function Details({ chat }: { chat: Chat }) {
  if (chat.contact_id) return <PersonDetails key={chat.contact_id} chat={chat} contactId={chat.contact_id} />;
  return <GroupDetails chat={chat} />;
}

/** Shows and hides the panel. */
export function PanelToggle() {
  const { t } = useTranslation();
  const { open, setOpen } = usePanel();
  const label = t(open ? "contact.hide" : "contact.show");
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant={open ? "light" : "subtle"}
        color={open ? undefined : "gray"}
        size="lg"
        onClick={() => setOpen(!open)}
        aria-label={label}
        aria-pressed={open}
      >
        <IconPanel size={20} />
      </ActionIcon>
    </Tooltip>
  );
}
