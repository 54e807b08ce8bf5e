import {
  ActionIcon,
  Anchor,
  Badge,
  Button,
  CopyButton,
  Group,
  Stack,
  Switch,
  Text,
  TextInput,
  Title,
  Tooltip,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Problem, sortFields } from "~/api/problem";
import type { Contact, Merge } from "~/api/types";
import { currentLanguage } from "~/i18n";
import { Allowed } from "~/ui/Allowed";
import { Confirm } from "~/ui/Confirm";
import { Dialog } from "~/ui/Dialog";
import { IconCheck, IconCopy, IconEdit } from "~/ui/icons";
import { isolated, seen, withoutTurns } from "~/ui/names";
import { ProblemAlert } from "~/ui/ProblemAlert";
import { day } from "~/ui/time";
import { type ContactValues, useChangeContact, useUnmerge } from "./actions";
import { ContactTags } from "./ContactTags";
import { mergesQuery } from "./queries";

/** Who somebody is: names, numbers, language, whether they want to be written to, and tags. */
export function Identity({ contact }: { contact: Contact }) {
  const { t } = useTranslation();
  const [editing, setEditing] = useState(false);
  const merges = useQuery(mergesQuery(contact.id)).data?.filter((merge) => !merge.undone_at) ?? [];
  const pushName = seen(contact.push_name);
  return (
    <Stack gap={4}>
      <Group justify="space-between" wrap="nowrap" gap="xs" align="flex-start">
        <Title order={3} size="h4" dir="auto">
          {contact.name}
        </Title>
        <Allowed to="contacts:write">
          <ActionIcon variant="subtle" color="gray" onClick={() => setEditing(true)} aria-label={t("contact.edit")}>
            <IconEdit size={18} />
          </ActionIcon>
        </Allowed>
      </Group>
      <PhoneNumber phone={contact.phone} />
      {contact.other_numbers.map((number) => (
        <Text key={number} size="sm" c="dimmed">
          {t("contact.alsoWritten")}: <bdi dir="ltr">{number}</bdi>
        </Text>
      ))}
      {pushName !== undefined && pushName !== contact.name && (
        <Text size="sm" c="dimmed">
          {t("contact.onWhatsApp", { name: isolated(pushName) })}
        </Text>
      )}
      {contact.language && (
        <Text size="sm" c="dimmed">
          {t("contact.language")}: <bdi>{languageName(contact.language)}</bdi>
        </Text>
      )}
      <Text size="sm" c="dimmed">
        {t("contact.since", { date: day(contact.created_at) })}
      </Text>
      {contact.opted_out_at && (
        <Tooltip label={t("contact.optedOutSince", { date: day(contact.opted_out_at) })}>
          <Badge color="red" variant="light">
            {t("contact.optedOut")}
          </Badge>
        </Tooltip>
      )}
      <ContactTags contact={contact} />
      {merges.map((merge) => (
        <Also key={merge.id} contactId={contact.id} merge={merge} />
      ))}
      {editing && <EditDialog contact={contact} onClose={() => setEditing(false)} />}
    </Stack>
  );
}

/** What a language is called in the one that is shown. */
function languageName(tag: string): string {
  return new Intl.DisplayNames(currentLanguage(), { type: "language" }).of(tag) ?? tag;
}

function PhoneNumber({ phone }: { phone: string | null | undefined }) {
  const { t } = useTranslation();
  if (!phone) {
    return (
      <Text size="sm" c="dimmed">
        {t("contact.noNumber")}
      </Text>
    );
  }
  return (
    <Group gap={4}>
      <Text size="sm" dir="ltr">
        {phone}
      </Text>
      <CopyButton value={phone}>
        {({ copied, copy }) => (
          <Tooltip label={copied ? t("common.copied") : t("contact.copyNumber")}>
            <ActionIcon variant="subtle" color="gray" size="sm" onClick={copy} aria-label={t("contact.copyNumber")}>
              {copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
            </ActionIcon>
          </Tooltip>
        )}
      </CopyButton>
    </Group>
  );
}

/** Another record that somebody joined with this one. */
function Also({ contactId, merge }: { contactId: string; merge: Merge }) {
  const { t } = useTranslation();
  const [asking, setAsking] = useState(false);
  const unmerge = useUnmerge(contactId);
  return (
    <Group gap={6} wrap="nowrap">
      <Text size="sm">
        {t("contact.also")}: <bdi>{withoutTurns(merge.other.name)}</bdi>{" "}
        {merge.other.phone && merge.other.phone !== merge.other.name && <span dir="ltr">{merge.other.phone}</span>}
      </Text>
      <Allowed to="contacts:write">
        <Anchor component="button" type="button" size="sm" onClick={() => setAsking(true)}>
          {t("contact.unmerge")}
        </Anchor>
      </Allowed>
      {asking && (
        <Confirm
          title={t("contact.unmerge")}
          text={t("contact.unmergeText", { name: merge.other.name })}
          act={t("contact.unmerge")}
          busy={unmerge.isPending}
          error={unmerge.error}
          onConfirm={() => unmerge.mutate(merge.id, { onSuccess: () => setAsking(false) })}
          onClose={() => setAsking(false)}
        />
      )}
    </Group>
  );
}

const POINTERS = { "/name": "name", "/language": "language", "/opted_out": "optedOut" } as const;

function EditDialog({ contact, onClose }: { contact: Contact; onClose(): void }) {
  const { t } = useTranslation();
  const change = useChangeContact(contact.id);
  const form = useForm({
    initialValues: {
      name: contact.own_name ?? "",
      language: contact.language ?? "",
      optedOut: contact.opted_out_at != null,
    },
  });
  const rest = change.error ? sortFields(Problem.from(change.error), POINTERS).rest : undefined;
  const save = form.onSubmit(({ name, language, optedOut }) => {
    const values: ContactValues = {
      name: name.trim() || null,
      language: language.trim() || null,
      opted_out: optedOut,
    };
    change.mutate(values, {
      onSuccess: onClose,
      onError: (error) => form.setErrors(sortFields(Problem.from(error), POINTERS).fields),
    });
  });
  return (
    <Dialog onClose={onClose} title={t("contact.edit")}>
      <form onSubmit={save} noValidate>
        <Stack>
          {rest && <ProblemAlert error={change.error} text={rest} />}
          <TextInput
            label={t("common.name")}
            description={t("contact.nameHint")}
            maxLength={100}
            data-autofocus
            dir="auto"
            {...form.getInputProps("name")}
          />
          <TextInput
            label={t("contact.language")}
            description={t("contact.languageHint")}
            maxLength={35}
            {...form.getInputProps("language")}
          />
          <Switch label={t("contact.optedOut")} {...form.getInputProps("optedOut", { type: "checkbox" })} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("common.cancel")}
            </Button>
            <Button type="submit" loading={change.isPending}>
              {t("common.save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
