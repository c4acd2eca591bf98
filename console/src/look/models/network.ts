/**
 * The small network of a MobileNeRF set: eight features and the direction of view go in, a colour comes out.
 * Z. Chen et al., "MobileNeRF: Exploiting the Polygon Rasterization Pipeline for Efficient Neural Field Rendering on Mobile
 * Architectures", CVPR 2023: three dense layers, two with ReLU, the last with a sigmoid.
 */
import { UnreadableModelError } from "../files/glb.ts";

/** One dense layer, packed for a shader: each group of four outputs is a `vec4`. */
export interface Layer {
  readonly inputs: number;
  /** How many `vec4` hold its outputs; what is over is 0. */
  readonly groups: number;
  /** `inputs × groups × 4` numbers: of input j, the group i begins at `(j * groups + i) * 4`. */
  readonly weights: Float32Array;
  /** `groups × 4` numbers. */
  readonly bias: Float32Array;
}

export type Network = readonly [Layer, Layer, Layer];

/** Eight features and a direction. */
const INPUTS = 11;
const COLOURS = 3;
/** WebGL 2 promises a fragment shader 224 `vec4`; some are the renderer's. */
const MOST_VECTORS = 200;

/**
 * Reads the set's JSON: `0_weights` to `2_weights` as lists of rows, one row for each input, and `0_bias` to `2_bias`.
 * @throws UnreadableModelError
 */
export function parseNetwork(json: unknown): Network {
  if (typeof json !== "object" || json === null) throw new UnreadableModelError("no network");
  const values: Readonly<Record<string, unknown>> = { ...json };
  const first = layer(values, 0, INPUTS);
  const second = layer(values, 1, sizeOf(values, 0));
  const third = layer(values, 2, sizeOf(values, 1));
  if (sizeOf(values, 2) !== COLOURS) throw new UnreadableModelError("a network that makes no colour");
  const network = [first, second, third] as const;
  if (vectorsOf(network) > MOST_VECTORS) throw new UnreadableModelError("a network too large for a shader");
  return network;
}

/** How many `vec4` a network takes in a shader. */
export function vectorsOf(network: Network): number {
  return network.reduce((sum, { inputs, groups }) => sum + (inputs + 1) * groups, 0);
}

/** What the shader computes: a colour of features and a direction. Numbers of padding stay 0. */
export function evaluate(network: Network, input: readonly number[]): number[] {
  let values = [...input];
  for (const [index, { inputs, groups, weights, bias }] of network.entries()) {
    const sums = [...bias];
    for (let j = 0; j < inputs; j++)
      for (let i = 0; i < groups * 4; i++)
        sums[i] = (sums[i] ?? 0) + (values[j] ?? 0) * (weights[j * groups * 4 + i] ?? 0);
    values = index < 2 ? sums.map((sum) => Math.max(0, sum)) : sums.map((sum) => 1 / (1 + Math.exp(-sum)));
  }
  return values.slice(0, COLOURS);
}

function layer(values: Readonly<Record<string, unknown>>, index: number, inputs: number): Layer {
  const outputs = sizeOf(values, index);
  const rows = values[`${index}_weights`];
  if (!Array.isArray(rows) || rows.length !== inputs)
    throw new UnreadableModelError(`layer ${index}: expected ${inputs} rows of weights`);
  const groups = Math.ceil(outputs / 4);
  const weights = new Float32Array(inputs * groups * 4);
  for (const [j, row] of rows.entries()) weights.set(numbers(row, outputs, `layer ${index}`), j * groups * 4);
  const bias = new Float32Array(groups * 4);
  bias.set(numbers(values[`${index}_bias`], outputs, `bias ${index}`));
  return { inputs, groups, weights, bias };
}

function sizeOf(values: Readonly<Record<string, unknown>>, index: number): number {
  const bias = values[`${index}_bias`];
  if (!Array.isArray(bias) || bias.length === 0) throw new UnreadableModelError(`layer ${index}: no bias`);
  return bias.length;
}

function numbers(list: unknown, length: number, what: string): number[] {
  if (!Array.isArray(list) || list.length !== length)
    throw new UnreadableModelError(`${what}: expected ${length} numbers`);
  return list.map((entry: unknown) => {
    // Some exporters write numbers as texts.
    const value = typeof entry === "string" && entry.trim() !== "" ? Number(entry) : entry;
    if (typeof value !== "number" || !Number.isFinite(value))
      throw new UnreadableModelError(`${what}: expected numbers`);
    return value;
  });
}
