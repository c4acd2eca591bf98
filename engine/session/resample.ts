import { GAP_SECONDS, type Samples } from "./samples.ts";

/** Samples without a gap: those from index `first` to before `end`. */
export interface Stretch {
  readonly first: number;
  readonly end: number;
}

/** Values at `start`, `start + 1 / rate`, and so on; seconds. */
export interface Segment {
  readonly start: number;
  readonly values: Float64Array;
}

/** Splits the samples where nothing came for more than half a second. Stretches of one sample are left out. */
export function stretchesOf({ times, channels }: Pick<Samples, "times" | "channels">): readonly Stretch[] {
  const length = times?.length ?? channels[0]?.values.length ?? 0;
  const stretches: Stretch[] = [];
  let first = 0;
  for (let i = 1; i <= length; i++) {
    const gap = times && i < length ? (times[i] ?? 0) - (times[i - 1] ?? 0) : 0;
    if (i < length && gap <= GAP_SECONDS) continue;
    if (i - first > 1) stretches.push({ first, end: i });
    first = i;
  }
  return stretches;
}

/** One stretch of a channel at equal distances, by linear interpolation between the two samples around each time. */
export function resample(
  { times, rate }: Pick<Samples, "times" | "rate">,
  values: Float64Array,
  { first, end }: Stretch,
): Segment {
  if (times === null) return { start: first / rate, values: values.slice(first, end) };
  const start = times[first] ?? 0;
  const length = Math.floor(((times[end - 1] ?? 0) - start) * rate + 1e-9) + 1;
  const made = new Float64Array(length);
  let before = first;
  for (let i = 0; i < length; i++) {
    const time = start + i / rate;
    while (before < end - 2 && (times[before + 1] ?? 0) <= time) before++;
    const from = times[before] ?? 0;
    const span = (times[before + 1] ?? 0) - from;
    const part = span > 0 ? Math.min(1, (time - from) / span) : 1;
    const low = values[before] ?? 0;
    made[i] = low + part * ((values[before + 1] ?? 0) - low);
  }
  return { start, values: made };
}
