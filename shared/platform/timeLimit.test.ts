import assert from "node:assert/strict";
import { test } from "node:test";
import { inTime, OutOfTimeError, TimeLimit, UNLIMITED, workThrough } from "./timeLimit.ts";

/** A stopwatch that a test moves, in milliseconds. */
function handDriven() {
  const watch = { now: 0, read: () => watch.now };
  return watch;
}
const never = () => new Promise<never>(() => {});

test("a limit counts down by its stopwatch, and is over for good once it was ended", () => {
  const watch = handDriven();
  const time = new TimeLimit(10, watch.read);
  watch.now = 4_000;
  assert.equal(time.left(), 6);
  assert.equal(time.part(2).left(), 2);
  assert.equal(time.part(60).left(), 6);
  time.check();
  watch.now = 10_000;
  assert.equal(time.left(), 0);
  assert.throws(() => time.check(), OutOfTimeError);
  const ended = new TimeLimit(10, watch.read);
  ended.end();
  assert.throws(() => ended.check(), OutOfTimeError);
  UNLIMITED.check();
});

test("work that hangs is left behind at its limit, and may do nothing more", async () => {
  const time = new TimeLimit(0.02);
  await assert.rejects(inTime(time, never), OutOfTimeError);
  assert.throws(() => time.check(), OutOfTimeError);
  assert.equal(await inTime(new TimeLimit(60), async () => "done"), "done");
  await assert.rejects(
    inTime(new TimeLimit(60), () => Promise.reject(new Error("away"))),
    { message: "away" },
  );
});

test("an error that comes after the limit is ignored", async (t) => {
  const unhandled = t.mock.fn();
  process.once("unhandledRejection", unhandled);
  t.after(() => process.off("unhandledRejection", unhandled));
  let fail = (_: Error) => {};
  const late = new Promise<void>((_, reject) => {
    fail = reject;
  });
  await assert.rejects(
    inTime(new TimeLimit(0.01), () => late),
    OutOfTimeError,
  );
  fail(new Error("much later"));
  await new Promise(setImmediate);
  assert.equal(unhandled.mock.callCount(), 0);
});

test("items that fail or hang stop no other; they count as errors", async () => {
  const seen: number[] = [];
  const work = async (item: number) => {
    if (item === 1) throw new Error("away");
    if (item === 2) return never();
    seen.push(item);
    return item !== 3;
  };
  const worked = await workThrough([0, 1, 2, 3, 4, 5], new TimeLimit(60), work, {
    atOnce: 2,
    itemSeconds: 0.02,
  });
  assert.deepEqual([worked.done, worked.errors.length, worked.through], [3, 2, 6]);
  assert.deepEqual(seen, [0, 3, 4, 5]);
});

test("without CPU no timer fires: by the stopwatch no item is begun after the time", async () => {
  const watch = handDriven();
  const begun: number[] = [];
  const work = async (item: number) => {
    begun.push(item);
    watch.now += 1_000;
    return true;
  };
  const items = Array.from({ length: 1_000 }, (_, index) => index);
  const worked = await workThrough(items, new TimeLimit(5, watch.read), work, { atOnce: 1 });
  assert.deepEqual(begun, [0, 1, 2, 3, 4]);
  assert.deepEqual([worked.done, worked.through, worked.errors], [5, 5, []]);
});

test("an item that hung at the end of the time, and what is behind it, is left", async () => {
  const work = (item: number) => (item === 2 ? never() : Promise.resolve(true));
  const worked = await workThrough([0, 1, 2, 3, 4], new TimeLimit(0.03), work, { atOnce: 2 });
  assert.deepEqual([worked.done, worked.through, worked.errors], [4, 2, []]);
});
