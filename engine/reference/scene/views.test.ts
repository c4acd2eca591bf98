import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Album } from "./album.ts";
import { difference, type Look, lookAt } from "./look.ts";
import { NEW_VIEW, type View, ViewFinder } from "./views.ts";

const WIDTH = 96;
const HEIGHT = 54;

/** A landscape without repetition, another for each seed; `x` and `y` say where the camera looks, in pictures. */
function landscape(seed: number, x = 0, y = 0, brightness = 1): Look {
  const plane = (number: number, strength: number) =>
    Uint8Array.from({ length: WIDTH * HEIGHT }, (_, at) => {
      const [u, v] = [x + (at % WIDTH) / WIDTH, y + Math.floor(at / WIDTH) / HEIGHT];
      const hills =
        noise(4 * u, 3 * v, seed * 10 + number) + 0.5 * noise(9 * u, 7 * v, seed * 10 + number + 1);
      return 128 + strength * (hills - 0.75);
    });
  const luma = plane(1, 110).map((value) => Math.min(255, value * brightness));
  return lookAt({ width: WIDTH, height: HEIGHT, planes: [luma, plane(3, 30), plane(5, 30)] });
}

/** Smooth random heights from 0 to 1 over a lattice of whole numbers ("value noise"). */
function noise(u: number, v: number, seed: number): number {
  const height = (column: number, row: number) => {
    const mixed = Math.sin(column * 127.1 + row * 311.7 + seed * 74.7) * 43_758.5453;
    return mixed - Math.floor(mixed);
  };
  const [column, row] = [Math.floor(u), Math.floor(v)];
  const ease = (t: number) => t * t * (3 - 2 * t);
  const [right, down] = [ease(u - column), ease(v - row)];
  const above = height(column, row) * (1 - right) + height(column + 1, row) * right;
  const below = height(column, row + 1) * (1 - right) + height(column + 1, row + 1) * right;
  return above * (1 - down) + below * down;
}

const black = lookAt({
  width: WIDTH,
  height: HEIGHT,
  planes: [new Uint8Array(WIDTH * HEIGHT), new Uint8Array(WIDTH * HEIGHT), new Uint8Array(WIDTH * HEIGHT)],
});

test("a view shaken or exposed otherwise is the same; another place is another", () => {
  for (const seed of [1, 2, 3, 5]) {
    const base = landscape(seed).grid;
    assert.ok(difference(base, landscape(seed, 0.04, 0.03).grid) < NEW_VIEW, "shaken");
    assert.ok(difference(base, landscape(seed, 0, 0, 0.8).grid) < NEW_VIEW, "darker");
    assert.ok(difference(base, landscape(seed, 0.25).grid) < NEW_VIEW, "panned by a quarter");
    assert.ok(difference(base, landscape(seed + 7).grid) > NEW_VIEW, "elsewhere");
  }
});

test("difference is 0 for the same picture, near symmetric, and never negative", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 50 }), (one, other) => {
      const [a, b] = [landscape(one).grid, landscape(other).grid];
      assert.equal(difference(a, a), 0);
      const [there, back] = [difference(a, b), difference(b, a)];
      assert.ok(there >= 0 && back >= 0);
      assert.ok(Math.abs(there - back) < 0.35 * Math.max(there, back) + 1e-6);
    }),
    { numRuns: 30 },
  );
});

test("pictures of different shapes are never the same view", () => {
  const tall = lookAt({
    width: HEIGHT,
    height: WIDTH,
    planes: [new Uint8Array(WIDTH * HEIGHT), new Uint8Array(WIDTH * HEIGHT), new Uint8Array(WIDTH * HEIGHT)],
  });
  assert.equal(difference(black.grid, tall.grid), Number.POSITIVE_INFINITY);
});

test("sharpness falls when a picture is blurred and is 0 for an even one", () => {
  const checks = Uint8Array.from({ length: WIDTH * HEIGHT }, (_, at) => ((at >> 2) & 1 ? 200 : 60));
  const blurred = checks.map((value, at) =>
    Math.round((value + (checks[at + 1] ?? value) + (checks[at - 1] ?? value)) / 3),
  );
  const even = new Uint8Array(WIDTH * HEIGHT).fill(128);
  const sharpness = (luma: Uint8Array) =>
    lookAt({ width: WIDTH, height: HEIGHT, planes: [luma, even, even] }).sharpness;
  assert.ok(sharpness(checks) > 2 * sharpness(blurred));
  assert.equal(sharpness(even), 0);
});

test("a pan over three pictures gives about three views, each by its sharpest picture", () => {
  const finder = new ViewFinder();
  const ended: View[] = [];
  for (let index = 0; index <= 60; index++) {
    const look = { ...landscape(4, index / 30), sharpness: 100 + (index % 7) };
    const seen = finder.see(look, index / 10, false);
    if (seen.ended) ended.push(seen.ended);
  }
  const last = finder.end();
  assert.ok(last);
  assert.ok(ended.length >= 2 && ended.length <= 5, `${ended.length + 1} views`);
  for (const view of ended) assert.equal(view.look.sharpness, 106);
});

test("a damaged picture is chosen only when its view has no other", () => {
  const finder = new ViewFinder();
  const [sharp, dull] = [
    { ...landscape(2), sharpness: 900 },
    { ...landscape(2), sharpness: 50 },
  ];
  assert.equal(finder.see(sharp, 0, true).best, true);
  assert.equal(finder.see(dull, 1, false).best, true);
  assert.equal(finder.see(sharp, 2, true).best, false);
  assert.equal(finder.end()?.timeSeconds, 1);
  assert.equal(finder.end(), undefined);
});

const view = (seed: number, timeSeconds: number, sharpness: number, minor = false): View => ({
  from: timeSeconds,
  until: timeSeconds + 1,
  timeSeconds,
  look: { ...landscape(seed), sharpness },
  minor,
});

test("a repeated view is one leaf with the sharper picture; a duller one is refused", () => {
  const album = new Album<string>(5);
  album.add(view(1, 0, 50), "first");
  album.add(view(9, 5, 70), "other");
  assert.equal(album.wants(view(1, 10, 40)), false);
  assert.equal(album.wants(view(1, 10, 60)), true);
  album.add(view(1, 10, 60), "again");
  album.add(view(1, 20, 55), "once more");
  assert.deepEqual(
    album.leaves(5).map(({ picture }) => picture),
    ["other", "again"],
  );
});

test("an album holds at most its limit, in order of time, and keeps what was added", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          seed: fc.integer({ min: 1, max: 40 }),
          sharpness: fc.integer({ min: 1, max: 99 }),
          minor: fc.boolean(),
        }),
        { minLength: 1, maxLength: 30 },
      ),
      fc.integer({ min: 1, max: 8 }),
      (views, count) => {
        const album = new Album<number>(8);
        for (const [index, { seed, sharpness, minor }] of views.entries()) {
          album.add(view(seed, index, sharpness, minor), index);
        }
        const leaves = album.leaves(count);
        assert.ok(leaves.length >= 1 && leaves.length <= count);
        const times = leaves.map((leaf) => leaf.view.timeSeconds);
        assert.deepEqual(
          times,
          times.toSorted((one, other) => one - other),
        );
        const someMajor = leaves.some((leaf) => !leaf.view.minor);
        assert.ok(!someMajor || leaves.every((leaf) => !leaf.view.minor));
      },
    ),
    { numRuns: 40 },
  );
});

test("black pictures and flashes are shown only when there is nothing else", () => {
  const finder = new ViewFinder();
  finder.see(black, 0, false);
  finder.see(black, 1, false);
  const ended = finder.see(landscape(3), 2, false).ended;
  assert.equal(ended?.minor, true);
  finder.see(landscape(3), 3, false);
  assert.equal(finder.end()?.minor, false);
  const album = new Album<string>(5);
  if (ended) album.add(ended, "black");
  assert.deepEqual(
    album.leaves(5).map(({ picture }) => picture),
    ["black"],
  );
});
