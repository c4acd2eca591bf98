import assert from "node:assert/strict";
import { test } from "node:test";
import { UnreadableModelError } from "../files/glb.ts";
import { networkJson } from "../testing/networkJson.ts";
import { evaluate, parseNetwork, vectorsOf } from "./network.ts";

const input = [0.2, 0.9, 0.1, -0.4, 0.3, 0, 1, 0.5, 0.6, -0.8, 0];

/** The network worked out as the paper writes it, from the JSON itself. */
function plainly(json: Record<string, unknown>): number[] {
  const rows = (name: string) => json[name] as number[][]; // networkJson's own
  const bias = (name: string) => json[name] as number[]; // networkJson's own
  let values = input;
  for (const index of [0, 1, 2]) {
    const sums = bias(`${index}_bias`).map((start, o) =>
      values.reduce((sum, value, j) => sum + value * (rows(`${index}_weights`)[j]?.[o] ?? 0), start),
    );
    values = sums.map((sum) => (index < 2 ? Math.max(0, sum) : 1 / (1 + Math.exp(-sum))));
  }
  return values;
}

test("the packed network gives the colour that the JSON describes, padded sizes too", () => {
  for (const [hidden, second] of [
    [16, 16],
    [6, 9],
  ] as const) {
    const json = networkJson(hidden, second);
    const colour = evaluate(parseNetwork(json), input);
    for (const [channel, expected] of plainly(json).entries())
      assert.ok(Math.abs((colour[channel] ?? Number.NaN) - expected) < 1e-5);
  }
});

test("the published size fits a shader of WebGL 2", () => {
  assert.equal(vectorsOf(parseNetwork(networkJson())), 133);
});

test("numbers that are written as texts count", () => {
  const json = networkJson();
  assert.deepEqual(parseNetwork({ ...json, "2_bias": ["0.5", "-1", "2"] })[2].bias[1], -1);
});

test("a network of another shape, or with a part missing, is unreadable", () => {
  const json = networkJson();
  for (const broken of [
    null,
    [],
    {},
    { ...json, "1_bias": undefined },
    { ...json, "0_weights": [[1, 2]] },
    { ...json, "2_bias": [1, 2, 3, 4], "2_weights": Array(16).fill([1, 2, 3, 4]) },
    { ...json, "2_bias": [1, null, 3] },
    { ...json, "2_bias": [1, "", 3] },
    networkJson(64),
  ])
    assert.throws(() => parseNetwork(broken), UnreadableModelError);
});
