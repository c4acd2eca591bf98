/** A curve in a terminal: dots of Braille, four high and two wide in each character. */

export interface ChartChannel {
  readonly curve: readonly (readonly (readonly [number, number])[])[];
  readonly repetitions: readonly { readonly start: number; readonly peakAt: number }[];
}

/** Columns and rows of characters. */
const SIZE = { columns: 100, rows: 10 };
const DOTS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;
const BRAILLE = 0x2800;

/**
 * Lines with the curve, and below it a line with a mark at the peak of each repetition.
 * @param channel pieces of points of time and value; gaps between pieces stay empty
 */
export function chartLines({ curve, repetitions }: ChartChannel): readonly string[] {
  const points = curve.flat();
  if (points.length === 0) return ["(no samples)"];
  const times = points.map(([time]) => time);
  const values = points.map(([, value]) => value);
  const span = { from: least(times), to: most(times), low: least(values), high: most(values) };
  const width = 2 * SIZE.columns - 1;
  const height = 4 * SIZE.rows - 1;
  const x = (time: number) => Math.round((width * (time - span.from)) / (span.to - span.from || 1));
  const y = (value: number) => Math.round((height * (span.high - value)) / (span.high - span.low || 1));
  const cells = Array.from({ length: SIZE.rows }, () => new Uint16Array(SIZE.columns).fill(BRAILLE));
  const dot = (column: number, row: number) => {
    const line = cells[row >> 2];
    if (line) line[column >> 1] = (line[column >> 1] ?? BRAILLE) | (DOTS[row & 3]?.[column & 1] ?? 0);
  };
  for (const piece of curve) {
    for (const [index, [time, value]] of piece.entries()) {
      const [nextTime, nextValue] = piece[index + 1] ?? [time, value];
      const steps = Math.max(1, Math.abs(x(nextTime) - x(time)), Math.abs(y(nextValue) - y(value)));
      for (let step = 0; step <= steps; step++) {
        const part = step / steps;
        dot(x(time + part * (nextTime - time)), y(value + part * (nextValue - value)));
      }
    }
  }
  const marks = new Array<string>(SIZE.columns).fill(" ");
  for (const { peakAt } of repetitions) marks[Math.min(SIZE.columns - 1, x(peakAt) >> 1)] = "▲";
  return [...cells.map((line) => String.fromCharCode(...line)), marks.join("").trimEnd()];
}

function least(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
}

function most(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
}
