import { Button, Group } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { tagsQuery } from "~/api/queries";
import type { Contact } from "~/api/types";
import { TagBadge } from "~/features/tags/TagBadge";
import { TagPicker } from "~/features/tags/TagPicker";
import { useMay } from "~/ui/Allowed";
import { setFailure } from "~/ui/failures";
import { IconTag } from "~/ui/icons";
import { RowProblem } from "~/ui/RowProblem";
import { useChangeContact } from "./actions";
import classes from "./Contacts.module.css";
import { usePanel } from "./panel";

/** The tags of a person, and the list in which they are set. */
export function ContactTags({ contact }: { contact: Contact }) {
  const { t } = useTranslation();
  const may = useMay("contacts:write");
  const { wide } = usePanel();
  const [opened, setOpened] = useState(false);
  const tags = (useQuery(tagsQuery).data ?? []).filter((tag) => contact.tag_ids.includes(tag.id));
  const change = useChangeContact(contact.id);
  const row = `tags-${contact.id}`;
  return (
    <Group gap={6}>
      {tags.length > 0 && (
        <ul className={classes.tags} aria-label={t("inbox.tags")}>
          {tags.map((tag) => (
            <li key={tag.id}>
              <TagBadge tag={tag} size="sm" />
            </li>
          ))}
        </ul>
      )}
      <TagPicker
        tagIds={contact.tag_ids}
        onChange={(tag_ids) => {
          setFailure(row, undefined);
          change.mutate({ tag_ids }, { onError: (error) => setFailure(row, error) });
        }}
        opened={opened}
        onOpened={setOpened}
        isInDialog={!wide}
      >
        <Button
          size="compact-xs"
          variant="subtle"
          color="gray"
          leftSection={<IconTag size={14} aria-hidden />}
          disabled={!may}
          title={may ? undefined : t("common.notAllowed")}
          aria-expanded={opened}
          aria-haspopup="listbox"
          onClick={() => setOpened(!opened)}
        >
          {t(contact.tag_ids.length > 0 ? "contact.changeTags" : "contact.addTags")}
        </Button>
      </TagPicker>
      <RowProblem of={row} />
    </Group>
  );
}
