import { ActionIcon, Menu } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { IconSnooze } from "~/ui/icons";
import { useZone, when } from "~/ui/time";
import { PickTime } from "./PickTime";
import { PRESETS } from "./times";

interface Props {
  opened: boolean;
  onOpened(opened: boolean): void;
  disabled: boolean;
  onSnooze(until: Date): void;
}

const NAMES = Object.keys(PRESETS) as (keyof typeof PRESETS)[];

/** Puts a chat aside: for a while, until a day, or until any time. */
export function Snooze({ opened, onOpened, disabled, onSnooze }: Props) {
  const { t } = useTranslation();
  const [picking, setPicking] = useState(false);
  const zone = useZone();
  return (
    <>
      <Menu opened={opened} onChange={onOpened} position="bottom-end" withinPortal>
        <Menu.Target>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            disabled={disabled}
            aria-label={t("inbox.snooze")}
            title={disabled ? t("common.notAllowed") : `${t("inbox.snooze")} (M)`}
          >
            <IconSnooze size={20} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {NAMES.map((name) => (
            <Menu.Item
              key={name}
              rightSection={<small>{when(PRESETS[name](new Date(), zone).toISOString())}</small>}
              onClick={() => onSnooze(PRESETS[name](new Date(), zone))}
            >
              {t(`inbox.${name}`)}
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item onClick={() => setPicking(true)}>{t("inbox.snoozePick")}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {picking && (
        <PickTime
          title={t("inbox.snooze")}
          label={t("inbox.snoozeUntil")}
          act={t("inbox.snoozeSet")}
          from={PRESETS.snoozeTomorrow(new Date(), zone)}
          onClose={() => setPicking(false)}
          onPick={(until) => {
            setPicking(false);
            onSnooze(until);
          }}
        />
      )}
    </>
  );
}
