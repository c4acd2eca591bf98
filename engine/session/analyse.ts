import { lowPass } from "./lowPass.ts";
import { derivative, type Movement, movementsOf } from "./movements.ts";
import { median, quantile } from "./quantile.ts";
import { type Reactions, reactionsOf, type Track } from "./reaction.ts";
import { resample, stretchesOf } from "./resample.ts";
import type { Channel, Samples } from "./samples.ts";
import { logDimensionlessJerk, sparc } from "./smoothness.ts";

/** With fewer repetitions nothing can be said about how a person moves. */
export const MIN_REPETITIONS = 3;
/** A slower way out is no single movement, for which smoothness is defined. Seconds. */
const MOVEMENT_SECONDS = 10;
/** Smoothness is computed from at most about so many values a second: nothing above the filter's cut-off is left that needs more. */
const SPEED_RATE = 100;

/** Who moves for less than a tenth of the time has percentiles that are of rest only: then this part of the full range counts for repetitions. */
const LEAST_OF_FULL = 1 / 3;
/** A range below this part of the largest value is rounding. */
const ROUNDING = 1e-9;

/** Why a metric has no value. */
export type NoValue = "too_few_repetitions" | "movements_too_long" | "no_cues" | "cues_missed";

/** A value, or null with the reason. */
export type Metric =
  | { readonly value: number; readonly reason?: never }
  | { readonly value: null; readonly reason: NoValue };

/**
 * What is measured of a channel. `unit` is the channel's.
 * - `range`: 95th minus 5th percentile, in `unit`; `rangeFull`: maximum minus minimum
 * - `sparc`, `ldlj`: median of the repetitions' ways out (smoothness.ts)
 * - `reactionTime`: median, in seconds
 * - `forcePeak`, `forceMeanPeak`: highest value, and the mean of the repetitions' peaks, in `unit`; `forceTimeAboveHalf`: seconds
 *   above half of the highest value. Of channels of the role force only
 */
export const METRICS = [
  "range",
  "rangeFull",
  "sparc",
  "ldlj",
  "reactionTime",
  "forcePeak",
  "forceMeanPeak",
  "forceTimeAboveHalf",
] as const;
export type MetricName = (typeof METRICS)[number];

/** One repetition; times in seconds of the recording's clock, values in the channel's unit. */
export interface Repetition {
  readonly start: number;
  readonly end: number;
  readonly peakAt: number;
  readonly peak: number;
  readonly amplitude: number;
  readonly sparc: number | null;
  readonly ldlj: number | null;
}

export interface ChannelAnalysis {
  readonly name: string;
  readonly unit: Channel["unit"];
  readonly role: Channel["role"];
  readonly repetitions: readonly Repetition[];
  readonly missedCues: number;
  readonly metrics: Readonly<Partial<Record<MetricName, Metric>>>;
  /** The filtered values, for drawing. */
  readonly tracks: readonly Track[];
}

export interface SessionAnalysis {
  /** From the first sample to the last, in seconds. */
  readonly durationSeconds: number;
  /** Samples a second. */
  readonly rate: number;
  /** How many of the samples that the rate promises are there, from 0 to 1. */
  readonly coverage: number;
  readonly channels: readonly ChannelAnalysis[];
}

/** Computes what is known of a session: channels one by one, in time that grows with the number of samples. */
export function analyseSession(samples: Samples): SessionAnalysis {
  const { times, rate, expected, channels } = samples;
  const count = times?.length ?? channels[0]?.values.length ?? 0;
  const stretches = stretchesOf(samples);
  return {
    durationSeconds: times ? (times.at(-1) ?? 0) - (times[0] ?? 0) : (count - 1) / rate,
    rate,
    coverage: Math.min(1, count / expected),
    channels: channels.map((channel) => {
      const segments = stretches.map((stretch) => {
        const { start, values } = resample(samples, channel.values, stretch);
        return { start, values: lowPass(values, rate) };
      });
      return analyseChannel(channel, segments, samples);
    }),
  };
}

function analyseChannel(
  { name, unit, role }: Channel,
  segments: readonly Track["segment"][],
  { rate, cues }: Samples,
): ChannelAnalysis {
  const sorted = sortedValues(segments);
  const range = sorted.length > 0 ? quantile(sorted, 0.95) - quantile(sorted, 0.05) : 0;
  const moved = movedRange(sorted, range);
  const repetitions: Repetition[] = [];
  const tracks = segments.map((segment): Track => {
    const speed = derivative(segment.values, rate);
    const movements = movementsOf(segment.values, speed, rate, moved);
    for (const movement of movements) repetitions.push(repetitionOf(movement, segment, speed, rate));
    return { segment, movements };
  });
  const reactions = reactionsOf(tracks, rate, cues);
  const figures = { range, rangeFull: (sorted.at(-1) ?? 0) - (sorted[0] ?? 0) };
  const measured = {
    range: valued(figures.range),
    rangeFull: valued(figures.rangeFull),
    sparc: ofRepetitions(repetitions.map((repetition) => repetition.sparc)),
    ldlj: ofRepetitions(repetitions.map((repetition) => repetition.ldlj)),
    reactionTime: ofReactions(reactions, cues.length),
    ...(role === "force" ? forceMetrics(sorted, repetitions, rate) : {}),
  };
  const enough = repetitions.length >= MIN_REPETITIONS;
  return {
    name,
    unit,
    role,
    repetitions,
    missedCues: reactions.missed,
    metrics: enough ? measured : withoutValues(measured),
    tracks,
  };
}

/** The range that repetitions are compared with; 0 when nothing moved. */
function movedRange(sorted: Float64Array, range: number): number {
  const [low, high] = [sorted[0] ?? 0, sorted.at(-1) ?? 0];
  const full = high - low;
  return full > ROUNDING * Math.max(Math.abs(low), Math.abs(high))
    ? Math.max(range, LEAST_OF_FULL * full)
    : 0;
}

/** All values of a channel, ascending. */
function sortedValues(segments: readonly Track["segment"][]): Float64Array {
  const all = new Float64Array(segments.reduce((sum, { values }) => sum + values.length, 0));
  let filled = 0;
  for (const { values } of segments) {
    all.set(values, filled);
    filled += values.length;
  }
  return all.sort();
}

function repetitionOf(
  { start, end, peak }: Movement,
  segment: Track["segment"],
  speed: Float64Array,
  rate: number,
): Repetition {
  const every = Math.max(1, Math.floor(rate / SPEED_RATE));
  const way = Float64Array.from(
    { length: Math.ceil((end - start) / every) },
    (_, i) => speed[start + i * every] ?? 0,
  );
  const measurable = way.length >= 3 && (end - start) / rate <= MOVEMENT_SECONDS;
  const top = segment.values[peak] ?? 0;
  return {
    start: segment.start + start / rate,
    end: segment.start + end / rate,
    peakAt: segment.start + peak / rate,
    peak: top,
    amplitude: top - (segment.values[start] ?? 0),
    sparc: measurable ? sparc(way, rate / every) : null,
    ldlj: measurable ? logDimensionlessJerk(way) : null,
  };
}

function forceMetrics(sorted: Float64Array, repetitions: readonly Repetition[], rate: number) {
  const peak = sorted.at(-1) ?? 0;
  const firstAbove = sorted.findIndex((value) => value > peak / 2);
  const mean = repetitions.reduce((sum, repetition) => sum + repetition.peak, 0) / repetitions.length;
  return {
    forcePeak: valued(peak),
    forceMeanPeak: valued(mean),
    forceTimeAboveHalf: valued(firstAbove < 0 ? 0 : (sorted.length - firstAbove) / rate),
  };
}

function ofRepetitions(values: readonly (number | null)[]): Metric {
  const known = values.filter((value) => value !== null);
  return known.length >= MIN_REPETITIONS
    ? valued(median(known))
    : { value: null, reason: "movements_too_long" };
}

function ofReactions({ times }: Reactions, cues: number): Metric {
  if (times.length > 0) return valued(median(times));
  return { value: null, reason: cues === 0 ? "no_cues" : "cues_missed" };
}

function valued(value: number): Metric {
  return { value };
}

function withoutValues(metrics: Readonly<Partial<Record<MetricName, Metric>>>): ChannelAnalysis["metrics"] {
  const none: Metric = { value: null, reason: "too_few_repetitions" };
  return Object.fromEntries(Object.keys(metrics).map((name) => [name, none]));
}
