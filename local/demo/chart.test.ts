import assert from "node:assert/strict";
import { test } from "node:test";
import { chartLines } from "./chart.ts";

test("a rising line goes from the lower left to the upper right, with marks below it", () => {
  const lines = chartLines({
    curve: [
      [
        [0, 0],
        [10, 5],
      ],
    ],
    repetitions: [
      { start: 0, peakAt: 0 },
      { start: 9, peakAt: 10 },
    ],
  });
  assert.equal(lines.length, 11);
  const blank = "\u2800";
  assert.equal(lines[0]?.[0], blank);
  assert.notEqual(lines[0]?.[99], blank);
  assert.notEqual(lines[9]?.[0], blank);
  assert.equal(lines[9]?.[99], blank);
  assert.equal(lines[10], `▲${" ".repeat(98)}▲`);
});

test("a gap stays empty; one value, or none, is drawn too", () => {
  const [top = ""] = chartLines({
    curve: [
      [
        [0, 1],
        [4, 1],
      ],
      [
        [6, 1],
        [10, 1],
      ],
    ],
    repetitions: [],
  });
  assert.match(top, /^[^\u2800]+\u2800+[^\u2800]+$/);
  assert.equal(chartLines({ curve: [[[3, 7]]], repetitions: [] }).length, 11);
  assert.deepEqual(chartLines({ curve: [], repetitions: [] }), ["(no samples)"]);
});
