/** What to do on the phone, and how far linking is. */
import { Group } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { IconCheck } from "~/ui/icons";
import classes from "./LinkDialog.module.css";
import { STEP_NAMES, StepPicture } from "./StepPicture";
import { STEPS, type Stage, stepsDone } from "./stage";

export function PhoneSteps() {
  const { t } = useTranslation();
  return (
    <ol className={classes.steps}>
      {STEP_NAMES.map((step) => (
        <li key={step}>
          <StepPicture step={step} />
          <span>{t(`link.${step}`)}</span>
        </li>
      ))}
    </ol>
  );
}

export function LinkProgress({ stage }: { stage: Stage }) {
  const { t } = useTranslation();
  const done = stepsDone(stage);
  return (
    <Group gap={0} wrap="nowrap" w="100%" className={classes.progress}>
      {STEPS.map((step, index) => (
        <div
          key={step}
          className={classes.step}
          data-done={index < done || undefined}
          data-now={index === done || undefined}
        >
          <span className={classes.bullet}>{index < done && <IconCheck size={14} />}</span>
          {t(`link.${step}`)}
        </div>
      ))}
    </Group>
  );
}
