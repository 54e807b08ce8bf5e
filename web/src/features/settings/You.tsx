import { Button, Card, Group, Select, Stack, Switch, Text } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, ask } from "~/api/client";
import { meQuery } from "~/api/queries";
import type { Preferences } from "~/api/types";
import { usePreferences } from "~/app/preferences";
import { notifyDone, notifyProblem } from "~/ui/notify";

/** The browser's own first: it may be one that the list leaves out, as UTC. */
const OWN_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;
const ZONES = [...new Set([OWN_ZONE, ...Intl.supportedValuesOf("timeZone")])];

/** What a person sets for themselves; each change is kept at once. */
export function You() {
  const { t } = useTranslation();
  const me = useQuery(meQuery).data;
  const { preferences, save } = usePreferences();
  const keep = (change: Partial<Preferences>) =>
    save.mutate(change, { onSuccess: () => notifyDone(t("people.saved")) });
  const test = useMutation({
    mutationFn: () => ask(api.POST("/v1/me/test-mail")),
    onSuccess: () => notifyDone(t("people.mailTestSent", { email: me?.user?.email ?? "" })),
    onError: notifyProblem,
  });
  const user = me?.user;
  if (!user) return null;
  const { time_zone, mail_on_drop, mail_on_reminder } = preferences;
  return (
    <Stack maw={520}>
      <Text c="dimmed">{t("people.youText")}</Text>
      <Card padding="lg">
        <Stack>
          <Select
            label={t("people.zone")}
            description={t("people.zoneHint")}
            searchable
            data={ZONES}
            value={time_zone ?? OWN_ZONE}
            allowDeselect={false}
            onChange={(value) => value && keep({ time_zone: value })}
          />
          <Switch
            label={t("people.mailOnDrop")}
            description={me.mail ? undefined : t("people.mailOff")}
            disabled={!me.mail}
            checked={mail_on_drop ?? user.role !== "agent"}
            onChange={(event) => keep({ mail_on_drop: event.currentTarget.checked })}
          />
          <Switch
            label={t("people.mailOnReminder")}
            disabled={!me.mail}
            checked={mail_on_reminder ?? true}
            onChange={(event) => keep({ mail_on_reminder: event.currentTarget.checked })}
          />
          <Group>
            <Button variant="default" disabled={!me.mail} loading={test.isPending} onClick={() => test.mutate()}>
              {t("people.mailTest")}
            </Button>
          </Group>
        </Stack>
      </Card>
    </Stack>
  );
}
