/** What a measure is: things that run beside each other, and ratios between them. */
import type { World } from "../world/world.ts";

/** One line of a table: a thing, its goal if it has one, and what was measured. */
export interface Row {
  readonly name: string;
  /** The median of the ratios, each between two runs next to each other in time. */
  readonly ratio: number;
  /** The ratios that a tenth of all pairs are below, and above. */
  readonly spread: readonly [number, number];
  /** What the ratio should be: at most, or at least. */
  readonly goal?: { readonly atMost: number } | { readonly atLeast: number };
  /** Other figures, by what they are. */
  readonly also?: Readonly<Record<string, number>>;
}

export interface Measured {
  readonly title: string;
  /** What the ratio is of, in a sentence. */
  readonly says: string;
  /** What the ratio is to, for the chart. */
  readonly reference: string;
  readonly rows: readonly Row[];
}

/** A measure that is no ratio: a table of its own, and tables for other pages. */
export interface Listed {
  readonly title: string;
  /** What was counted, in a sentence. */
  readonly says: string;
  readonly head: readonly string[];
  readonly lines: readonly (readonly (string | number)[])[];
  readonly elsewhere: readonly {
    /** From the project's root; it has a place for the measure, as `README.md` has. */
    readonly page: string;
    readonly head: readonly string[];
    readonly lines: readonly (readonly (string | number)[])[];
  }[];
  /** Figures for programs, in `results.json`. */
  readonly data?: unknown;
}

export type Measure = {
  /** What `npm run bench -- NAME` calls it. */
  readonly name: string;
} & (
  | { readonly run: (world: World) => Promise<Measured | Listed> }
  /** Needs no world. */
  | { readonly runAlone: () => Promise<Measured | Listed> }
);

/** The value that `share` of all values are below (nearest rank). */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  if (value === undefined) throw new Error("a quantile of nothing");
  return value;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The ratios of pairs as a row has them. */
export function ratios(
  values: readonly number[],
  references: readonly number[],
): Pick<Row, "ratio" | "spread"> {
  const all = values.map((value, index) => value / (references[index] ?? Number.NaN));
  return {
    ratio: rounded(median(all)),
    spread: [rounded(quantile(all, 0.1)), rounded(quantile(all, 0.9))],
  };
}

export function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
