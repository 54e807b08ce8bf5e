import { ActionIcon, CloseButton, Drawer, Title, Tooltip } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { chatQuery } from "~/api/queries";
import type { Chat } from "~/api/types";
import { IconPanel } from "~/ui/icons";
import classes from "./Contacts.module.css";
import { GroupDetails } from "./GroupDetails";
import { PersonDetails } from "./PersonDetails";
import { closeDrawer, usePanel } from "./panel";

/** Who a chat is with: beside the thread on wide screens, over it on narrow ones. */
export function ContactPanel({ chatId }: { chatId: string }) {
  const { t } = useTranslation();
  const { wide, open, setOpen } = usePanel();
  const chat = useQuery(chatQuery(chatId)).data;
  useEffect(() => closeDrawer, []);
  if (!chat) return null;
  const title = t(chat.contact_id ? "contact.panel" : "contact.group");
  if (!wide) {
    return (
      <Drawer
        opened={open}
        onClose={() => setOpen(false)}
        title={title}
        size="sm"
        closeButtonProps={{ "aria-label": t("common.close") }}
      >
        <Details chat={chat} />
      </Drawer>
    );
  }
  if (!open) return null;
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
