import { ColorSwatch } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { ReactElement } from "react";
import { useTranslation } from "react-i18next";
import { api, ask } from "~/api/client";
import { newKey } from "~/api/idempotency";
import { keys, tagsQuery } from "~/api/queries";
import type { Tag } from "~/api/types";
import { useMay } from "~/ui/Allowed";
import { useFresh } from "~/ui/fresh";
import { notifyProblem } from "~/ui/notify";
import { Picker } from "~/ui/Picker";

interface Props {
  /** The tags that there are now. */
  tagIds: string[];
  onChange(tagIds: string[]): void;
  opened: boolean;
  onOpened(opened: boolean): void;
  /** It is in a dialog, and so above it. */
  isInDialog?: boolean | undefined;
  /** The button. */
  children: ReactElement;
}

/** The list in which the tags of a chat or a person are set. */
export function TagPicker({ tagIds, onChange, opened, onOpened, isInDialog, children }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const mayCreate = useMay("messages:send");
  const tags = useQuery(tagsQuery).data ?? [];
  useFresh(opened, keys.tags);
  const create = useMutation({
    mutationFn: (name: string) =>
      ask(api.POST("/v1/tags", { body: { name }, headers: { "Idempotency-Key": newKey() } })),
    onSuccess: (made) => {
      client.setQueryData<Tag[]>(keys.tags, (known) => known && [...known, made]);
      onChange([...tagIds, made.id]);
    },
    onError: notifyProblem,
  });
  return (
    <Picker
      opened={opened}
      onOpened={onOpened}
      search={t("inbox.findTag")}
      isMany
      isInDialog={isInDialog}
      create={
        mayCreate ? { label: (name) => t("inbox.createTag", { name }), run: (name) => create.mutate(name) } : undefined
      }
      onPick={(id) => onChange(tagIds.includes(id) ? tagIds.filter((other) => other !== id) : [...tagIds, id])}
      groups={[
        {
          label: t("inbox.tags"),
          options: tags.map((tag) => ({
            value: tag.id,
            label: tag.name,
            checked: tagIds.includes(tag.id),
            icon: <ColorSwatch size={12} color={`var(--mantine-color-${tag.color}-6)`} aria-hidden />,
          })),
        },
      ]}
    >
      {children}
    </Picker>
  );
}
