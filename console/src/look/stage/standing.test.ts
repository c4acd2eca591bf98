import assert from "node:assert/strict";
import { test } from "node:test";
import { floorAt, outsideOf, standingIn, stepBack } from "./standing.ts";

test("one stands at the scene's origin, on the ground, with the eyes of a grown person", () => {
  const garden = { min: [-6, -0.1, -6], max: [6, 3.6, 6] } as const;
  assert.deepEqual(standingIn(garden), { at: [0, 0], floor: 0, eyes: 1.6 });
});

test("a scene whose origin is at the camera has its floor at its lowest point", () => {
  const room = { min: [-3, -1.5, -3], max: [3, 1, 3] } as const;
  assert.deepEqual(standingIn(room), { at: [0, 0], floor: -1.5, eyes: 1.6 });
});

test("a scene that lies elsewhere is entered in its middle", () => {
  const far = { min: [10, 0, 20], max: [14, 3, 30] } as const;
  assert.deepEqual(standingIn(far), { at: [12, 25], floor: 0, eyes: 1.6 });
});

test("a flat scene is looked at from in front of it", () => {
  const wall = { min: [-2, 0, -2], max: [2, 3, -1.9] } as const;
  const { at, eyes } = standingIn(wall);
  assert.deepEqual([at, eyes], [[0, 2.1], 1.6]);
});

test("a scene too low to stand in is not in metres: the eyes are at half of its height", () => {
  const small = { min: [-1, -0.4, -1], max: [1, 0.4, 1] } as const;
  assert.deepEqual(standingIn(small), { at: [0, 0], floor: -0.4, eyes: 0.4 });
});

test("from outside all of it is in view, on a wide screen and on a narrow one", () => {
  const box = { min: [-1, 0, -1], max: [1, 2, 1] } as const;
  for (const aspect of [2, 0.5]) {
    const { eye, target } = outsideOf(box, { fieldOfView: 50, aspect });
    assert.deepEqual(target, [0, 1, 0]);
    const distance = Math.hypot(eye[0], eye[1] - 1, eye[2]);
    const half = Math.min(25 * (Math.PI / 180), Math.atan(Math.tan(25 * (Math.PI / 180)) * aspect));
    assert.ok(distance * Math.sin(half) > Math.sqrt(3) * 0.99, String(aspect));
  }
});

test("a step is taken, a wall stops, and a hole in the ground is passed", () => {
  const from = { floor: 0, eyes: 1.6 };
  assert.equal(floorAt(from, 0.3), 0.3);
  assert.equal(floorAt(from, 0.9), undefined);
  assert.equal(floorAt(from, -0.4), -0.4);
  assert.equal(floorAt(from, -9), 0);
  assert.equal(floorAt(from, undefined), 0);
});

test("with a wall right ahead one steps back, as far as there is room behind", () => {
  const close = (value: number, expected: number) =>
    assert.ok(Math.abs(value - expected) < 1e-9, String(value));
  assert.equal(stepBack({ eyes: 1.6, ahead: 3, behind: 9 }), 0);
  close(stepBack({ eyes: 1.6, ahead: 2.2, behind: Infinity }), 2.92);
  close(stepBack({ eyes: 1.6, ahead: 2.2, behind: 2.6 }), 1);
  assert.equal(stepBack({ eyes: 1.6, ahead: 1, behind: 1 }), 0);
});
