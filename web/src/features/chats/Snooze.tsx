import { ActionIcon, Button, Group, Menu, Modal, Stack, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { IconSnooze } from "~/ui/icons";
import { fieldValue, PRESETS, when } from "./times";

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
              rightSection={<small>{when(PRESETS[name](new Date()).toISOString())}</small>}
              onClick={() => onSnooze(PRESETS[name](new Date()))}
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

function PickTime({ onPick, onClose }: { onPick(until: Date): void; onClose(): void }) {
  const { t } = useTranslation();
  const [value, setValue] = useState(() => fieldValue(PRESETS.snoozeTomorrow(new Date())));
  const [isPast, setPast] = useState(false);
  return (
    <Modal opened onClose={onClose} title={t("inbox.snooze")} closeButtonProps={{ "aria-label": t("common.close") }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const until = new Date(value);
          const isFuture = until.getTime() > Date.now();
          setPast(!isFuture);
          if (isFuture) onPick(until);
        }}
      >
        <Stack>
          <TextInput
            type="datetime-local"
            step={1}
            label={t("inbox.snoozeUntil")}
            required
            value={value}
            error={isPast && t("inbox.snoozePast")}
            onChange={(event) => setValue(event.currentTarget.value)}
            data-autofocus
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("common.cancel")}
            </Button>
            <Button type="submit">{t("inbox.snoozeSet")}</Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
