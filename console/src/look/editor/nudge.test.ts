import assert from "node:assert/strict";
import { test } from "node:test";
import { nudged } from "./nudge.ts";
import { IDENTITY, sameTransform, turnsOf } from "./transform.ts";

test("arrow keys move by 5 cm, with shift by half a metre, and change nothing else", () => {
  assert.deepEqual(nudged(IDENTITY, "ArrowRight", false), { ...IDENTITY, position: [0.05, 0, 0] });
  assert.deepEqual(nudged(IDENTITY, "ArrowUp", true), { ...IDENTITY, position: [0, 0, -0.5] });
  assert.deepEqual(nudged(IDENTITY, "PageUp", false), { ...IDENTITY, position: [0, 0.05, 0] });
});

test("comma and full stop turn about the upright axis, and undo each other", () => {
  const left = nudged(IDENTITY, ",", false) ?? assert.fail();
  assert.ok(Math.abs(turnsOf(left.rotation).turn - 5) < 1e-9);
  assert.ok(sameTransform(nudged(left, ".", false) ?? assert.fail(), IDENTITY));
});

test("plus and minus size in all directions, and undo each other", () => {
  const larger = nudged({ ...IDENTITY, scale: [1, 2, 3] }, "+", false) ?? assert.fail();
  assert.deepEqual(larger.scale, [1.05, 2.1, 3.1500000000000004]);
  assert.ok(sameTransform(nudged(larger, "-", false) ?? assert.fail(), { ...IDENTITY, scale: [1, 2, 3] }));
});

test("other keys do nothing", () => {
  for (const key of ["a", "Tab", "Enter", ""]) assert.equal(nudged(IDENTITY, key, false), undefined);
});
