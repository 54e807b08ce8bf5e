import { Badge, Card, Group, Progress, Skeleton, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { Donor, Segment } from "~/api/types";
import { useMay } from "~/ui/Allowed";
import { useMoney } from "~/ui/money";
import { ProblemAlert } from "~/ui/ProblemAlert";
import { day } from "~/ui/time";
import { Why } from "~/ui/Why";
import classes from "./Contacts.module.css";
import { donorQuery } from "./queries";
import { Nothing, Section } from "./Section";
import { daysAgo, sentenceOfWhy } from "./why";

const COLORS: Record<Segment, string> = {
  opted_out: "red",
  vip: "grape",
  loyal: "teal",
  new: "blue",
  active: "teal",
  at_risk: "orange",
  lapsed: "gray",
  long_lapsed: "gray",
  prospect: "gray",
};

/** What somebody gave, and what that says of them. */
export function DonorCard({ contactId }: { contactId: string }) {
  const { t } = useTranslation();
  const may = useMay("donations:read");
  const donor = useQuery({ ...donorQuery(contactId), enabled: may });
  return (
    <Section title={t("donor.title")} action={donor.data && <SegmentPill donor={donor.data} />}>
      {!may && <Nothing text={t("donor.notAllowed")} />}
      {donor.error && !donor.data && <ProblemAlert error={donor.error} retry={() => void donor.refetch()} />}
      {may && donor.isPending && <Skeleton h={120} />}
      {donor.data && <Figures donor={donor.data} />}
    </Section>
  );
}

function Figures({ donor }: { donor: Donor }) {
  const { t } = useTranslation();
  const money = useMoney();
  const [main, ...others] = donor.totals;
  return (
    <Card padding="sm">
      <Stack gap="sm">
        {main ? (
          <dl className={classes.facts}>
            <dt>{t("donor.lifetime")}</dt>
            <dd className={classes.lifetime}>{money(main.lifetime_value, main.currency)}</dd>
            {others.map((total) => (
              <dd key={total.currency} className={classes.figure} style={{ gridColumn: "1 / -1" }}>
                {money(total.lifetime_value, total.currency)}
              </dd>
            ))}
            <dt>{t("donor.gifts")}</dt>
            <dd className={classes.figure}>{main.gifts}</dd>
            <dt>{t("donor.average")}</dt>
            <dd className={classes.figure}>{money(main.average, main.currency)}</dd>
            <dt>{t("donor.last")}</dt>
            <dd title={day(main.last_on)}>{donor.days_since_last == null ? "" : daysAgo(donor.days_since_last)}</dd>
          </dl>
        ) : (
          <Nothing text={t("donor.none")} />
        )}
        <Engagement engagement={donor.engagement} />
      </Stack>
    </Card>
  );
}

const BARS = ["recency", "frequency", "amount", "conversation"] as const;

/** One figure, and the four it is made of. */
function Engagement({ engagement }: { engagement: Donor["engagement"] }) {
  const { t } = useTranslation();
  const money = useMoney();
  return (
    <div>
      <Group justify="space-between" mb={4}>
        <Text size="sm" fw={600}>
          {t("donor.engagement")}
        </Text>
        <Text
          size="sm"
          fw={600}
          className={classes.figure}
          aria-label={t("donor.engagementOf", { score: engagement.score })}
        >
          {engagement.score}
        </Text>
      </Group>
      <div className={classes.bars}>
        {BARS.map((bar) => {
          const { score, why } = engagement[bar];
          const label = t(`donor.${bar}`);
          const sentence = sentenceOfWhy(t, why, money);
          return (
            <Bar key={bar} label={label} score={score} sentence={sentence} name={t("donor.bar", { label, score })} />
          );
        })}
      </div>
    </div>
  );
}

function Bar(props: { label: string; score: number; sentence: string; name: string }) {
  return (
    <>
      <Why label={`${props.name}. ${props.sentence}`} sentence={props.sentence}>
        {props.label}
      </Why>
      <Progress value={props.score} size="sm" aria-hidden />
      <span className={classes.figure} aria-hidden>
        {props.score}
      </span>
    </>
  );
}

/** The segment, and why. */
function SegmentPill({ donor }: { donor: Donor }) {
  const { t } = useTranslation();
  const money = useMoney();
  const segment = t(`donor.segment_${donor.segment}`);
  const why = sentenceOfWhy(t, donor.segment_why, money);
  return (
    <Why label={`${segment}. ${t("donor.whySegment", { segment })} ${why}`} sentence={why} position="bottom-end">
      <Badge variant="light" color={COLORS[donor.segment]} size="lg" data-segment={donor.segment}>
        {segment}
      </Badge>
    </Why>
  );
}
