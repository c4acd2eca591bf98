import assert from "node:assert/strict";
import { test } from "node:test";
import { oneAtATime } from "./oneAtATime.ts";

test("pieces of work follow each other in order, also after one that fails", async () => {
  const inTurn = oneAtATime();
  const log: string[] = [];
  const work = (name: string) => async () => {
    log.push(`${name} begins`);
    await new Promise((resolve) => setImmediate(resolve));
    log.push(`${name} ends`);
    if (name === "b") throw new Error(name);
    return name;
  };
  const outcomes = await Promise.allSettled(["a", "b", "c"].map((name) => inTurn(work(name))));
  assert.deepEqual(log, ["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ["fulfilled", "rejected", "fulfilled"],
  );
});
