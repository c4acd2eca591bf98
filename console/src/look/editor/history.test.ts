import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { begun, did, finished, redone, undone } from "./history.ts";

test("undo gives the states back in order, redo takes them again", () => {
  const history = did(did(begun("a"), "b"), "c");
  assert.equal(undone(history).present, "b");
  assert.equal(undone(undone(undone(history))).present, "a");
  assert.equal(redone(redone(redone(undone(undone(history))))).present, "c");
});

test("a drag through many places is one step; the next drag is another", () => {
  const dragged = ["b", "c", "d"].reduce((so, state) => did(so, state, "drag 1"), begun("a"));
  assert.equal(undone(dragged).present, "a");
  const again = did(finished(dragged), "e", "drag 1");
  assert.equal(undone(again).present, "d");
});

test("a new step after undo forgets what was undone", () => {
  const history = did(undone(did(begun("a"), "b")), "c");
  assert.equal(redone(history).present, "c");
  assert.equal(undone(history).present, "a");
});

test("the same state is no step", () => {
  const history = did(begun("a"), "b");
  assert.equal(did(history, "b"), history);
});

test("any steps: all undone is the beginning, all redone is the end", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(), fc.option(fc.constantFrom("x", "y"), { nil: undefined })), {
        maxLength: 50,
      }),
      (steps) => {
        let history = begun(-1);
        for (const [state, step] of steps) history = did(history, state, step);
        const end = history.present;
        for (let n = 0; n <= steps.length; n++) history = undone(history);
        assert.equal(history.present, -1);
        for (let n = 0; n <= steps.length; n++) history = redone(history);
        assert.equal(history.present, end);
      },
    ),
  );
});
