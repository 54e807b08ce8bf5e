import { Switch } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "~/ui/Allowed";
import { isSoundOn, playSound, setSound } from "./sound";

/** Whether a disconnected number is heard. Whoever switches it on hears it once. */
export function SoundSwitch() {
  const { t } = useTranslation();
  const may = useMay("accounts:connect");
  const [isOn, setOn] = useState(isSoundOn);
  return (
    <Switch
      label={t("reconnect.sound")}
      description={may ? t("reconnect.soundHint") : t("common.notAllowed")}
      checked={isOn}
      disabled={!may}
      onChange={({ currentTarget: { checked } }) => {
        setOn(checked);
        setSound(checked);
        if (checked) playSound();
      }}
    />
  );
}
