import { Anchor } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { fetched } from "~/ui/fetched";
import { IconFlask } from "~/ui/icons";
import classes from "./Shell.module.css";

const SandboxDialog = fetched(async () => (await import("./SandboxDialog")).SandboxDialog);

/** Says on every page that nothing here is real, and how to make phones to play with. */
export function SandboxNote() {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <div className={classes.sandbox} role="note">
      <IconFlask size={18} aria-hidden />
      <span>
        <strong>{t("nav.sandbox")}.</strong> {t("nav.sandboxText")}{" "}
        <Anchor component="button" type="button" inherit c="inherit" td="underline" onClick={() => setOpen(true)}>
          {t("sandbox.how")}
        </Anchor>
      </span>
      {open && <SandboxDialog onClose={() => setOpen(false)} />}
    </div>
  );
}
