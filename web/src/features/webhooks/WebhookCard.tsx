import { ActionIcon, Badge, Button, Card, Group, Menu, Switch, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Webhook } from "~/api/types";
import { setFailure } from "~/ui/failures";
import { IconEdit, IconKey, IconList, IconMore, IconReplay, IconTest, IconTrash } from "~/ui/icons";
import { RowProblem } from "~/ui/RowProblem";
import { useChange, useTest } from "./actions";

export type Wish = "log" | "replay" | "edit" | "rotate" | "delete";

export function WebhookCard({ webhook, onWish }: { webhook: Webhook; onWish(wish: Wish): void }) {
  const { t } = useTranslation();
  const change = useChange();
  const test = useTest();
  return (
    <Card component="article" aria-label={webhook.url} padding="md">
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <div style={{ minWidth: 0 }}>
          <Text fw={600} dir="ltr" style={{ textAlign: "start" }} truncate>
            {webhook.url}
          </Text>
          <Group gap={6} mt={6}>
            <Badge variant="outline" color="gray">
              {t(`webhook.${webhook.envelope}`)}
            </Badge>
            {webhook.events.includes("*") ? (
              <Badge variant="light">{t("webhook.eventsAll")}</Badge>
            ) : (
              webhook.events.slice(0, 6).map((event) => (
                <Badge key={event} variant="light" dir="ltr">
                  {event}
                </Badge>
              ))
            )}
            {webhook.events.length > 6 && <Badge variant="light">+{webhook.events.length - 6}</Badge>}
          </Group>
        </div>
        <Menu width={200}>
          <Menu.Target>
            <ActionIcon variant="subtle" color="gray" aria-label={t("webhook.menuOf", { name: webhook.url })}>
              <IconMore size={20} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item leftSection={<IconEdit size={18} />} onClick={() => onWish("edit")}>
              {t("webhook.edit")}
            </Menu.Item>
            <Menu.Item leftSection={<IconKey size={18} />} onClick={() => onWish("rotate")}>
              {t("webhook.rotate")}
            </Menu.Item>
            <Menu.Divider />
            <Menu.Item color="var(--problem)" leftSection={<IconTrash size={18} />} onClick={() => onWish("delete")}>
              {t("common.delete")}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </Group>
      {!webhook.enabled && webhook.disabled_reason && (
        <Text size="sm" c="red" mt="xs">
          {webhook.disabled_reason}
        </Text>
      )}
      <Group justify="space-between" mt="md" gap="sm">
        <Switch
          checked={webhook.enabled}
          disabled={change.isPending}
          label={webhook.enabled ? t("webhook.enabled") : t("webhook.disabled")}
          onChange={(event) => {
            setFailure(webhook.id, undefined);
            const { checked: enabled } = event.currentTarget;
            change.mutate({ id: webhook.id, enabled }, { onError: (error) => setFailure(webhook.id, error) });
          }}
        />
        <Group gap="xs">
          <Button
            variant="default"
            size="xs"
            leftSection={<IconTest size={16} />}
            loading={test.isPending}
            onClick={() => test.mutate(webhook.id)}
          >
            {t("webhook.test")}
          </Button>
          <Button variant="default" size="xs" leftSection={<IconReplay size={16} />} onClick={() => onWish("replay")}>
            {t("webhook.replay")}
          </Button>
          <Button variant="default" size="xs" leftSection={<IconList size={16} />} onClick={() => onWish("log")}>
            {t("webhook.log")}
          </Button>
        </Group>
      </Group>
      <RowProblem of={webhook.id} />
    </Card>
  );
}
