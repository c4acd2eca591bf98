import { useState } from "preact/hooks";
import { api } from "../api/client.ts";
import { answered } from "../api/problem.ts";
import type { components } from "../api/schema.d.ts";
import { day } from "../i18n/format.ts";
import { shownLanguage, t } from "../i18n/text.ts";
import { me } from "../session/me.ts";
import { Chart } from "../ui/Chart.tsx";
import { Choices } from "../ui/Choices.tsx";
import { Icon } from "../ui/Icon.tsx";
import { Page } from "../ui/Page.tsx";
import { Waiting } from "../ui/Problem.tsx";
import { useRemote } from "../ui/useRemote.ts";
import { loadGroup } from "./group.ts";

type GameSession = components["schemas"]["GameSession"];

const LIMIT = 100;
/** Of the whole session, not of a channel. */
const SCORE = { channel: "", metric: "score", unit: "" };

/** A series that sessions have. */
interface Series {
  readonly game: string;
  readonly channel: string;
  readonly metric: string;
  readonly unit: string;
}

/** How a recipient's movements in games change over time. */
export function ProgressPage() {
  const { progress } = t();
  const person = me.value;
  const sessions = useRemote(
    async (signal) => {
      const group = await loadGroup(signal);
      const playerId = group?.recipient.id ?? person?.id ?? "";
      const query = { playerId, limit: LIMIT };
      return {
        playerId,
        items: answered(await api.GET("/v1/game-sessions", { params: { query }, signal })).items,
      };
    },
    [person?.id],
  );
  return (
    <Page title={progress.title} about={progress.about}>
      {sessions.value === undefined ? (
        <Waiting error={sessions.error} retry={sessions.reload} />
      ) : sessions.value.items.length === 0 ? (
        <div class="empty">
          <Icon name="chart" />
          <p>{progress.empty}</p>
        </div>
      ) : (
        <Progress playerId={sessions.value.playerId} sessions={sessions.value.items} />
      )}
    </Page>
  );
}

function seriesOf(sessions: readonly GameSession[]): Series[] {
  const found = new Map<string, Series>();
  for (const { game, channels } of sessions) {
    const all = [
      SCORE,
      ...channels.flatMap(({ name, metrics }) =>
        Object.entries(metrics).map(([metric, { unit }]) => ({ channel: name, metric, unit })),
      ),
    ];
    for (const series of all)
      found.set([game, series.channel, series.metric].join("\n"), { game, ...series });
  }
  return [...found.values()];
}

function Progress({
  playerId,
  sessions,
}: {
  readonly playerId: string;
  readonly sessions: readonly GameSession[];
}) {
  const { progress } = t();
  const all = seriesOf(sessions);
  const [index, setIndex] = useState(0);
  const [bucket, setBucket] = useState<"day" | "week">("week");
  const series = all[index] ?? all[0];
  if (series === undefined) return null;
  return (
    <section class="card stack">
      <div class="field">
        <label for="progress-series">{progress.what}</label>
        <select
          id="progress-series"
          class="input"
          value={index}
          onChange={(event) => setIndex(Number(event.currentTarget.value))}
        >
          {all.map((each, place) => (
            <option key={nameOf(each)} value={place}>
              {nameOf(each)}
            </option>
          ))}
        </select>
      </div>
      <Choices
        tight
        legend={progress.by}
        options={[
          { value: "week", label: progress.week },
          { value: "day", label: progress.day },
        ]}
        value={bucket}
        onChoose={setBucket}
      />
      <SeriesChart playerId={playerId} series={series} bucket={bucket} />
    </section>
  );
}

interface SeriesChartProps {
  readonly playerId: string;
  readonly series: Series;
  readonly bucket: "day" | "week";
}

function SeriesChart({ playerId, series, bucket }: SeriesChartProps) {
  const { progress } = t();
  const { game, channel, metric, unit } = series;
  const found = useRemote(
    async (signal) => {
      const query = { playerId, game, metric, bucket, ...(channel === "" ? {} : { channel }) };
      return answered(await api.GET("/v1/progress", { params: { query }, signal }));
    },
    [playerId, game, channel, metric, bucket],
  );
  if (found.value === undefined) return <Waiting error={found.error} retry={found.reload} />;
  const { items } = found.value;
  const number = new Intl.NumberFormat(shownLanguage(), { maximumFractionDigits: 2 });
  return (
    <>
      <Chart points={items.map(({ startsOn, median }) => [Date.parse(startsOn) / 1000, median])} />
      {/* What the chart shows, for those who can't see it. */}
      <table class="figures">
        <caption>{nameOf(series)}</caption>
        <thead>
          <tr>
            <th scope="col">{bucket === "week" ? progress.weekOf : progress.dayOf}</th>
            <th scope="col">{unit === "" ? progress.median : `${progress.median} (${unit})`}</th>
            <th scope="col">{progress.sessions}</th>
          </tr>
        </thead>
        <tbody>
          {items.map(({ startsOn, median, n }) => (
            <tr key={startsOn}>
              <td>{day(startsOn)}</td>
              <td>{number.format(median)}</td>
              <td>{number.format(n)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function nameOf({ game, channel, metric }: Series): string {
  const metrics: Readonly<Record<string, string>> = t().progress.metrics;
  const said = metrics[metric] ?? metric.replaceAll(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
  return [game, channel, said].filter((part) => part !== "").join(" · ");
}
