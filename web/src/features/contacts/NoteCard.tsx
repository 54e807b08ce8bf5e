import { ActionIcon, Menu, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { meQuery } from "~/api/queries";
import type { Note } from "~/api/types";
import { useMay } from "~/ui/Allowed";
import { IconEdit, IconLock, IconMore, IconPin, IconTrash } from "~/ui/icons";
import { RowProblem } from "~/ui/RowProblem";
import { full, shown } from "~/ui/time";
import { useChangeNote, useDeleteNote } from "./actions";
import classes from "./Contacts.module.css";
import { NoteDialog } from "./NoteDialog";
import type { About } from "./queries";

/** A private note: yellow, with a lock. */
export function NoteCard({ note, about, chatId }: { note: Note; about: About; chatId: string }) {
  const { t } = useTranslation();
  const me = useQuery(meQuery).data?.user;
  const mayWrite = useMay("contacts:write");
  const mayManage = useMay("contacts:manage");
  const isOwn = me != null && note.author === `user:${me.id}`;
  const [isEditing, setEditing] = useState(false);
  const change = useChangeNote();
  const remove = useDeleteNote();
  const mayChange = mayWrite && (isOwn || mayManage);
  return (
    <article className={classes.note} aria-label={t("note.privateBy", { name: note.author_name })} data-note={note.id}>
      <div className={classes.by}>
        <IconLock size={13} aria-hidden />
        {note.is_pinned && <IconPin size={13} role="img" aria-label={t("note.pinned")} aria-hidden={false} />}
        <Text size="xs" truncate flex={1} title={full(note.created_at)}>
          {t("note.by", {
            name: `\u2068${note.author_name}\u2069`,
            time: `\u2068${shown(note.created_at)}\u2069`,
          })}
          {note.edited_at && ` · ${t("note.edited")}`}
        </Text>
        <Menu>
          <Menu.Target>
            <ActionIcon
              variant="transparent"
              style={{ color: "inherit" }}
              size="sm"
              disabled={!mayWrite}
              aria-label={t("note.actions", { name: note.author_name })}
            >
              <IconMore size={16} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item
              leftSection={<IconPin size={16} />}
              onClick={() => change.mutate({ note, is_pinned: !note.is_pinned })}
            >
              {t(note.is_pinned ? "note.unpin" : "note.pin")}
            </Menu.Item>
            <Menu.Item
              leftSection={<IconEdit size={16} />}
              disabled={!mayChange}
              title={mayChange ? undefined : t("note.onlyAuthor")}
              onClick={() => setEditing(true)}
            >
              {t("note.edit")}
            </Menu.Item>
            <Menu.Item
              c="var(--problem)"
              leftSection={<IconTrash size={16} />}
              disabled={!mayChange}
              title={mayChange ? undefined : t("note.onlyAuthor")}
              onClick={() => remove(note)}
            >
              {t("common.delete")}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </div>
      <p dir="auto">{note.body}</p>
      <RowProblem of={note.id} />
      {isEditing && <NoteDialog about={about} chatId={chatId} note={note} onClose={() => setEditing(false)} />}
    </article>
  );
}

/** A note where it was written in a thread. */
export function NoteInThread(props: { note: Note; about: About; chatId: string }) {
  return (
    <div className={classes.inThread}>
      <NoteCard {...props} />
    </div>
  );
}
