import assert from "node:assert/strict";
import { test } from "node:test";
import { besideOthers } from "./arrival.ts";
import type { Placed } from "./composition.ts";

test("people who come one after the other stand in a row, none in another's place", () => {
  const row: Placed[] = [];
  for (let n = 0; n < 10; n++) row.push({ resourceId: "ann", transform: besideOthers(row) });
  assert.deepEqual(
    row.slice(0, 4).map(({ transform }) => transform.position),
    [
      [0, 0, -2.2],
      [0.9, 0, -2.2],
      [-0.9, 0, -2.2],
      [1.8, 0, -2.2],
    ],
  );
  assert.equal(new Set(row.map(({ transform }) => transform.position.join())).size, 10);
});

test("a place that was left is taken again", () => {
  const elsewhere: Placed = {
    resourceId: "bo",
    transform: { ...besideOthers([]), position: [4, 0, 4] },
  };
  assert.deepEqual(besideOthers([elsewhere]).position, [0, 0, -2.2]);
  assert.deepEqual(besideOthers([elsewhere], [1, -1.5, 5]).position, [1, -1.5, 2.8]);
});
