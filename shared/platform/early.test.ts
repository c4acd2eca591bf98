import assert from "node:assert/strict";
import { test } from "node:test";
import { early } from "./early.ts";

test("in an instance the value is made at once and once; elsewhere at its first use", () => {
  let count = 0;
  const make = () => ++count;
  const elsewhere = early(make, {});
  assert.equal(count, 0);
  assert.deepEqual([elsewhere(), elsewhere(), count], [1, 1, 1]);
  const instance = early(make, { FUNCTION_TARGET: "library" });
  assert.equal(count, 2);
  assert.deepEqual([instance(), instance(), count], [2, 2, 2]);
});

test("a failure at the start is met by the first use, and the next one tries again", () => {
  const problems = [new Error("first"), new Error("second")];
  const made = early(
    () => {
      const problem = problems.shift();
      if (problem) throw problem;
      return "made";
    },
    { FUNCTION_TARGET: "library" },
  );
  assert.throws(made, { message: "second" });
  assert.equal(made(), "made");
});
