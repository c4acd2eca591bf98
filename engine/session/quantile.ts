/**
 * A quantile, interpolated between the two values around it (type 7 of Hyndman and Fan, Sample Quantiles in Statistical Packages, 1996).
 * @param sorted ascending, at least one
 * @param part from 0 to 1
 */
export function quantile(sorted: ArrayLike<number>, part: number): number {
  const place = part * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below] ?? Number.NaN;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? Number.NaN;
  return low + (place - below) * (high - low);
}

/** @param values in any order, at least one */
export function median(values: Iterable<number>): number {
  return quantile(Float64Array.from(values).sort(), 0.5);
}
