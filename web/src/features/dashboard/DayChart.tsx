/** Messages in and out of each day: as bars that can be walked with the keyboard, or as a table. */
import { Button, Card, Group, ScrollArea, Table, Text, Title } from "@mantine/core";
import { type KeyboardEvent, type MouseEvent, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { DayFigures } from "~/api/types";
import classes from "./Dashboard.module.css";
import { calendarDay, roundUp, whole } from "./numbers";

/** The drawing has these many units, however large it is shown. */
const WIDTH = 1_000;
const HEIGHT = 200;
/** Days that are named below the bars, at most. */
const NAMED = 6;

export function DayChart({ days }: { days: readonly DayFigures[] }) {
  const { t } = useTranslation();
  const [asTable, setAsTable] = useState(false);
  return (
    <Card component="section" aria-label={t("dashboard.perDay")}>
      <Group justify="space-between" gap="sm" mb="sm">
        <Title order={2} size="h4">
          {t("dashboard.perDay")}
        </Title>
        <Button variant="default" size="compact-sm" onClick={() => setAsTable(!asTable)}>
          {t(asTable ? "dashboard.chart" : "dashboard.table")}
        </Button>
      </Group>
      {asTable ? <DayTable days={days} /> : <Bars days={days} />}
    </Card>
  );
}

function Legend() {
  const { t } = useTranslation();
  return (
    <Group gap="md" mb="xs">
      <Group gap={6}>
        <span className={classes.key} data-series="in" aria-hidden />
        <Text size="sm">{t("dashboard.received")}</Text>
      </Group>
      <Group gap={6}>
        <span className={classes.key} data-series="out" aria-hidden />
        <Text size="sm">{t("dashboard.sent")}</Text>
      </Group>
    </Group>
  );
}

function Bars({ days }: { days: readonly DayFigures[] }) {
  const { t, i18n } = useTranslation();
  const hint = useId();
  const [chosen, setChosen] = useState<number>();
  const isMirrored = i18n.dir() === "rtl";
  const most = roundUp(Math.max(0, ...days.map(({ messages }) => Math.max(messages.received, messages.sent))));
  const band = WIDTH / days.length;
  const bar = Math.min(28, band * 0.4);
  // Time runs as the language is read.
  const place = (index: number) => (isMirrored ? WIDTH - (index + 1) * band : index * band);
  const high = (count: number) => (count / most) * HEIGHT;
  const every = Math.ceil(days.length / NAMED);
  const shown = chosen === undefined ? undefined : days[Math.min(chosen, days.length - 1)];

  const onKeyDown = (event: KeyboardEvent) => {
    const forward = isMirrored ? "ArrowLeft" : "ArrowRight";
    const back = isMirrored ? "ArrowRight" : "ArrowLeft";
    const last = days.length - 1;
    const next: Record<string, number> = {
      [forward]: Math.min(last, (chosen ?? -1) + 1),
      [back]: Math.max(0, (chosen ?? days.length) - 1),
      Home: 0,
      End: last,
    };
    const wanted = next[event.key];
    if (wanted === undefined) return;
    event.preventDefault();
    setChosen(wanted);
  };

  const onMouseMove = ({ currentTarget, clientX }: MouseEvent<HTMLElement>) => {
    const box = currentTarget.getBoundingClientRect();
    const index = Math.floor(((clientX - box.left) / box.width) * days.length);
    setChosen(Math.min(days.length - 1, Math.max(0, isMirrored ? days.length - 1 - index : index)));
  };

  return (
    <>
      <Legend />
      <div className={classes.plot}>
        <div className={classes.axis} aria-hidden>
          <span>{whole(most)}</span>
          <span>{whole(most / 2)}</span>
          <span>{whole(0)}</span>
        </div>
        {/* biome-ignore lint/a11y/useSemanticElements: no element is a chart that is walked with the arrow keys */}
        <div
          role="group"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: the days are walked with the arrow keys
          tabIndex={0}
          className={classes.walked}
          aria-label={t("dashboard.perDay")}
          aria-describedby={hint}
          onKeyDown={onKeyDown}
          onBlur={() => setChosen(undefined)}
          onMouseMove={onMouseMove}
          onMouseLeave={() => setChosen(undefined)}
        >
          <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" className={classes.chart} aria-hidden>
            {[0, 0.5, 1].map((part) => (
              <line
                key={part}
                className={classes.grid}
                x1={0}
                x2={WIDTH}
                y1={HEIGHT * part}
                y2={HEIGHT * part}
                vectorEffect="non-scaling-stroke"
              />
            ))}
            {days.map(({ day, messages }, index) => {
              const middle = place(index) + band / 2;
              const [first, second] = isMirrored ? [middle, middle - bar] : [middle - bar, middle];
              return (
                <g key={day}>
                  {index === chosen && (
                    <rect className={classes.band} x={place(index)} y={0} width={band} height={HEIGHT} />
                  )}
                  <rect
                    data-series="in"
                    x={first}
                    y={HEIGHT - high(messages.received)}
                    width={bar}
                    height={high(messages.received)}
                  />
                  <rect
                    data-series="out"
                    x={second}
                    y={HEIGHT - high(messages.sent)}
                    width={bar}
                    height={high(messages.sent)}
                  />
                </g>
              );
            })}
          </svg>
          <div className={classes.dayNames} aria-hidden>
            {days.map(({ day }, index) => {
              if (index % every !== 0) return null;
              // As wide as the days until the next name.
              const width = Math.min(every, days.length - index);
              return (
                <span key={day} style={{ flex: `${width} 0 0` }}>
                  {calendarDay(day, "short")}
                </span>
              );
            })}
          </div>
        </div>
      </div>
      <Text id={hint} size="xs" c="dimmed" mt={4}>
        {t("dashboard.chartKeys")}
      </Text>
      <div className={classes.told} role="status">
        {shown && (
          <>
            <Text size="sm" fw={600}>
              {calendarDay(shown.day, "long")}
            </Text>
            <Text size="sm">
              {t("dashboard.received")}: {whole(shown.messages.received)} · {t("dashboard.sent")}:{" "}
              {whole(shown.messages.sent)} · {t("dashboard.activeOnDay")}: {whole(shown.active_chats)}
            </Text>
          </>
        )}
      </div>
    </>
  );
}

function DayTable({ days }: { days: readonly DayFigures[] }) {
  const { t } = useTranslation();
  return (
    <ScrollArea.Autosize
      mah={360}
      type="auto"
      viewportProps={{ tabIndex: 0, role: "group", "aria-label": t("dashboard.perDay") }}
    >
      <Table striped stickyHeader>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("dashboard.day")}</Table.Th>
            <Table.Th className={classes.number}>{t("dashboard.receivedShort")}</Table.Th>
            <Table.Th className={classes.number}>{t("dashboard.sentShort")}</Table.Th>
            <Table.Th className={classes.number}>{t("dashboard.failedShort")}</Table.Th>
            <Table.Th className={classes.number}>{t("dashboard.activeOnDay")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {days.toReversed().map(({ day, messages, active_chats }) => (
            <Table.Tr key={day}>
              <Table.Th scope="row" fw={400}>
                {calendarDay(day, "short")}
              </Table.Th>
              <Table.Td className={classes.number}>{whole(messages.received)}</Table.Td>
              <Table.Td className={classes.number}>{whole(messages.sent)}</Table.Td>
              <Table.Td className={classes.number}>{whole(messages.failed)}</Table.Td>
              <Table.Td className={classes.number}>{whole(active_chats)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </ScrollArea.Autosize>
  );
}
