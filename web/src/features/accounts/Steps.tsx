/** What to do on the phone, and how far linking is. */
import { Group, Skeleton, Stack } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { IconCheck, IconPhone } from "~/ui/icons";
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

/** Stands where the code and the steps will be. */
export function ScanSkeleton() {
  return (
    <div className={classes.scan} aria-hidden>
      <Skeleton className={classes.code} radius={16} />
      <Stack gap="md">
        {[82, 64, 90, 70, 58].map((width) => (
          <Group key={width} gap="md" wrap="nowrap">
            <Skeleton h={52} w={52} radius={12} style={{ flex: "none" }} />
            <Skeleton h={14} w={`${width}%`} />
          </Group>
        ))}
      </Stack>
    </div>
  );
}

/** Something goes on that takes its time: on the phone, or between it and the server. */
export function UnderWay() {
  return (
    <div className={classes.big} data-under-way aria-hidden>
      <IconPhone size={44} />
    </div>
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
