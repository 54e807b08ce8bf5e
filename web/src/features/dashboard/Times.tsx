import { Card, Text, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { TimeDistribution } from "~/api/types";
import { span } from "~/ui/time";
import classes from "./Dashboard.module.css";
import { whole } from "./numbers";

/** How many took how long. Each line says its figure in words, so the bars are only for the eye. */
export function Times({ title, times }: { title: string; times: TimeDistribution }) {
  const { t } = useTranslation();
  const most = Math.max(1, ...times.buckets.map(({ count }) => count));
  // Nothing is said of what is longer than anything there is.
  const last = times.buckets.findLastIndex(({ count }) => count > 0);
  return (
    <Card component="section" aria-label={title}>
      <Title order={2} size="h4" mb="sm">
        {title}
      </Title>
      {times.count === 0 ? (
        <Text c="dimmed">{t("dashboard.noTimes")}</Text>
      ) : (
        <ul className={classes.times}>
          {times.buckets.slice(0, last + 1).map(({ up_to_secs, count }, index) => (
            <li key={up_to_secs ?? "longer"}>
              <span>
                {up_to_secs === null
                  ? t("dashboard.longer", { time: span((times.buckets[index - 1]?.up_to_secs ?? 0) * 1_000) })
                  : t("dashboard.upTo", { time: span(up_to_secs * 1_000) })}
              </span>
              <span className={classes.bar} aria-hidden>
                <span style={{ width: `${(count / most) * 100}%` }} />
              </span>
              <span className={classes.number}>{whole(count)}</span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
