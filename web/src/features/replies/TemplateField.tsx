import { Button, Group, Menu, Stack, Text, Textarea } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { type ReactNode, useRef } from "react";
import { useTranslation } from "react-i18next";
import { api, ask } from "~/api/client";
import { Problem } from "~/api/problem";
import { sentenceOf, sentenceOfField } from "~/api/sentences";
import { customFieldsQuery } from "~/features/contacts/queries";
import { FilledText } from "./FilledText";
import classes from "./Replies.module.css";

type Purpose = "quick_reply" | "automatic";

const NAMES = ["contact.name", "contact.first_name", "contact.phone", "organization.name"] as const;
const PREVIEW_AFTER_MS = 300;

const previewQuery = (body: string, purpose: Purpose) =>
  queryOptions({
    queryKey: ["preview", purpose, body],
    queryFn: ({ signal }) => ask(api.POST("/v1/quick-replies/preview", { body: { body, purpose }, signal })),
    enabled: body.trim() !== "",
    placeholderData: keepPreviousData,
    retry: false,
    gcTime: 60_000,
  });

interface Props {
  label: string;
  purpose: Purpose;
  value: string;
  onChange(value: string): void;
  /** What the server said of it when it was saved. */
  error?: ReactNode;
  maxLength: number;
  autoFocus?: boolean;
}

/** A text with variables: where it is written, what can be put in, and what it would say. */
export function TemplateField({ label, purpose, value, onChange, error, maxLength, autoFocus }: Props) {
  const { t } = useTranslation();
  const field = useRef<HTMLTextAreaElement>(null);
  const [body] = useDebouncedValue(value, PREVIEW_AFTER_MS);
  const preview = useQuery(previewQuery(body, purpose));
  const fields = useQuery(customFieldsQuery).data ?? [];
  const problem = preview.error ? Problem.from(preview.error) : undefined;
  const wrong = problem?.fields.get("/body");
  const told = body.trim() === "" || !problem ? undefined : wrong ? sentenceOfField(wrong) : sentenceOf(problem);

  const put = (variable: string) => {
    const { selectionStart = value.length, selectionEnd = value.length } = field.current ?? {};
    // What nobody looks at needs words for those of whom nothing is known.
    const added = purpose === "automatic" && variable !== "organization.name" ? `{{${variable}|}}` : `{{${variable}}}`;
    onChange(value.slice(0, selectionStart) + added + value.slice(selectionEnd));
    const cursor = selectionStart + added.length - (added.endsWith("|}}") ? 2 : 0);
    setTimeout(() => {
      field.current?.focus();
      field.current?.setSelectionRange(cursor, cursor);
    });
  };
  const names = [...NAMES, ...(purpose === "quick_reply" ? (["user.name"] as const) : [])];

  return (
    <Stack gap="xs">
      <Textarea
        ref={field}
        label={label}
        description={t("replies.variablesHint", { example: "{{contact.first_name|Kak}}" })}
        autosize
        minRows={3}
        maxRows={12}
        maxLength={maxLength}
        dir="auto"
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        error={error ?? told}
        data-autofocus={autoFocus || undefined}
      />
      <Group>
        <Menu position="bottom-start" returnFocus={false}>
          <Menu.Target>
            <Button variant="default" size="xs">
              {t("replies.insertVariable")}
            </Button>
          </Menu.Target>
          <Menu.Dropdown mah={300} style={{ overflowY: "auto" }}>
            {names.map((name) => (
              <Menu.Item key={name} onClick={() => put(name)}>
                {t(`replies.var_${name.replace(".", "_") as "user_name"}`)}
              </Menu.Item>
            ))}
            {fields.map((each) => (
              <Menu.Item key={each.id} onClick={() => put(`contact.fields.${each.key}`)}>
                <bdi>{each.label}</bdi>
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      </Group>
      {value.trim() !== "" && preview.data && !told && (
        <div>
          <Text size="xs" c="dimmed" mb={4}>
            {t("replies.preview")}
          </Text>
          <div className={classes.preview} dir="auto" data-testid="preview">
            <FilledText text={preview.data.text} missing={preview.data.missing} />
          </div>
        </div>
      )}
    </Stack>
  );
}
