import { Button, Checkbox, Group, MultiSelect, Radio, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Problem, sortFields } from "~/api/problem";
import { accountsQuery } from "~/api/queries";
import type { Webhook } from "~/api/types";
import { Dialog } from "~/ui/Dialog";
import { ProblemAlert } from "~/ui/ProblemAlert";
import { useChange, useCreate, type WebhookValues } from "./actions";
import { EVENT_GROUPS, GROUPS } from "./events";

const POINTERS: Record<string, keyof WebhookValues> = {
  "/url": "url",
  "/events": "events",
  "/envelope": "envelope",
  "/accounts": "accounts",
};

interface Props {
  /** The one that is changed; none when a new one is made. */
  webhook: Webhook | undefined;
  /** Called with the secret of a new webhook. */
  onSecret(secret: string): void;
  onClose(): void;
}

export function WebhookForm({ webhook, onSecret, onClose }: Props) {
  const { t } = useTranslation();
  const accounts = useQuery(accountsQuery).data;
  const create = useCreate();
  const change = useChange();
  const form = useForm<WebhookValues>({
    initialValues: {
      url: webhook?.url ?? "",
      events: webhook?.events ?? ["*"],
      envelope: webhook?.envelope ?? "native",
      accounts: webhook?.accounts ?? [],
    },
    validate: { events: (events) => (events.length === 0 ? t("webhook.eventsHint") : null) },
  });
  const error = create.error ?? change.error;
  const rest = error ? sortFields(Problem.from(error), POINTERS).rest : undefined;
  const onError = (failed: unknown) => form.setErrors(sortFields(Problem.from(failed), POINTERS).fields);
  const { events } = form.values;
  const setEvents = (wanted: string[]) => form.setFieldValue("events", wanted);
  const all = events.includes("*");

  return (
    <Dialog onClose={onClose} size="lg" title={webhook ? t("webhook.edit") : t("webhook.add")}>
      <form
        noValidate
        onSubmit={form.onSubmit((values) => {
          if (webhook) change.mutate({ id: webhook.id, ...values }, { onSuccess: onClose, onError });
          else create.mutate(values, { onSuccess: ({ secret }) => (secret ? onSecret(secret) : onClose()), onError });
        })}
      >
        <Stack>
          {rest && error && <ProblemAlert error={error} text={rest} />}
          <TextInput
            label={t("webhook.url")}
            description={t("webhook.urlHint")}
            placeholder="https://example.org/pesan"
            type="url"
            dir="ltr"
            required
            data-autofocus
            {...form.getInputProps("url")}
          />
          <Checkbox.Group label={t("webhook.events")} error={form.errors.events} value={events} onChange={setEvents}>
            <Stack gap="sm" mt="xs">
              <Checkbox value="*" label={t("webhook.eventsAll")} onChange={() => setEvents(all ? [] : ["*"])} />
              {!all &&
                GROUPS.map((group) => {
                  const star = `${group}.*`;
                  const whole = events.includes(star);
                  return (
                    <Stack key={group} gap={6}>
                      <Checkbox
                        value={star}
                        label={t(`webhook.group_${group}`)}
                        onChange={() => {
                          const others = events.filter((event) => !event.startsWith(`${group}.`));
                          setEvents(whole ? others : [...others, star]);
                        }}
                      />
                      {!whole && (
                        <Group gap="sm" ms={32}>
                          {EVENT_GROUPS[group].map((event) => (
                            <Checkbox key={event} size="xs" value={event} label={<span dir="ltr">{event}</span>} />
                          ))}
                        </Group>
                      )}
                    </Stack>
                  );
                })}
            </Stack>
          </Checkbox.Group>
          <Radio.Group label={t("webhook.envelope")} {...form.getInputProps("envelope")}>
            <Stack gap="xs" mt="xs">
              <Radio value="native" label={t("webhook.native")} description={t("webhook.nativeHint")} />
              <Radio value="simple" label={t("webhook.simple")} description={t("webhook.simpleHint")} />
            </Stack>
          </Radio.Group>
          {(accounts?.length ?? 0) > 1 && (
            <MultiSelect
              label={t("webhook.accounts")}
              placeholder={form.values.accounts.length === 0 ? t("webhook.accountsAll") : undefined}
              data={accounts?.map((account) => ({ value: account.id, label: account.name }))}
              clearable
              {...form.getInputProps("accounts")}
            />
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("common.cancel")}
            </Button>
            <Button type="submit" loading={create.isPending || change.isPending}>
              {webhook ? t("common.save") : t("common.create")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
