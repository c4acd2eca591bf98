import assert from "node:assert/strict";
import { test } from "node:test";
import { middleBox } from "./middleBox.ts";

test("a few points far away don't count, the rest does", () => {
  const points = Array.from({ length: 100 }, (_, n): [number, number, number] => [n, n / 2, -n]);
  points.push([1e6, -1e6, 0]);
  assert.deepEqual(middleBox(points), { min: [2, 0.5, -97], max: [98, 48.5, -1] });
});

test("few points all count, and none is a point", () => {
  assert.deepEqual(middleBox([[1, 2, 3]]), { min: [1, 2, 3], max: [1, 2, 3] });
  assert.deepEqual(middleBox([]), { min: [0, 0, 0], max: [0, 0, 0] });
});
