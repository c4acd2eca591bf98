/** The two schedules of `sweep`: how long a run can take, and that urgent repairs wait for nothing slow. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { type RepairDeps, repairsOf, runLimits } from "#functions/sweep/repairs.ts";
import { longestRunSeconds, type Repair, runRepairs } from "#functions/sweep/runRepairs.ts";
import { cronTimes } from "#local/standins/scheduler/cron.ts";
import { enqueueEvent } from "#shared/events/outbox.ts";
import { functions, type ScheduleName } from "#shared/manifest.ts";
import { silentLogger } from "#shared/platform/log/logger.ts";
import { type SweepHarness, sweepHarness } from "./harness.ts";

let harness: SweepHarness;
before(async () => {
  harness = await sweepHarness();
});
beforeEach(() => harness.clear());
after(() => harness.drop());

function repairsFor(schedule: ScheduleName, deps: RepairDeps = harness.deps): Repair[] {
  return repairsOf(deps).filter((repair) => repair.schedule === schedule);
}

test("even if every repair hangs, a run ends before the next, and before it is cut", () => {
  const { schedules, timeoutSeconds } = functions.sweep;
  const longest = (name: ScheduleName) => longestRunSeconds(repairsFor(name), runLimits[name]);
  for (const [name, { cron, attemptDeadlineSeconds }] of Object.entries(schedules) as [
    ScheduleName,
    (typeof schedules)[ScheduleName],
  ][]) {
    const times = cronTimes(cron);
    const first = times(new Date(0));
    const periodSeconds = (times(first).getTime() - first.getTime()) / 1000;
    assert.ok(longest(name) <= runLimits[name].maxSeconds, `${name}: ${longest(name)}`);
    assert.ok(
      runLimits[name].maxSeconds < Math.min(attemptDeadlineSeconds, timeoutSeconds, periodSeconds),
      name,
    );
  }
  assert.equal(schedules.urgent.cron, "* * * * *");
  // What the bounds of docs/architecture.md count from begins as its run begins.
  const atOnce = repairsFor("urgent").slice(0, runLimits.urgent.atOnce);
  assert.deepEqual(
    atOnce.map(({ name }) => name),
    ["end_expired_leases", "end_overdue_back_offs", "recover_lost_rings", "publish_outbox"],
  );
});

test("an urgent and a slow run have an instance each; one more is for one that hangs", () => {
  const { concurrency, maxInstances, schedules } = functions.sweep;
  assert.equal(concurrency, 1);
  assert.ok(maxInstances > Object.keys(schedules).length);
});

test("a lost timer, ring and event are repaired by the next run, though others hang", async () => {
  const { queue } = harness;
  // A lease and a back-off whose timers are lost, a failure and an event that were not published, and the rings for all that.
  const [failed, leased, backsOff] = [await queue.submit(), await queue.submit(), await queue.submit()];
  const [first, , third] = await queue.lease({ max: 3, seconds: 60 });
  await queue.submit();
  const fail = { type: "fail", code: "bad", message: "It failed." } as const;
  await queue.giveBack(first?.leaseId ?? "", { ...fail, retryable: false });
  await queue.giveBack(third?.leaseId ?? "", { ...fail, retryable: true });
  await queue.firestore.doc(`jobs/${failed.id}`).update({ notificationPending: true });
  queue.published.length = 0;
  queue.deps.tasks.waiting.clear();
  const event = {
    type: "badge_earned",
    id: "e".repeat(26),
    at: queue.now.toISOString(),
    spaceId: "s".repeat(26),
    userId: "u".repeat(26),
    badge: "star",
  } as const;
  await enqueueEvent(harness.db, event);
  // An object that is never looked at to its end, and a bucket that is never listed to its end.
  await queue.upload({ state: "pending", received: null });
  const never = () => new Promise<never>(() => {});
  const hanging = {
    ...harness.deps,
    uploads: { ...queue.uploads, look: never },
    objects: { ...queue.resources, list: () => ({ [Symbol.asyncIterator]: () => ({ next: never }) }) },
  };
  queue.pass(3600);

  const slowRun = runRepairs(
    repairsFor("slow", hanging).map((repair) => ({ ...repair, budgetSeconds: 3 })),
    { ...runLimits.slow, graceSeconds: 1, log: silentLogger },
  );
  const urgent = repairsFor("urgent", hanging).map((repair) => ({ ...repair, budgetSeconds: 1 }));
  const report = await runRepairs(urgent, { ...runLimits.urgent, log: silentLogger });
  assert.deepEqual(
    report.repairs.filter(({ ok, cut }) => !ok || cut).map(({ name }) => name),
    ["ingest_pending_uploads"],
  );
  for (const { id } of [leased, backsOff]) {
    const { state, waiting } = await queue.job(id);
    assert.deepEqual([state, waiting], ["queued", true], id);
  }
  assert.deepEqual(queue.published.map(({ type }) => type).sort(), ["badge_earned", "job_failed"]);
  assert.ok([...queue.deps.tasks.waiting.keys()].some((name) => name.startsWith("ring-")));

  const slow = await slowRun;
  const cut = slow.repairs.filter(({ ok, cut }) => !ok || cut).map(({ name }) => name);
  assert.deepEqual(cut, ["ingest_older_uploads", "remove_stray_objects"]);
  assert.equal(slow.left, 0);
});
