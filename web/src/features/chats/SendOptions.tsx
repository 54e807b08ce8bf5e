import { ActionIcon, Menu } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { IconClock, IconSendLater } from "~/ui/icons";
import { useZone, when } from "~/ui/time";
import classes from "./Composer.module.css";
import { PickTime } from "./PickTime";
import { type SendKey, useSendKey } from "./sendKey";
import { PRESETS } from "./times";

/** The server keeps no message for longer. */
const MAX_MS = 365 * 86_400_000;

const LATER = ["snoozeHour", "snoozeTomorrow", "snoozeWeek"] as const;
const KEYS = { enter: "composer.enterSends", "ctrl-enter": "composer.ctrlEnterSends" } as const;

/** When a message leaves, and which key sends it. */
export function SendOptions({ ready, onLater }: { ready: boolean; onLater(at: Date): void }) {
  const { t } = useTranslation();
  const [picking, setPicking] = useState(false);
  const [sendKey, setSendKey] = useSendKey();
  const zone = useZone();
  return (
    <>
      <Menu position="top-end">
        <Menu.Target>
          <ActionIcon
            variant="subtle"
            color="gray"
            radius="xl"
            className={classes.button}
            aria-label={t("composer.options")}
            title={t("composer.options")}
          >
            <IconSendLater size={20} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{t("composer.later")}</Menu.Label>
          {LATER.map((name) => (
            <Menu.Item
              key={name}
              disabled={!ready}
              rightSection={<small>{when(PRESETS[name](new Date(), zone).toISOString())}</small>}
              onClick={() => onLater(PRESETS[name](new Date(), zone))}
            >
              {t(`inbox.${name}`)}
            </Menu.Item>
          ))}
          <Menu.Item disabled={!ready} leftSection={<IconClock size={18} />} onClick={() => setPicking(true)}>
            {t("inbox.snoozePick")}
          </Menu.Item>
          {!ready && <Menu.Label>{t("composer.laterEmpty")}</Menu.Label>}
          <Menu.Divider />
          <Menu.Label>{t("composer.sendKey")}</Menu.Label>
          <Menu.RadioGroup value={sendKey} onChange={(key) => setSendKey(key as SendKey)}>
            {(["enter", "ctrl-enter"] as const).map((key) => (
              <Menu.RadioItem key={key} value={key}>
                {t(KEYS[key])}
              </Menu.RadioItem>
            ))}
          </Menu.RadioGroup>
        </Menu.Dropdown>
      </Menu>
      {picking && (
        <PickTime
          title={t("composer.later")}
          label={t("composer.laterAt")}
          act={t("composer.schedule")}
          from={PRESETS.snoozeTomorrow(new Date(), zone)}
          until={new Date(Date.now() + MAX_MS)}
          onClose={() => setPicking(false)}
          onPick={(at) => {
            setPicking(false);
            onLater(at);
          }}
        />
      )}
    </>
  );
}
