import { ActionIcon, Button, ColorSwatch, Group, Select, Skeleton, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ask } from "~/api/client";
import { newKey } from "~/api/idempotency";
import { tagsQuery } from "~/api/queries";
import { sentencesOf } from "~/api/sentences";
import type { Tag, TagColor } from "~/api/types";
import { Confirm } from "~/ui/Confirm";
import { inRow } from "~/ui/failures";
import { IconPlus, IconTrash } from "~/ui/icons";
import { ProblemAlert } from "~/ui/ProblemAlert";
import { RowProblem } from "~/ui/RowProblem";

const COLORS = [
  "gray",
  "red",
  "pink",
  "grape",
  "violet",
  "indigo",
  "blue",
  "cyan",
  "teal",
  "green",
  "lime",
  "yellow",
  "orange",
] as const satisfies readonly TagColor[];

/** Makes, renames, colours and deletes tags. */
export function TagSettings() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const tags = useQuery(tagsQuery);
  const [name, setName] = useState("");
  const [deleting, setDeleting] = useState<Tag>();
  const refresh = () => client.invalidateQueries({ queryKey: tagsQuery.queryKey });
  const create = useMutation({
    mutationFn: () => ask(api.POST("/v1/tags", { body: { name }, headers: { "Idempotency-Key": newKey() } })),
    onSuccess: () => setName(""),
    onSettled: refresh,
  });
  const change = useMutation({
    mutationFn: ({ id, ...body }: { id: string; name?: string; color?: TagColor }) =>
      ask(api.PATCH("/v1/tags/{id}", { params: { path: { id } }, body })),
    ...inRow(({ id }: { id: string }) => id),
    onSettled: refresh,
  });
  const remove = useMutation({
    mutationFn: ({ id }: Tag) => ask(api.DELETE("/v1/tags/{id}", { params: { path: { id } } })),
    // Its row is gone before the dialog is, or the focus would go back to that.
    onSuccess: async () => {
      await refresh();
      setDeleting(undefined);
    },
  });
  const add = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() !== "") create.mutate();
  };

  return (
    <Stack gap="xs" component="section" aria-label={t("organize.tags")}>
      <Title order={2} size="h4">
        {t("organize.tags")}
      </Title>
      <Text size="sm" c="dimmed">
        {t("organize.tagsText")}
      </Text>
      {tags.error && <ProblemAlert error={tags.error} retry={() => void tags.refetch()} />}
      {tags.isPending && <Skeleton h={40} />}
      {tags.data?.length === 0 && <Text size="sm">{t("organize.tagEmpty")}</Text>}
      {tags.data?.map((tag) => (
        <div key={tag.id}>
          <Group gap="xs" wrap="nowrap">
            <ColorSwatch size={18} color={`var(--mantine-color-${tag.color}-6)`} aria-hidden />
            <TextInput
              key={tag.name}
              flex={1}
              aria-label={t("organize.nameOf", { name: tag.name })}
              defaultValue={tag.name}
              maxLength={50}
              dir="auto"
              onBlur={(event) => {
                const typed = event.currentTarget.value.trim();
                if (typed === "") event.currentTarget.value = tag.name;
                else if (typed !== tag.name) change.mutate({ id: tag.id, name: typed });
              }}
              onKeyDown={(event) => event.key === "Enter" && event.currentTarget.blur()}
            />
            <Select
              w={130}
              aria-label={t("organize.colorOf", { name: tag.name })}
              data={COLORS.map((color) => ({ value: color, label: t(`organize.color_${color}`) }))}
              value={tag.color}
              allowDeselect={false}
              onChange={(value) => {
                const color = COLORS.find((known) => known === value);
                if (color) change.mutate({ id: tag.id, color });
              }}
            />
            <ActionIcon
              variant="subtle"
              color="red"
              size="lg"
              aria-label={t("organize.deleteOf", { name: tag.name })}
              onClick={() => setDeleting(tag)}
            >
              <IconTrash size={18} />
            </ActionIcon>
          </Group>
          <RowProblem of={tag.id} />
        </div>
      ))}
      <form onSubmit={add}>
        <Group gap="xs" wrap="nowrap">
          <TextInput
            flex={1}
            aria-label={t("organize.tagAdd")}
            placeholder={t("common.name")}
            maxLength={50}
            dir="auto"
            value={name}
            onChange={(event) => {
              setName(event.currentTarget.value);
              if (create.isError) create.reset();
            }}
            error={create.error && sentencesOf(create.error)}
          />
          <Button type="submit" leftSection={<IconPlus size={18} />} loading={create.isPending}>
            {t("organize.tagAdd")}
          </Button>
        </Group>
      </form>
      {deleting && (
        <Confirm
          title={t("organize.tagDeleteTitle", { name: deleting.name })}
          text={t("organize.tagDeleteText")}
          act={t("common.delete")}
          word={deleting.name}
          busy={remove.isPending}
          error={remove.error}
          onConfirm={() => remove.mutate(deleting)}
          onClose={() => {
            remove.reset();
            setDeleting(undefined);
          }}
        />
      )}
    </Stack>
  );
}
