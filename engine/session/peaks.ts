export interface Peak {
  readonly index: number;
  /** How far one must go down from it, at least, before one can go up higher. */
  readonly prominence: number;
}

/**
 * The peaks that stand out: at least `prominence` high above the higher of the two valleys beside them, and at least `distance`
 * samples from a peak that stands out more. The first and last value are no peaks; a flat top is one, at its middle. Of two equally high
 * tops the first is the higher one: else a plateau with a filter's overshoot at both its ends would be two peaks.
 * Source: the topographic prominence of a summit, cut at the ends of the signal, as signal libraries use it. One pass with a stack.
 */
export function findPeaks(
  values: Float64Array,
  rules: { readonly prominence: number; readonly distance: number },
): readonly Peak[] {
  const high = prominentPeaks(values).filter(({ prominence }) => prominence >= rules.prominence);
  return thinOut(high, rules.distance);
}

function prominentPeaks(values: Float64Array): readonly Peak[] {
  const tops = localMaxima(values);
  const heights = tops.map((top) => values[top] ?? 0);
  const before = lowestSinceHigher(heights, valleysBefore(values, tops), (height, top) => height >= top);
  // From the other end: the same with the order turned.
  const after = lowestSinceHigher(
    heights.toReversed(),
    valleysBefore(values.toReversed(), tops.map((top) => values.length - 1 - top).toReversed()),
    (height, top) => height > top,
  ).toReversed();
  return tops.map((index, i) => ({
    index,
    prominence: (heights[i] ?? 0) - Math.max(before[i] ?? 0, after[i] ?? 0),
  }));
}

function localMaxima(values: Float64Array): readonly number[] {
  const tops: number[] = [];
  for (let i = 1; i < values.length - 1; i++) {
    const height = values[i] ?? 0;
    if ((values[i - 1] ?? 0) >= height) continue;
    let end = i;
    while (end < values.length - 1 && values[end + 1] === height) end++;
    if (end < values.length - 1 && (values[end + 1] ?? 0) < height) tops.push((i + end) >> 1);
    i = end;
  }
  return tops;
}

/** For each top the lowest value between it and the top before it; for the first one since the beginning. */
function valleysBefore(values: Float64Array, tops: readonly number[]): readonly number[] {
  let from = 0;
  return tops.map((top) => {
    let lowest = Number.POSITIVE_INFINITY;
    for (let i = from; i < top; i++) lowest = Math.min(lowest, values[i] ?? 0);
    from = top;
    return lowest;
  });
}

/** For each height the lowest valley on the way back to a height that is higher, as `isHigher` says, or to the beginning. */
function lowestSinceHigher(
  heights: readonly number[],
  valleys: readonly number[],
  isHigher: (height: number, top: number) => boolean,
): readonly number[] {
  const stack: { height: number; lowest: number }[] = [];
  return heights.map((height, i) => {
    let lowest = valleys[i] ?? 0;
    for (let top = stack.at(-1); top && !isHigher(top.height, height); top = stack.at(-1)) {
      lowest = Math.min(lowest, top.lowest);
      stack.pop();
    }
    stack.push({ height, lowest });
    return lowest;
  });
}

/** Peaks in the order of time; of two that are too close the less prominent one goes. */
function thinOut(peaks: readonly Peak[], distance: number): readonly Peak[] {
  const gone = new Set<number>();
  const byProminence = peaks.map((_, i) => i).sort((a, b) => prominenceOf(b) - prominenceOf(a) || a - b);
  for (const i of byProminence) {
    if (gone.has(i)) continue;
    for (const step of [-1, 1]) {
      for (let near = i + step; isNear(near, i); near += step) gone.add(near);
    }
  }
  return peaks.filter((_, i) => !gone.has(i));

  function prominenceOf(i: number): number {
    return peaks[i]?.prominence ?? 0;
  }
  function isNear(other: number, i: number): boolean {
    const near = peaks[other];
    return near !== undefined && Math.abs(near.index - (peaks[i]?.index ?? 0)) < distance;
  }
}
