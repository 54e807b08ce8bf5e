import {
  ActionIcon,
  Button,
  Card,
  Code,
  Group,
  Menu,
  Select,
  Stack,
  Table,
  TagsInput,
  Text,
  TextInput,
  Title,
  VisuallyHidden,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ask } from "~/api/client";
import { Problem, sortFields } from "~/api/problem";
import { sentenceOf } from "~/api/sentences";
import type { CustomField } from "~/api/types";
import { Confirm } from "~/ui/Confirm";
import { Dialog } from "~/ui/Dialog";
import { IconEdit, IconMore, IconPlus, IconTrash } from "~/ui/icons";
import { ProblemAlert } from "~/ui/ProblemAlert";
import { customFieldsQuery } from "./queries";

type FieldType = CustomField["type"];

const TYPES: FieldType[] = ["text", "number", "date", "choice", "boolean"];
const KEY = /^[a-z][a-z0-9_]{0,39}$/;

function useRefresh() {
  const client = useQueryClient();
  return () => client.invalidateQueries({ queryKey: customFieldsQuery.queryKey });
}

/** The fields that contacts have here. */
export function CustomFields() {
  const { t } = useTranslation();
  const fields = useQuery(customFieldsQuery);
  const [dialog, setDialog] = useState<{ field?: CustomField }>();
  return (
    <Card component="section" aria-label={t("crm.fieldsTitle")}>
      <Group justify="space-between" mb="sm" align="flex-start">
        <div>
          <Title order={2} size="h4">
            {t("crm.fieldsTitle")}
          </Title>
          <Text size="sm" c="dimmed">
            {t("crm.fieldsText")}
          </Text>
        </div>
        <Button leftSection={<IconPlus size={18} />} onClick={() => setDialog({})}>
          {t("crm.addField")}
        </Button>
      </Group>
      {fields.error && <ProblemAlert error={fields.error} retry={() => void fields.refetch()} />}
      {fields.data?.length === 0 && <Text c="dimmed">{t("crm.fieldsEmpty")}</Text>}
      {fields.data && fields.data.length > 0 && (
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>
                {t("crm.label")} · {t("crm.key")}
              </Table.Th>
              <Table.Th>{t("crm.type")}</Table.Th>
              <Table.Th>
                <VisuallyHidden>{t("contact.actions")}</VisuallyHidden>
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {fields.data.map((field) => (
              <Row key={field.id} field={field} onEdit={() => setDialog({ field })} />
            ))}
          </Table.Tbody>
        </Table>
      )}
      {dialog && <FieldDialog field={dialog.field} onClose={() => setDialog(undefined)} />}
    </Card>
  );
}

function Row({ field, onEdit }: { field: CustomField; onEdit(): void }) {
  const { t } = useTranslation();
  const refresh = useRefresh();
  const [asking, setAsking] = useState(false);
  const remove = useMutation({
    mutationFn: () => ask(api.DELETE("/v1/custom-fields/{id}", { params: { path: { id: field.id } } })),
    onSuccess: () => void refresh(),
  });
  return (
    <Table.Tr>
      <Table.Td>
        <bdi>{field.label}</bdi>
        <div>
          <Code dir="ltr">{field.key}</Code>
        </div>
      </Table.Td>
      <Table.Td>
        {t(`crm.type_${field.type}`)}
        {field.choices.length > 0 && (
          <Text size="xs" c="dimmed">
            <bdi>{field.choices.join(", ")}</bdi>
          </Text>
        )}
      </Table.Td>
      <Table.Td ta="end">
        <Menu>
          <Menu.Target>
            <ActionIcon variant="subtle" color="gray" aria-label={t("crm.fieldActions", { label: field.label })}>
              <IconMore size={18} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item leftSection={<IconEdit size={16} />} onClick={onEdit}>
              {t("crm.editField")}
            </Menu.Item>
            <Menu.Item c="var(--problem)" leftSection={<IconTrash size={16} />} onClick={() => setAsking(true)}>
              {t("crm.deleteField")}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
        {asking && (
          <Confirm
            title={t("crm.deleteField")}
            text={t("crm.deleteFieldText", { label: field.label })}
            act={t("common.delete")}
            word={field.label}
            busy={remove.isPending}
            error={remove.error}
            onConfirm={() => remove.mutate(undefined, { onSuccess: () => setAsking(false) })}
            onClose={() => {
              remove.reset();
              setAsking(false);
            }}
          />
        )}
      </Table.Td>
    </Table.Tr>
  );
}

const POINTERS = { "/key": "key", "/label": "label", "/type": "type", "/choices": "choices" } as const;

function FieldDialog({ field, onClose }: { field: CustomField | undefined; onClose(): void }) {
  const { t } = useTranslation();
  const refresh = useRefresh();
  const form = useForm<{ label: string; key: string; type: FieldType; choices: string[] }>({
    initialValues: {
      label: field?.label ?? "",
      key: field?.key ?? "",
      type: field?.type ?? "text",
      choices: field?.choices ?? [],
    },
    validate: {
      label: (label) => (label.trim() === "" ? t("crm.labelNeeded") : null),
      key: (key) => (KEY.test(key) ? null : t("crm.keyWrong")),
      choices: (choices, { type }) => (type === "choice" && choices.length === 0 ? t("crm.choicesNeeded") : null),
    },
  });
  const save = useMutation({
    mutationFn: ({ label, key, type, choices }: typeof form.values) => {
      const chosen = type === "choice" ? choices : [];
      return field
        ? ask(
            api.PATCH("/v1/custom-fields/{id}", {
              params: { path: { id: field.id } },
              body: { label, choices: chosen },
            }),
          )
        : ask(api.POST("/v1/custom-fields", { body: { label, key, type, choices: chosen } }));
    },
    onSuccess: () => {
      void refresh();
      onClose();
    },
    onError: (error) => {
      const problem = Problem.from(error);
      form.setErrors(
        problem.code === "key_taken" ? { key: sentenceOf(problem) } : sortFields(problem, POINTERS).fields,
      );
    },
  });
  const problem = save.error ? Problem.from(save.error) : undefined;
  const rest = problem && problem.code !== "key_taken" ? sortFields(problem, POINTERS).rest : undefined;
  return (
    <Dialog onClose={onClose} title={t(field ? "crm.editField" : "crm.addField")}>
      <form onSubmit={form.onSubmit((values) => save.mutate(values))} noValidate>
        <Stack>
          {rest && <ProblemAlert error={save.error} text={rest} />}
          <TextInput
            label={t("crm.label")}
            required
            maxLength={60}
            data-autofocus
            dir="auto"
            {...form.getInputProps("label")}
          />
          <TextInput
            label={t("crm.key")}
            description={t("crm.keyHint")}
            required
            disabled={field !== undefined}
            maxLength={40}
            dir="ltr"
            {...form.getInputProps("key")}
          />
          <Select
            label={t("crm.type")}
            data={TYPES.map((value) => ({ value, label: t(`crm.type_${value}`) }))}
            disabled={field !== undefined}
            allowDeselect={false}
            {...form.getInputProps("type")}
          />
          {form.values.type === "choice" && (
            <TagsInput
              label={t("crm.choices")}
              description={t("crm.choicesHint")}
              maxTags={100}
              {...form.getInputProps("choices")}
            />
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("common.cancel")}
            </Button>
            <Button type="submit" loading={save.isPending}>
              {t("common.save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
