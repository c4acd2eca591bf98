import { findPeaks } from "./peaks.ts";

/** A peak counts when it stands out by this part of the channel's range, and is as far from others, in seconds. */
const PROMINENCE = 0.25;
const APART_SECONDS = 0.4;
/** Where a movement begins and ends: at this part of its way from its end. */
const EDGE = 0.05;

/** One repetition in a segment: the way out, from rest to the peak. Indexes count in the segment. */
export interface Movement {
  readonly peak: number;
  /** The samples of the way out: from `start` to before `end`. */
  readonly start: number;
  readonly end: number;
}

/**
 * The repetitions of a segment: its peaks with a prominence of at least a quarter of the range, at least 0.4 s apart, and the way out to each of
 * them. A way out begins where the angle was last within 5 % of the valley before it, moved back to where the speed is lowest or 0, and
 * ends likewise before the peak: so an arrest in the middle belongs to it, and noise while the hand rests does not.
 * @param values filtered, of a position or a force
 * @param speed its derivative
 * @param range of the whole channel; 0 when nothing moved
 */
export function movementsOf(
  values: Float64Array,
  speed: Float64Array,
  rate: number,
  range: number,
): readonly Movement[] {
  if (!(range > 0)) return [];
  const rules = { prominence: PROMINENCE * range, distance: APART_SECONDS * rate };
  let from = 0;
  return findPeaks(values, rules).map(({ index }) => {
    const movement = wayOut(values, speed, from, index);
    from = index;
    return movement;
  });
}

function wayOut(values: Float64Array, speed: Float64Array, from: number, peak: number): Movement {
  let valley = peak;
  for (let i = peak; i >= from; i--) if ((values[i] ?? 0) < (values[valley] ?? 0)) valley = i;
  const low = values[valley] ?? 0;
  const way = (values[peak] ?? 0) - low;
  let start = peak;
  while (start > valley && (values[start] ?? 0) > low + EDGE * way) start--;
  let end = start;
  while (end < peak && (values[end] ?? 0) < low + (1 - EDGE) * way) end++;
  while (start > valley && isSlower(speed, start - 1, start)) start--;
  while (end < peak && isSlower(speed, end + 1, end)) end++;
  return { peak, start, end };
}

/** Whether the speed at `next` is less than at `here`, and not yet over. */
function isSlower(speed: Float64Array, next: number, here: number): boolean {
  return (speed[here] ?? 0) > 0 && (speed[next] ?? 0) < (speed[here] ?? 0);
}

/** The derivative by central differences, per second; at the ends by one-sided ones. */
export function derivative(values: Float64Array, rate: number): Float64Array {
  const made = new Float64Array(values.length);
  const last = values.length - 1;
  for (let i = 0; i <= last; i++) {
    const before = Math.max(0, i - 1);
    const after = Math.min(last, i + 1);
    made[i] = (((values[after] ?? 0) - (values[before] ?? 0)) * rate) / Math.max(1, after - before);
  }
  return made;
}
