import assert from "node:assert/strict";
import { test } from "node:test";
import { lazy } from "./lazy.ts";

/** A maker that counts its calls; each call takes the next of the outcomes. */
function counted<T>(...outcomes: (() => T)[]) {
  let calls = 0;
  const get = lazy((): T => (outcomes[calls++] ?? assert.fail("made too often"))());
  return { get, calls: () => calls };
}

test("nothing is made before the first call, and one value serves all calls", () => {
  const made = counted(() => ({}));
  assert.equal(made.calls(), 0);
  assert.equal(made.get(), made.get());
  assert.equal(made.calls(), 1);
});

test("a thrown error is not kept: the next call makes the value", () => {
  const made = counted<string>(
    () => assert.fail("away"),
    () => "there",
  );
  assert.throws(made.get, /away/);
  assert.deepEqual([made.get(), made.get(), made.calls()], ["there", "there", 2]);
});

test("callers share a pending promise, and keep it once it is resolved", async () => {
  const pending = Promise.withResolvers<string>();
  const made = counted(() => pending.promise);
  const [first, second] = [made.get(), made.get()];
  assert.equal(first, second);
  pending.resolve("there");
  assert.deepEqual([await first, await made.get(), made.calls()], ["there", "there", 1]);
});

test("a rejected promise reaches all who wait for it and is then forgotten", async () => {
  const pending = Promise.withResolvers<string>();
  const made = counted(
    () => pending.promise,
    async () => "there",
  );
  const waiting = Promise.allSettled([made.get(), made.get()]);
  pending.reject(new Error("away"));
  assert.deepEqual(
    (await waiting).map(({ status }) => status),
    ["rejected", "rejected"],
  );
  assert.deepEqual([await made.get(), await made.get(), made.calls()], ["there", "there", 2]);
});
