import type { Box } from "./box.ts";

/** The part of points that may be far away on each side, in each direction. */
const OUTSIDE = 0.02;

/** The box around most of the points; around nothing at the origin when there are none. */
export function middleBox(points: readonly (readonly [number, number, number])[]): Box {
  const ranges = [0, 1, 2].map((axis) => {
    const sorted = points.map((point) => point[axis] ?? 0).sort((a, b) => a - b);
    const skipped = Math.floor(sorted.length * OUTSIDE);
    return [sorted[skipped] ?? 0, sorted[sorted.length - 1 - skipped] ?? 0] as const;
  });
  const side = (end: 0 | 1): [number, number, number] => [
    ranges[0]?.[end] ?? 0,
    ranges[1]?.[end] ?? 0,
    ranges[2]?.[end] ?? 0,
  ];
  return { min: side(0), max: side(1) };
}
