/** Figures as people read them, in the language that is shown. */
import { currentLanguage } from "~/i18n";

export function whole(value: number): string {
  return new Intl.NumberFormat(currentLanguage()).format(value);
}

/** A day of the server's calendar, whatever time zone the browser is in. */
export function calendarDay(day: string, form: "short" | "long"): string {
  const format: Intl.DateTimeFormatOptions =
    form === "short"
      ? { day: "numeric", month: "short" }
      : { weekday: "long", day: "numeric", month: "long", year: "numeric" };
  return new Intl.DateTimeFormat(currentLanguage(), { ...format, timeZone: "UTC" }).format(
    new Date(`${day}T00:00:00Z`),
  );
}

/** The end of an axis: the next round number. */
export function roundUp(most: number): number {
  if (most <= 4) return 4;
  const power = 10 ** Math.floor(Math.log10(most));
  const step = [1, 2, 4, 5, 8, 10].find((each) => each * power >= most) ?? 10;
  return step * power;
}
