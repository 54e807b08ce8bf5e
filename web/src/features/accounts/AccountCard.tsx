import { ActionIcon, Button, Card, Group, Menu, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { adviceOf } from "~/api/sentences";
import type { Account } from "~/api/types";
import { Ago, Since } from "~/ui/Ago";
import { Allowed, useMay } from "~/ui/Allowed";
import {
  IconConnect,
  IconEdit,
  IconGauge,
  IconHistory,
  IconMore,
  IconPause,
  IconQr,
  IconTrash,
  IconUnlink,
  IconUser,
} from "~/ui/icons";
import { RowProblem } from "~/ui/RowProblem";
import { gravityOf, StatePill } from "~/ui/StatePill";
import { full } from "~/ui/time";
import classes from "./AccountCard.module.css";
import { Activity } from "./Activity";
import { UNDER_WAY } from "./drops";

/** What the person asked for on a card. */
export type Wish = "link" | "pause" | "logout" | "delete" | "history" | "pacing" | "handler" | "rename";

interface Props {
  account: Account;
  pausing: boolean;
  onWish(wish: Wish): void;
}

/** What the main button of a card does in each state. */
function mainWish(account: Account): { wish: "link" | "pause"; text: "connect" | "reconnect" | "showQr" | "pause" } {
  switch (account.state) {
    case "created":
      return { wish: "link", text: account.last_connected_at ? "reconnect" : "connect" };
    case "paused":
      return { wish: "link", text: "connect" };
    case "logged_out":
    case "banned":
    case "pairing_code":
    case "passkey_required":
      return { wish: "link", text: "reconnect" };
    case "need_scan":
      return { wish: "link", text: "showQr" };
    case "starting":
    case "syncing":
    case "connected":
    case "reconnecting":
    case "restricted":
      return { wish: "pause", text: "pause" };
    default:
      return account.state satisfies never;
  }
}

export function AccountCard({ account, pausing, onWish }: Props) {
  const { t } = useTranslation();
  const mayManage = useMay("accounts:manage");
  const { wish, text } = mainWish(account);
  const gravity = gravityOf(account);

  return (
    <Card component="article" aria-label={account.name} className={classes.card} data-gravity={gravity}>
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <div className={classes.names}>
          <Text fw={650} size="lg" truncate>
            {account.name}
          </Text>
          <Text size="sm" c="dimmed" dir={account.phone ? "ltr" : undefined} className={classes.number} truncate>
            {account.phone ?? t("account.noNumber")}
            {account.phone && account.push_name ? ` · ${account.push_name}` : ""}
          </Text>
        </div>
        <Menu width={220}>
          <Menu.Target>
            <ActionIcon variant="subtle" color="gray" aria-label={t("account.menuOf", { name: account.name })}>
              <IconMore size={20} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item leftSection={<IconHistory size={18} />} onClick={() => onWish("history")}>
              {t("account.history")}
            </Menu.Item>
            {UNDER_WAY.has(account.state) && wish === "link" && (
              <Menu.Item leftSection={<IconPause size={18} />} disabled={!mayManage} onClick={() => onWish("pause")}>
                {t("account.pause")}
              </Menu.Item>
            )}
            <Menu.Item leftSection={<IconGauge size={18} />} disabled={!mayManage} onClick={() => onWish("pacing")}>
              {t("account.editPacing")}
            </Menu.Item>
            <Menu.Item leftSection={<IconUser size={18} />} disabled={!mayManage} onClick={() => onWish("handler")}>
              {t("account.handlerEdit")}
            </Menu.Item>
            <Menu.Item leftSection={<IconEdit size={18} />} disabled={!mayManage} onClick={() => onWish("rename")}>
              {t("account.rename")}
            </Menu.Item>
            {wish === "link" && account.state !== "paused" ? null : (
              <Menu.Item leftSection={<IconUnlink size={18} />} disabled={!mayManage} onClick={() => onWish("logout")}>
                {t("account.logout")}
              </Menu.Item>
            )}
            <Menu.Divider />
            <Menu.Item
              color="var(--problem)"
              leftSection={<IconTrash size={18} />}
              disabled={!mayManage}
              onClick={() => onWish("delete")}
            >
              {t("account.delete")}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </Group>

      <Group gap="xs" mt="sm">
        <StatePill account={account} />
        <Text size="sm" c="dimmed">
          <Since at={account.state_since} />
        </Text>
      </Group>

      <Text size="sm" mt="sm" className={classes.advice}>
        {adviceOf(account)}
        {account.limited_until && ` ${t("account.limitedUntil", { time: full(account.limited_until) })}`}
      </Text>

      <dl className={classes.facts}>
        <div>
          <dt>{t("account.queue")}</dt>
          <dd data-warn={(account.queued > 0 && gravity !== "fine") || undefined}>
            {account.queued > 0 ? t("account.queue_count", { count: account.queued }) : t("account.queueEmpty")}
          </dd>
        </div>
        <div>
          <dt>{t("account.pacing")}</dt>
          <dd>
            {account.pacing
              ? t("account.pacingValue", { perMinute: account.pacing.per_minute, burst: account.pacing.burst })
              : t("account.pacingOff")}
          </dd>
        </div>
        <div>
          <dt>{t("account.lastConnected")}</dt>
          <dd>{account.last_connected_at ? <Ago at={account.last_connected_at} /> : t("common.never")}</dd>
        </div>
        <Activity account={account} />
      </dl>

      <Stack mt="auto" pt="md">
        <RowProblem of={account.id} />
        <div className={classes.buttons}>
          {wish === "link" ? (
            <Allowed to="accounts:connect">
              <Button
                px="sm"
                leftSection={text === "showQr" ? <IconQr size={18} /> : <IconConnect size={18} />}
                onClick={() => onWish("link")}
              >
                {t(`account.${text}`)}
              </Button>
            </Allowed>
          ) : (
            <Allowed to="accounts:manage">
              <Button
                px="sm"
                variant="default"
                leftSection={<IconPause size={18} />}
                loading={pausing}
                onClick={() => onWish("pause")}
              >
                {t("account.pause")}
              </Button>
            </Allowed>
          )}
          <Button variant="default" px="sm" leftSection={<IconHistory size={18} />} onClick={() => onWish("history")}>
            {t("account.history")}
          </Button>
        </div>
      </Stack>
    </Card>
  );
}
