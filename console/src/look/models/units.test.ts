import assert from "node:assert/strict";
import { test } from "node:test";
import { metresPerUnit } from "./units.ts";

test("a file is believed when the figure is then as tall as a person", () => {
  assert.equal(metresPerUnit(172, 1), 0.01);
  assert.equal(metresPerUnit(1.72, 100), 1);
  assert.equal(metresPerUnit(67.7, 2.54), 0.0254);
});

test("a figure as small as a thumb or as tall as a house is in the other unit", () => {
  assert.equal(metresPerUnit(1.72, 1), 1);
  assert.equal(metresPerUnit(172, 100), 0.01);
});

test("a figure of no human size stays as the file says", () => {
  assert.equal(metresPerUnit(5000, 1), 0.01);
  assert.equal(metresPerUnit(0, 100), 1);
});
