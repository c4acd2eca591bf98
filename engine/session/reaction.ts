import { lowPass } from "./lowPass.ts";
import { derivative, type Movement } from "./movements.ts";
import { median } from "./quantile.ts";
import type { Segment } from "./resample.ts";

/** A movement begins where the speed rises above this part of its peak. */
const ONSET = 0.1;
/** A crossing counts when the speed stays above it for this long, in seconds. */
const HOLD_SECONDS = 0.05;
/** Earlier, the person did not wait for the cue; later, they did not answer it. Seconds. */
const REACTION = { min: 0.1, max: 2 };
/** The filter's cut-off for onsets is this many periods in a way out; and the part of a movement that lies between 10 % and 90 % of its way. */
const PERIODS = 4;
const MIDDLE = 0.47;

/** A segment, its filtered values and the repetitions in it. */
export interface Track {
  readonly segment: Segment;
  readonly movements: readonly Movement[];
}

/** Reaction times in seconds of the cues that were answered, and how many were not. */
export interface Reactions {
  readonly times: readonly number[];
  readonly missed: number;
}

/**
 * How long after each cue the movement began that answers it: the first whose speed has its peak after the cue and before the next one.
 * It begins where the speed last rose above a tenth of that peak, to stay above it for 50 ms. Under 100 ms and over 2 s the cue counts as missed.
 *
 * A hand that moves slowly is at a tenth of its peak speed no faster than noise. So the speed is filtered here as low as the
 * movements of this channel allow: four periods in a way out, and never above the method's 6 Hz.
 * @param tracks segments with their filtered values
 * @param cues ascending or not; seconds
 */
export function reactionsOf(tracks: readonly Track[], rate: number, cues: readonly number[]): Reactions {
  const onsets = onsetsOf(tracks, rate);
  const sorted = cues.toSorted((a, b) => a - b);
  const times: number[] = [];
  let next = 0;
  for (const [index, cue] of sorted.entries()) {
    const until = sorted[index + 1] ?? Number.POSITIVE_INFINITY;
    while (next < onsets.length && (onsets[next]?.peak ?? 0) <= cue) next++;
    const answer = onsets[next];
    if (answer === undefined || answer.peak > until) continue;
    const time = answer.onset - cue;
    if (time >= REACTION.min && time <= REACTION.max) times.push(time);
  }
  return { times, missed: cues.length - times.length };
}

/** When each movement began, and when its speed was highest; seconds. */
function onsetsOf(tracks: readonly Track[], rate: number): readonly { onset: number; peak: number }[] {
  const lengths = tracks.flatMap(({ segment, movements }) =>
    movements.map((movement) => middleOf(segment.values, movement) / rate),
  );
  if (lengths.length === 0) return [];
  const usual = Math.max(1 / rate, median(lengths)) / MIDDLE;
  return tracks.flatMap(({ segment, movements }) => {
    const speed = derivative(lowPass(segment.values, rate, Math.min(6, PERIODS / usual)), rate);
    return movements.map((movement) => {
      let peak = movement.start;
      for (let i = movement.start; i < movement.peak; i++) {
        if ((speed[i] ?? 0) > (speed[peak] ?? 0)) peak = i;
      }
      const onset = riseBefore(speed, peak, rate);
      return { onset: segment.start + onset / rate, peak: segment.start + peak / rate };
    });
  });
}

/** Where the speed last rose above a tenth of its peak and stayed there for 50 ms: a place between two samples. */
function riseBefore(speed: Float64Array, peak: number, rate: number): number {
  const threshold = ONSET * (speed[peak] ?? 0);
  const hold = Math.max(1, Math.round(HOLD_SECONDS * rate));
  let above = peak + 1;
  while (above < speed.length && (speed[above] ?? 0) >= threshold) above++;
  let first = peak;
  while (first > 0 && ((speed[first - 1] ?? 0) >= threshold || above - first < hold)) first--;
  if (first === 0) return 0;
  const below = speed[first - 1] ?? 0;
  const step = (speed[first] ?? 0) - below;
  return step > 0 ? first - Math.min(1, Math.max(0, ((speed[first] ?? 0) - threshold) / step)) : first;
}

/** How many samples a movement takes from 10 % to 90 % of its way. */
function middleOf(values: Float64Array, { start, peak }: Movement): number {
  const low = values[start] ?? 0;
  const way = (values[peak] ?? 0) - low;
  let from = peak;
  while (from > start && (values[from] ?? 0) > low + 0.1 * way) from--;
  let to = from;
  while (to < peak && (values[to] ?? 0) < low + 0.9 * way) to++;
  return to - from;
}
