import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "#shared/platform/log/logger.ts";
import { inTime, TimeLimit, workThrough } from "#shared/platform/timeLimit.ts";
import { longestRunSeconds, type Repair, type RepairResult, runRepairs } from "./runRepairs.ts";

const NOTHING: RepairResult = { did: {}, errors: [], cut: false };
const repair = (name: string, run: Repair["run"], budgetSeconds = 10): Repair => ({
  name,
  schedule: "urgent",
  budgetSeconds,
  run,
});
const never = () => new Promise<never>(() => {});

/** A logger whose lines a test reads. */
function recorded() {
  const lines: { event: string; fields: object }[] = [];
  const write = (event: string, fields: object) => lines.push({ event, fields });
  return { lines, log: { ...silentLogger, info: write, warn: write, error: write } };
}

test("one that hangs is left behind at its time; the log says where it goes on", async () => {
  const { lines, log } = recorded();
  const begun: string[] = [];
  const hangs = repair(
    "hangs",
    (_time, note) => {
      begun.push("hangs");
      note({ did: { looked: 200 }, errors: [], cut: false, place: "spaces/s/jobs/j/1/secret name.glb" });
      return never();
    },
    0.02,
  );
  const others = ["b", "c", "d"].map((name) =>
    repair(name, async () => {
      begun.push(name);
      return NOTHING;
    }),
  );
  const run = await runRepairs([hangs, ...others], { atOnce: 2, graceSeconds: 0, maxSeconds: 50, log });
  assert.deepEqual(begun, ["hangs", "b", "c", "d"]);
  assert.deepEqual(
    run.repairs.map(({ name, ok, cut }) => [name, ok, cut]),
    [
      ["hangs", false, true],
      ["b", true, false],
      ["c", true, false],
      ["d", true, false],
    ],
  );
  assert.deepEqual(run.repairs[0]?.did, { looked: 200 });
  assert.deepEqual([run.failed, run.left], [1, 0]);
  assert.deepEqual(lines, [
    {
      event: "repair_cut",
      fields: { repair: "hangs", budgetSeconds: 0.02, did: { looked: 200 }, place: "spaces/s/jobs/j/1/" },
    },
  ]);
});

test("one that throws, or fails in part, is logged and counted; the others run", async () => {
  const { lines, log } = recorded();
  const repairs = [
    repair("throws", () => Promise.reject(new Error("Firestore is away"))),
    repair("half", async () => ({ ...NOTHING, did: { done: 2 }, errors: [new Error("one of three")] })),
    repair("idle", async () => NOTHING),
  ];
  const run = await runRepairs(repairs, { atOnce: 1, graceSeconds: 0, maxSeconds: 50, log });
  assert.deepEqual(
    run.repairs.map(({ name, ok, did }) => [name, ok, did]),
    [
      ["throws", false, {}],
      ["half", false, { done: 2, errors: 1 }],
      ["idle", true, {}],
    ],
  );
  assert.deepEqual([run.failed, run.left], [2, 0]);
  assert.deepEqual(
    lines.map(({ event }) => event),
    ["repair_failed", "repair_incomplete", "repaired"],
  );
});

test("one that hung and goes on later does nothing more", async () => {
  const done: number[] = [];
  let goOn = () => {};
  const stuck = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const slow = repair(
    "slow",
    async (time) => {
      const worked = await workThrough(
        [1, 2, 3, 4],
        time,
        async (item) => {
          if (item === 2) await stuck;
          done.push(item);
          return true;
        },
        { atOnce: 1 },
      );
      return { ...NOTHING, did: { done: worked.done } };
    },
    0.02,
  );
  const { log } = recorded();
  await runRepairs([slow], { atOnce: 1, graceSeconds: 0, maxSeconds: 50, log });
  goOn();
  await new Promise(setImmediate);
  assert.deepEqual(done, [1, 2], "the call under way ends; nothing is begun after it");
});

test("one that did as much as its time allows is no failure, and says where it goes on", async () => {
  const { lines, log } = recorded();
  const result = { did: { looked: 100 }, errors: [], cut: true, place: "2026-03-01T10:00:00.000Z job" };
  const run = await runRepairs([repair("walk", async () => result)], {
    atOnce: 1,
    graceSeconds: 0,
    maxSeconds: 50,
    log,
  });
  assert.deepEqual([run.failed, run.repairs[0]?.cut], [0, true]);
  assert.deepEqual(lines[1], {
    event: "repair_continues",
    fields: { repair: "walk", budgetSeconds: 10, place: "2026-03-01T10:00:00.000Z job" },
  });
});

test("one that ends what it has begun soon after its time does not hang", async () => {
  const { lines, log } = recorded();
  const ends = repair(
    "ends",
    async (time) => {
      const worked = await workThrough(
        [1, 2],
        time,
        () => new Promise((resolve) => setTimeout(resolve, 20, true)),
        {
          atOnce: 1,
        },
      );
      return { did: { done: worked.done }, errors: [], cut: worked.through < 2 };
    },
    0.01,
  );
  const run = await runRepairs([ends], { atOnce: 1, graceSeconds: 5, maxSeconds: 50, log });
  assert.deepEqual([run.failed, run.repairs[0]?.cut], [0, true]);
  assert.deepEqual(
    lines.map(({ event }) => event),
    ["repair_continues"],
  );
});

test("without CPU none is begun after the time of the run; those left are counted", async () => {
  let now = 0;
  const stopwatch = () => now;
  const slowed = (name: string) =>
    repair(name, async () => {
      now += 20_000;
      return NOTHING;
    });
  const { log } = recorded();
  const repairs = ["a", "b", "c", "d", "e"].map(slowed);
  const run = await runRepairs(repairs, { atOnce: 1, graceSeconds: 0, maxSeconds: 50, log, stopwatch });
  assert.deepEqual(
    run.repairs.map(({ name }) => name),
    ["a", "b", "c"],
  );
  assert.equal(run.left, 2);
});

test("each repair has its own time: what came before takes nothing of it", async () => {
  let now = 0;
  const left: number[] = [];
  const tells = (name: string) =>
    repair(name, async (time) => {
      left.push(time.left());
      now += 9_000;
      return NOTHING;
    });
  const { log } = recorded();
  await runRepairs([tells("a"), tells("b")], {
    atOnce: 1,
    graceSeconds: 0,
    maxSeconds: 50,
    log,
    stopwatch: () => now,
  });
  assert.deepEqual(left, [10, 10]);
});

test("the longest run: each lane takes the next repair when the one before it is cut", async () => {
  const budgets = [10, 10, 30, 5].map((budgetSeconds) => ({ budgetSeconds }));
  assert.equal(longestRunSeconds(budgets, { atOnce: 1, graceSeconds: 0 }), 55);
  assert.equal(longestRunSeconds(budgets, { atOnce: 2, graceSeconds: 0 }), 40);
  assert.equal(longestRunSeconds(budgets, { atOnce: 2, graceSeconds: 1 }), 42);
  assert.equal(longestRunSeconds([], { atOnce: 2, graceSeconds: 1 }), 0);
  // The same by hanging for real, in hundredths.
  const startedAt = performance.now();
  const hanging = budgets.map(({ budgetSeconds }, index) => repair(`r${index}`, never, budgetSeconds / 1000));
  const { log } = recorded();
  await inTime(new TimeLimit(5), () =>
    runRepairs(hanging, { atOnce: 2, graceSeconds: 0, maxSeconds: 50, log }),
  );
  assert.ok(performance.now() - startedAt >= 38);
});
