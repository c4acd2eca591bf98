/**
 * The slope through points that outliers can't tilt: the median of the slopes through each two of them.
 * Source: P. K. Sen, Estimates of the regression coefficient based on Kendall's tau, Journal of the American Statistical Association
 * 63, 1968.
 * @param points time grows with the square of their number
 * @returns per unit of x; null when there are no two with different x
 */
export function theilSenSlope(points: readonly { readonly x: number; readonly y: number }[]): number | null {
  const slopes = points.flatMap((a, index) =>
    points.slice(index + 1).flatMap((b) => (a.x === b.x ? [] : [(b.y - a.y) / (b.x - a.x)])),
  );
  const sorted = Float64Array.from(slopes).sort();
  const low = sorted[(sorted.length - 1) >> 1];
  const high = sorted[sorted.length >> 1];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}
