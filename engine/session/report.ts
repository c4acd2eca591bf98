import type { ChannelAnalysis, Metric, MetricName, SessionAnalysis } from "./analyse.ts";

/** Digits that are kept: more than a sensor has. */
const DIGITS = 6;
/** A curve has at most twice as many points: the lowest and the highest of each part of the session. */
const CURVE_PARTS = 1000;

/** What is kept of a session in SQL: a few hundred bytes for each channel. */
export interface SessionSummary {
  readonly durationSeconds: number;
  readonly sampleRateHz: number;
  readonly coverage: number;
  readonly channels: readonly ChannelSummary[];
}

export interface ChannelSummary {
  readonly name: string;
  readonly unit: string;
  readonly role: string;
  readonly repetitions: number;
  readonly missedCues: number;
  readonly metrics: Readonly<Partial<Record<MetricName, Metric>>>;
}

/** The metrics of a session. */
export function summaryOf({ durationSeconds, rate, coverage, channels }: SessionAnalysis): SessionSummary {
  return {
    durationSeconds: short(durationSeconds),
    sampleRateHz: short(rate),
    coverage: short(coverage),
    channels: channels.map(({ name, unit, role, repetitions, missedCues, metrics }) => ({
      name,
      unit,
      role,
      repetitions: repetitions.length,
      missedCues,
      metrics: Object.fromEntries(
        Object.entries(metrics).map(([metric, found]) => [
          metric,
          found.value === null ? found : { value: short(found.value) },
        ]),
      ),
    })),
  };
}

/** The summary with each repetition, the cues, and a curve of each channel. Times in seconds of the recording's clock. */
export function reportOf(analysis: SessionAnalysis, cues: readonly number[]) {
  const summary = summaryOf(analysis);
  return {
    schema: "reverie.session-report/1",
    ...summary,
    cues: cues.map(short),
    channels: analysis.channels.map((channel, index) => ({
      ...summary.channels[index],
      repetitions: channel.repetitions.map((repetition) =>
        Object.fromEntries(
          Object.entries(repetition).map(([name, value]) => [name, value === null ? null : short(value)]),
        ),
      ),
      curve: curveOf(channel, analysis),
    })),
  };
}

/** A channel's filtered values with no more points than a picture needs; a new piece begins after each gap. */
function curveOf(
  { tracks }: ChannelAnalysis,
  { durationSeconds, rate }: SessionAnalysis,
): [number, number][][] {
  const part = Math.max(1, Math.ceil((durationSeconds * rate) / CURVE_PARTS));
  return tracks.map(({ segment: { start, values } }) => {
    const points: [number, number][] = [];
    for (let from = 0; from < values.length; from += part) {
      let [low, high] = [from, from];
      for (let i = from; i < Math.min(from + part, values.length); i++) {
        if ((values[i] ?? 0) < (values[low] ?? 0)) low = i;
        if ((values[i] ?? 0) > (values[high] ?? 0)) high = i;
      }
      const turns = low === high ? [low] : [Math.min(low, high), Math.max(low, high)];
      for (const i of turns) points.push([short(start + i / rate), short(values[i] ?? 0)]);
    }
    return points;
  });
}

function short(value: number): number {
  return Number(value.toPrecision(DIGITS));
}
