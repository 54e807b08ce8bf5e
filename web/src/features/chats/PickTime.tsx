import { Button, Group, Stack, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Dialog } from "~/ui/Dialog";
import { fromField, toField } from "~/ui/moments";
import { browserZone, useZone } from "~/ui/time";

interface Props {
  title: string;
  label: string;
  /** What the button says. */
  act: string;
  /** What the field begins with. */
  from: Date;
  /** The last moment that can be chosen. */
  until?: Date;
  onPick(moment: Date): void;
  onClose(): void;
}

/** Asks for a moment to come. */
export function PickTime({ title, label, act, from, until, onPick, onClose }: Props) {
  const { t } = useTranslation();
  const zone = useZone();
  const [value, setValue] = useState(() => toField(from, zone, "second"));
  const [wrong, setWrong] = useState<"past" | "late">();
  return (
    <Dialog onClose={onClose} title={title}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const moment = fromField(value, zone);
          const flaw = !(moment.getTime() > Date.now()) ? "past" : until && moment > until ? "late" : undefined;
          setWrong(flaw);
          if (!flaw) onPick(moment);
        }}
      >
        <Stack>
          <TextInput
            type="datetime-local"
            step={1}
            label={label}
            description={zone === browserZone() ? undefined : t("reminder.inZone", { zone })}
            required
            value={value}
            error={wrong && t(wrong === "past" ? "inbox.snoozePast" : "composer.tooLate")}
            onChange={(event) => setValue(event.currentTarget.value)}
            data-autofocus
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("common.cancel")}
            </Button>
            <Button type="submit">{act}</Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
