import { ActionIcon, NumberInput, Select, Switch, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { Problem, sortFields } from "~/api/problem";
import type { Contact, CustomField } from "~/api/types";
import { currentLanguage } from "~/i18n";
import { useMay } from "~/ui/Allowed";
import { setFailure } from "~/ui/failures";
import { IconClose } from "~/ui/icons";
import { RowProblem } from "~/ui/RowProblem";
import { day } from "~/ui/time";
import { type FieldValue, useChangeContact } from "./actions";
import classes from "./Contacts.module.css";
import { customFieldsQuery } from "./queries";
import { Nothing, Section } from "./Section";

/** The organization's own fields; a click on a value changes it. */
export function Fields({ contact }: { contact: Contact }) {
  const { t } = useTranslation();
  const fields = useQuery(customFieldsQuery).data;
  return (
    <Section title={t("contact.fields")}>
      {fields?.length === 0 && <Nothing text={t("contact.noFields")} />}
      <dl className={classes.facts}>
        {fields?.map((field) => (
          <Field key={field.id} contact={contact} field={field} />
        ))}
      </dl>
    </Section>
  );
}

function Field({ contact, field }: { contact: Contact; field: CustomField }) {
  const { t } = useTranslation();
  const may = useMay("contacts:write");
  const [editing, setEditing] = useState(false);
  const change = useChangeContact(contact.id);
  const value = contact.fields[field.key];
  const row = `${contact.id} ${field.key}`;
  const save = (next: FieldValue | null) => {
    setFailure(row, undefined);
    if (next === (value ?? null)) return setEditing(false);
    change.mutate({ fields: { [field.key]: next } }, { onSuccess: () => setEditing(false), onError: onError });
  };
  const onError = (error: unknown) => {
    // What is wrong with the value is said at the field; anything else is not the value's fault.
    if (!Problem.from(error).fields.has(`/fields/${field.key}`)) setFailure(row, error);
  };
  const pointers = { [`/fields/${field.key}`]: "value" } as const;
  const wrong = change.error ? sortFields<"value">(Problem.from(change.error), pointers).fields.value : undefined;
  if (field.type === "boolean") {
    return (
      <>
        <dt>{field.label}</dt>
        <dd>
          <Switch
            size="sm"
            checked={value === true}
            disabled={!may}
            onChange={(event) => save(event.currentTarget.checked)}
            aria-label={field.label}
          />
          <RowProblem of={row} />
        </dd>
      </>
    );
  }
  return (
    <>
      <dt>{field.label}</dt>
      <dd>
        {editing ? (
          <Editor field={field} value={value} error={wrong} onSave={save} onClose={() => setEditing(false)} />
        ) : (
          <>
            <button
              type="button"
              className={classes.plain}
              disabled={!may}
              onClick={() => setEditing(true)}
              aria-label={`${t("contact.change", { label: field.label })}: ${value === undefined ? t("contact.notSet") : shown(field, value)}`}
            >
              {value === undefined ? (
                <Text span size="sm" c="dimmed">
                  {t("contact.notSet")}
                </Text>
              ) : (
                <bdi>{shown(field, value)}</bdi>
              )}
            </button>
            {value !== undefined && may && (
              <ActionIcon
                variant="subtle"
                color="gray"
                size="xs"
                onClick={() => save(null)}
                aria-label={t("contact.clear", { label: field.label })}
              >
                <IconClose size={12} />
              </ActionIcon>
            )}
          </>
        )}
        <RowProblem of={row} />
      </dd>
    </>
  );
}

function shown(field: CustomField, value: FieldValue): string {
  if (field.type === "date" && typeof value === "string") return day(value);
  if (typeof value === "number") return new Intl.NumberFormat(currentLanguage()).format(value);
  return String(value);
}

interface EditorProps {
  field: CustomField;
  value: FieldValue | undefined;
  error: string | undefined;
  onSave(value: FieldValue | null): void;
  onClose(): void;
}

/** Enter saves, Esc takes it back. */
function Editor({ field, value, error, onSave, onClose }: EditorProps) {
  const [text, setText] = useState(value === undefined ? "" : String(value));
  const save = () => {
    const trimmed = text.trim();
    if (trimmed === "") return onSave(null);
    onSave(field.type === "number" ? Number(trimmed) : trimmed);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Enter") save();
    if (event.key === "Escape") {
      event.stopPropagation();
      onClose();
    }
  };
  const common = {
    size: "xs",
    error,
    "aria-label": field.label,
    autoFocus: true,
    onKeyDown,
    // On narrow screens, Esc would close the drawer around it.
    "data-mantine-stop-propagation": true,
  } as const;
  if (field.type === "choice") {
    return (
      <Select
        {...common}
        data={field.choices}
        value={text || null}
        searchable
        clearable
        defaultDropdownOpened
        onChange={(choice) => onSave(choice)}
        onBlur={onClose}
      />
    );
  }
  if (field.type === "number") {
    return (
      <NumberInput {...common} value={text} onChange={(next) => setText(String(next))} onBlur={save} hideControls />
    );
  }
  return (
    <TextInput
      {...common}
      type={field.type === "date" ? "date" : "text"}
      dir="auto"
      value={text}
      maxLength={1000}
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={save}
    />
  );
}
