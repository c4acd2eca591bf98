import "./recipient.css";
import { useState } from "preact/hooks";
import { api } from "../api/client.ts";
import { answered } from "../api/problem.ts";
import { shownLanguage, t } from "../i18n/text.ts";
import { href } from "../nav/routes.ts";
import { me } from "../session/me.ts";
import { Icon } from "../ui/Icon.tsx";
import { Page } from "../ui/Page.tsx";
import { Waiting } from "../ui/Problem.tsx";
import { useRemote } from "../ui/useRemote.ts";
import { dayIn, type Month, monthOf, monthsLater, weeksOf } from "./calendar.ts";

/** The days on which a memory was visited, a month at a time. */
export function DaysPage() {
  const { visit } = t();
  const timeZone = me.value?.timeZone ?? "UTC";
  const today = dayIn(timeZone, new Date());
  const [month, setMonth] = useState<Month>(() => monthOf(today));
  const badges = useRemote(
    async (signal) => answered(await api.GET("/v1/badges", { params: { query: month }, signal })),
    [month],
  );
  const isNow = month.year === monthOf(today).year && month.month === monthOf(today).month;
  const streak = badges.value?.streak ?? 0;
  return (
    <Page title={visit.days} about={streak > 0 ? visit.streak(streak) : visit.noStreak} narrow>
      <div class="row row-between">
        <button type="button" class="button" onClick={() => setMonth(monthsLater(month, -1))}>
          <Icon name="back" />
          {visit.before}
        </button>
        <button type="button" class="button" disabled={isNow} onClick={() => setMonth(monthsLater(month, 1))}>
          {visit.after}
          <Icon name="arrow" />
        </button>
      </div>
      {badges.value === undefined ? (
        <Waiting error={badges.error} retry={badges.reload} />
      ) : (
        <Calendar month={month} today={today} earned={new Set(badges.value.items.map(({ date }) => date))} />
      )}
      {me.value?.role === "care_recipient" && (
        <a class="button button-main visit-button" href={href("home")}>
          {visit.visit}
        </a>
      )}
    </Page>
  );
}

interface CalendarProps {
  readonly month: Month;
  readonly today: string;
  readonly earned: ReadonlySet<string>;
}

function Calendar({ month, today, earned }: CalendarProps) {
  const { visit } = t();
  const language = shownLanguage();
  const utc = (day: string) => new Date(`${day}T00:00:00Z`);
  const format = (options: Intl.DateTimeFormatOptions, day: string) =>
    new Intl.DateTimeFormat(language, { ...options, timeZone: "UTC" }).format(utc(day));
  const weeks = weeksOf(month);
  const whole = weeks.find((week) => week.every((day) => day !== undefined)) ?? [];
  return (
    <table class="calendar">
      <caption>{format({ year: "numeric", month: "long" }, weeks.flat().find(Boolean) ?? today)}</caption>
      <thead>
        <tr>
          {whole.map((day = today) => (
            <th key={day} scope="col" abbr={format({ weekday: "long" }, day)}>
              {format({ weekday: "short" }, day)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {weeks.map((week) => (
          <tr key={week.find(Boolean)}>
            {week.map((day, index) => (
              <td
                key={day ?? index}
                class={day !== undefined && earned.has(day) ? "earned" : undefined}
                aria-current={day === today ? "date" : undefined}
              >
                {day !== undefined && Number(day.slice(8))}
                {day !== undefined && earned.has(day) && (
                  <>
                    <Icon name="star" />
                    <span class="visually-hidden">{visit.visited}</span>
                  </>
                )}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
