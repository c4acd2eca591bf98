import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { turnOfMatrix, turnOfTag } from "./turn.ts";

const ONE = 0x10000;
const matrix = (a: number, b: number, c: number, d: number) =>
  Buffer.from(Int32Array.of(a, b, 0, c, d, 0, 0, 0, 0x40000000).buffer);

test("each of the eight ways to hold a phone has its filter", () => {
  const filters = [
    [ONE, 0, 0, ONE, ""],
    [0, ONE, -ONE, 0, "transpose=clock"],
    [-ONE, 0, 0, -ONE, "hflip,vflip"],
    [0, -ONE, ONE, 0, "transpose=cclock"],
    [-ONE, 0, 0, ONE, "hflip"],
    [ONE, 0, 0, -ONE, "vflip"],
    [0, ONE, ONE, 0, "transpose=cclock_flip"],
    [0, -ONE, -ONE, 0, "transpose=clock_flip"],
  ] as const;
  for (const [a, b, c, d, filter] of filters) {
    const turn = turnOfMatrix(matrix(a, b, c, d));
    assert.deepEqual(turn, { filter, sideways: filter.startsWith("transpose") });
  }
});

test("a slanted matrix goes to the nearest quarter turn; a short one turns nothing", () => {
  const slanted = (degrees: number) => {
    const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
    return turnOfMatrix(matrix(ONE * cos, ONE * sin, -ONE * sin, ONE * cos)).filter;
  };
  assert.deepEqual([3, 87, 93, 178, 268, 359].map(slanted), [
    "",
    "transpose=clock",
    "transpose=clock",
    "hflip,vflip",
    "transpose=cclock",
    "",
  ]);
  assert.equal(turnOfMatrix(Buffer.alloc(8)).filter, "");
});

test("any bytes are a turn, and any text is one: nothing throws", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      assert.equal(typeof turnOfMatrix(Buffer.from(bytes)).sideways, "boolean");
    }),
  );
  fc.assert(
    fc.property(fc.string(), (text) => {
      assert.equal(typeof turnOfTag(text).sideways, "boolean");
    }),
  );
});

test("the rotate tag counts degrees clockwise, also below zero and beyond a full turn", () => {
  const filters = ["90", "-90", "180", "450", "0", "no number"].map((text) => turnOfTag(text).filter);
  assert.deepEqual(filters, [
    "transpose=clock",
    "transpose=cclock",
    "hflip,vflip",
    "transpose=clock",
    "",
    "",
  ]);
});
