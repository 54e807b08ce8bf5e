import { ActionIcon, Button, Group, Pill, Select, Stack, Switch, Text, TextInput } from "@mantine/core";
import { type KeyboardEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import type { BusinessHours, OpenInterval, Weekday } from "~/api/types";
import { currentLanguage } from "~/i18n";
import { IconPlus, IconTrash } from "~/ui/icons";
import { ProblemAlert } from "~/ui/ProblemAlert";
import { useZone } from "~/ui/time";
import classes from "./Replies.module.css";
import { SaveForm } from "./SaveForm";
import { useDecide } from "./settings";

const DAYS = [
  "monday",
  "tuesday",
  "wednesday",
  "thursday",
  "friday",
  "saturday",
  "sunday",
] as const satisfies Weekday[];
/** 2024-01-01 was a Monday. */
const dayName = (day: Weekday) =>
  new Intl.DateTimeFormat(currentLanguage(), { weekday: "long", timeZone: "UTC" }).format(
    Date.UTC(2024, 0, 1 + DAYS.indexOf(day)),
  );
const dateName = (day: string) =>
  new Intl.DateTimeFormat(currentLanguage(), { dateStyle: "medium", timeZone: "UTC" }).format(Date.parse(day));

/** The field for a time has no 24:00; what ends at 00:00 ends at midnight too. */
const shown = (time: string) => (time === "24:00" ? "00:00" : time);

function usual(zone: string): BusinessHours {
  const workdays = DAYS.slice(0, 5);
  return {
    time_zone: zone,
    intervals: workdays.map((day) => ({ day, from: "08:00", to: "17:00" })),
    holidays: [],
  };
}

/** When somebody is there: the hours of each day of the week, and the days on which nobody works. */
export function HoursForm({ saved }: { saved: BusinessHours | null }) {
  const { t } = useTranslation();
  const zone = useZone();
  const [isOn, setOn] = useState(saved !== null);
  const [hours, setHours] = useState(saved ?? usual(zone));
  const { save, error, wrongAt } = useDecide();
  const zones = [...new Set([hours.time_zone, ...Intl.supportedValuesOf("timeZone")])];
  const intervals = hours.intervals;
  const change = (place: number, part: Partial<OpenInterval>) =>
    setHours({ ...hours, intervals: intervals.map((each, at) => (at === place ? { ...each, ...part } : each)) });

  return (
    <SaveForm busy={save.isPending} onSave={() => save.mutate({ business_hours: isOn ? hours : null })}>
      {error && <ProblemAlert error={error} />}
      <Switch label={t("replies.hoursOn")} checked={isOn} onChange={(event) => setOn(event.currentTarget.checked)} />
      {isOn && (
        <>
          <Select
            label={t("crm.timeZone")}
            data={zones}
            searchable
            limit={100}
            allowDeselect={false}
            maw={360}
            value={hours.time_zone}
            onChange={(time_zone) => time_zone && setHours({ ...hours, time_zone })}
            error={wrongAt("/business_hours/time_zone")}
          />
          <div>
            {DAYS.map((day) => (
              <fieldset key={day} className={classes.day} aria-label={dayName(day)}>
                <span>{dayName(day)}</span>
                <Stack gap={6}>
                  {intervals.every((each) => each.day !== day) && (
                    <Text size="sm" c="dimmed">
                      {t("replies.closed")}
                    </Text>
                  )}
                  {intervals.map((interval, place) =>
                    interval.day === day ? (
                      // biome-ignore lint/suspicious/noArrayIndexKey: the hours of a week have no other name
                      <div key={place}>
                        <Group gap={6} wrap="nowrap">
                          <TextInput
                            type="time"
                            w={116}
                            aria-label={t("replies.fromOf", { day: dayName(day) })}
                            value={shown(interval.from)}
                            onChange={(event) => change(place, { from: event.currentTarget.value })}
                            error={wrongAt(`/business_hours/intervals/${place}/from`) !== undefined}
                          />
                          <span aria-hidden>–</span>
                          <TextInput
                            type="time"
                            w={116}
                            aria-label={t("replies.toOf", { day: dayName(day) })}
                            value={shown(interval.to)}
                            onChange={(event) => change(place, { to: event.currentTarget.value })}
                            error={wrongAt(`/business_hours/intervals/${place}/to`) !== undefined}
                          />
                          <ActionIcon
                            variant="subtle"
                            color="red"
                            aria-label={t("replies.removeHours", { day: dayName(day) })}
                            onClick={() =>
                              setHours({ ...hours, intervals: intervals.filter((_, other) => other !== place) })
                            }
                          >
                            <IconTrash size={16} />
                          </ActionIcon>
                        </Group>
                        <IntervalNote interval={interval} error={wrongAt(`/business_hours/intervals/${place}`, true)} />
                      </div>
                    ) : null,
                  )}
                  <Group>
                    <Button
                      variant="subtle"
                      size="compact-sm"
                      leftSection={<IconPlus size={14} />}
                      aria-label={t("replies.addHoursOf", { day: dayName(day) })}
                      onClick={() =>
                        setHours({ ...hours, intervals: [...intervals, { day, from: "08:00", to: "17:00" }] })
                      }
                    >
                      {t("replies.addHours")}
                    </Button>
                  </Group>
                </Stack>
              </fieldset>
            ))}
          </div>
          <Holidays
            days={hours.holidays}
            onChange={(holidays) => setHours({ ...hours, holidays })}
            error={wrongAt("/business_hours/holidays", true)}
          />
        </>
      )}
    </SaveForm>
  );
}

function IntervalNote({ interval, error }: { interval: OpenInterval; error: string | undefined }) {
  const { t } = useTranslation();
  if (error) {
    return (
      <Text size="xs" c="var(--problem)" role="alert">
        {error}
      </Text>
    );
  }
  if (interval.to > interval.from || interval.to === interval.from) return null;
  return (
    <Text size="xs" c="dimmed">
      {t("replies.overnight")}
    </Text>
  );
}

function Holidays(props: { days: string[]; onChange(days: string[]): void; error: string | undefined }) {
  const { t } = useTranslation();
  const { days, onChange, error } = props;
  const [typed, setTyped] = useState("");
  const add = () => {
    if (typed === "" || days.includes(typed)) return;
    onChange([...days, typed].sort());
    setTyped("");
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter") return;
    // The form is sent by its own button.
    event.preventDefault();
    add();
  };
  return (
    <Stack gap="xs">
      <Group align="flex-end" gap="xs">
        <TextInput
          type="date"
          label={t("replies.holidays")}
          description={t("replies.holidaysHint")}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          onKeyDown={onKeyDown}
          error={error}
        />
        <Button variant="default" onClick={add}>
          {t("replies.addHoliday")}
        </Button>
      </Group>
      {days.length > 0 && (
        <Group gap={6} role="list" aria-label={t("replies.holidays")}>
          {days.map((day) => (
            <Pill
              key={day}
              role="listitem"
              withRemoveButton
              onRemove={() => onChange(days.filter((other) => other !== day))}
              removeButtonProps={{
                "aria-label": t("organize.deleteOf", { name: dateName(day) }),
                tabIndex: 0,
                "aria-hidden": false,
              }}
            >
              {dateName(day)}
            </Pill>
          ))}
        </Group>
      )}
    </Stack>
  );
}
