import { Card, Skeleton, Stack, Switch, TagsInput, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { organizationQuery } from "~/api/queries";
import type { AutomaticText, OptOut, Organization } from "~/api/types";
import { ProblemAlert } from "~/ui/ProblemAlert";
import { HoursForm } from "./HoursForm";
import { SaveForm } from "./SaveForm";
import { useDecide } from "./settings";
import { TemplateField } from "./TemplateField";

const MAX_TEXT = 2_000;
const MAX_WORDS = 50;

/** What Pesan sends by itself, and when. */
export function AutomaticSettings() {
  const { t } = useTranslation();
  const organization = useQuery(organizationQuery);
  if (organization.error && !organization.data) {
    return <ProblemAlert error={organization.error} retry={() => void organization.refetch()} />;
  }
  if (!organization.data) return <Skeleton h={300} />;
  const { settings } = organization.data;
  return (
    <Stack>
      <Text c="dimmed">{t("replies.automaticText")}</Text>
      <TextForm name="welcome" saved={settings.welcome} />
      <Section title={t("replies.hours")} text={t("replies.hoursText")}>
        <HoursForm saved={settings.business_hours} />
      </Section>
      <TextForm name="away" saved={settings.away} hint={awayHint(settings)} />
      <OptOutForm saved={settings.opt_out} />
    </Stack>
  );

  function awayHint({ away, business_hours }: Organization["settings"]): string | undefined {
    return away.enabled && !business_hours ? t("replies.awayNeedsHours") : undefined;
  }
}

function Section({ title, text, children }: { title: string; text: string; children: ReactNode }) {
  return (
    <Card component="section" aria-label={title}>
      <Title order={2} size="h4">
        {title}
      </Title>
      <Text size="sm" c="dimmed" mb="sm">
        {text}
      </Text>
      {children}
    </Card>
  );
}

function TextForm(props: { name: "welcome" | "away"; saved: AutomaticText; hint?: string | undefined }) {
  const { t } = useTranslation();
  const { name, saved, hint } = props;
  const [value, setValue] = useState(saved);
  const { save, error, wrongAt } = useDecide();
  return (
    <Section title={t(`replies.${name}`)} text={t(`replies.${name}Text`)}>
      <SaveForm busy={save.isPending} onSave={() => save.mutate({ [name]: value })}>
        {error && <ProblemAlert error={error} />}
        <TextFields
          switchLabel={t(`replies.${name}On`)}
          value={value}
          onChange={(changed) => {
            setValue(changed);
            // What was wrong with what it was before says nothing of what it is now.
            if (save.isError) save.reset();
          }}
          error={wrongAt(`/${name}/text`)}
        />
        {hint && (
          <Text size="sm" c="var(--problem)">
            {hint}
          </Text>
        )}
      </SaveForm>
    </Section>
  );
}

function TextFields(props: {
  switchLabel: string;
  value: AutomaticText;
  onChange(value: AutomaticText): void;
  error: string | undefined;
}) {
  const { t } = useTranslation();
  const { switchLabel, value, onChange, error } = props;
  return (
    <>
      <Switch
        label={switchLabel}
        checked={value.enabled}
        onChange={(event) => onChange({ ...value, enabled: event.currentTarget.checked })}
      />
      {(value.enabled || value.text !== "") && (
        <TemplateField
          label={t("replies.message")}
          purpose="automatic"
          value={value.text}
          onChange={(text) => onChange({ ...value, text })}
          error={error}
          maxLength={MAX_TEXT}
        />
      )}
    </>
  );
}

function OptOutForm({ saved }: { saved: OptOut }) {
  const { t } = useTranslation();
  const [value, setValue] = useState(saved);
  const { save, error, wrongAt } = useDecide();
  const change = (part: Partial<OptOut>) => {
    setValue({ ...value, ...part });
    if (save.isError) save.reset();
  };
  return (
    <Section title={t("replies.optOut")} text={t("replies.optOutText")}>
      <SaveForm busy={save.isPending} onSave={() => save.mutate({ opt_out: value })}>
        {error && <ProblemAlert error={error} />}
        <Switch
          label={t("replies.optOutOn")}
          checked={value.enabled}
          onChange={(event) => change({ enabled: event.currentTarget.checked })}
        />
        {value.enabled && (
          <>
            <TagsInput
              label={t("replies.words")}
              description={t("replies.wordsHint")}
              maxTags={MAX_WORDS}
              value={value.words}
              onChange={(words) => change({ words })}
              error={wrongAt("/opt_out/words", true)}
            />
            <TagsInput
              label={t("replies.optInWords")}
              maxTags={MAX_WORDS}
              value={value.opt_in_words}
              onChange={(opt_in_words) => change({ opt_in_words })}
              error={wrongAt("/opt_out/opt_in_words", true)}
            />
            <TextFields
              switchLabel={t("replies.optOutReply")}
              value={value.reply}
              onChange={(reply) => change({ reply })}
              error={wrongAt("/opt_out/reply/text")}
            />
            <TextFields
              switchLabel={t("replies.optInReply")}
              value={value.opt_in_reply}
              onChange={(opt_in_reply) => change({ opt_in_reply })}
              error={wrongAt("/opt_out/opt_in_reply/text")}
            />
          </>
        )}
      </SaveForm>
    </Section>
  );
}
