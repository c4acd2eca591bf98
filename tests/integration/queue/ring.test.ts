import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { type RingRound, type Rung, ringEngine } from "#functions/dispatch/ringEngine.ts";
import { recoverLostRings } from "#functions/sweep/queueRepairs.ts";
import type { WakeAnswer } from "#shared/platform/google/engineBell.ts";
import { wakeAnswer } from "#shared/platform/google/engineBell.ts";
import { silentLogger } from "#shared/platform/log/logger.ts";
import type { Task } from "#shared/platform/tasks/taskQueue.ts";
import { addressId } from "#shared/queue/bellDocument.ts";
import { ADDRESS, type QueueHarness, queueHarness, recordedTasks } from "./harness.ts";

let queue: QueueHarness;
let tasks: ReturnType<typeof recordedTasks>;
let rung: string[];
/** What the engine answers to a ring. */
let answer: () => WakeAnswer | Promise<WakeAnswer>;
before(async () => {
  queue = await queueHarness();
});
after(() => queue.backend.drop());
beforeEach(async () => {
  await queue.backend.clear();
  tasks = recordedTasks();
  Object.assign(queue.deps, { tasks, engines: [ADDRESS], log: silentLogger });
  rung = [];
  answer = () => ({ answer: "accepted" });
});

const isRing = (task: Task) => task.path === "/ring";
const rings = () => [...tasks.waiting.values()].filter(isRing);
function run(task: Task): Promise<Rung> {
  // The body of a task of ours; the route checks it by its schema.
  const round = task.body as unknown as RingRound;
  const bell = {
    wake: async (address: { url: string }, kind: string) => {
      rung.push(`${address.url} ${kind}`);
      return answer();
    },
  };
  return ringEngine(round, { ...queue.deps, bell });
}
/** Takes the one waiting ring and runs it. */
async function runRing(): Promise<Rung & { task: Task }> {
  const [task, ...others] = rings();
  assert.ok(task, "a ring waits");
  assert.deepEqual(others, [], "one ring at most waits");
  tasks.take(isRing);
  return { ...(await run(task)), task };
}
const bell = async () => (await queue.firestore.doc(`bells/scene_${addressId(ADDRESS)}`).get()).data() ?? {};

test("one ring waits per kind and address, however many jobs enter at once", async () => {
  const other = { url: "https://other.example", kinds: ["scene"] };
  Object.assign(queue.deps, { engines: [ADDRESS, other] });
  await Promise.all(Array.from({ length: 30 }, () => queue.submit()));
  assert.equal(rings().length, 2);
  const photos = {
    contentType: "image/png",
    received: { generation: "1", size: 9, crc32c: "AAAAAA==", contentType: "image/png" },
  };
  const [face, body] = [await queue.upload(photos), await queue.upload(photos)];
  await queue.submit({ body: { kind: "avatar", inputs: { face, body } } });
  assert.equal(rings().length, 3);
  for (const task of rings()) await run(task);
  assert.deepEqual(rung.sort(), [
    "https://engine.example avatar",
    "https://engine.example scene",
    "https://other.example scene",
  ]);
});

test("a busy engine's ring is one task, tried again by Retry-After, while work waits", async () => {
  const job = await queue.submit();
  const [task] = rings();
  assert.ok(task);
  answer = () => ({ answer: "busy", retryAfterSeconds: 20 });
  for (let attempt = 0; attempt < 3; attempt++) {
    assert.deepEqual(await run(task), { outcome: "again", busy: true, retryAfterSeconds: 20 });
    await queue.submit();
    assert.equal(rings().length, 1, "jobs that enter meanwhile add no task");
  }
  await queue.firestore.recursiveDelete(queue.firestore.collection("jobs"));
  assert.deepEqual(await run(task), { outcome: "over" });
  assert.equal(rung.length, 3, "not rung when no work waits");
  assert.equal((await bell()).state, "idle");
  tasks.waiting.clear();
  await queue.submit();
  assert.equal(rings().length, 1);
  assert.ok(job.id);
});

test("an engine that can't be reached is rung again by the back-off, not as busy", async () => {
  await queue.submit();
  answer = () => ({ answer: "failed", status: 500 });
  const { outcome, ...rest } = await runRing();
  assert.equal(outcome, "again");
  assert.equal("busy" in rest && rest.busy, false);
});

test("an engine that accepts without a pull is rung after 5, 10, 20, 40, 60, 60 s", async () => {
  await queue.submit();
  for (const seconds of [5, 10, 20, 40, 60, 60]) {
    assert.equal((await runRing()).outcome, "over");
    const [next] = rings();
    assert.equal(next?.at?.getTime(), queue.now.getTime() + seconds * 1000);
    queue.pass(seconds);
  }
  assert.equal(rung.length, 6);
});

test("an engine that got all it asked for isn't rung while work waits; a new job rings", async () => {
  await queue.submit();
  await queue.submit();
  await runRing();
  queue.pass(1);
  await queue.lease();
  queue.pass(4);
  await runRing();
  assert.equal(rung.length, 1);
  assert.deepEqual(rings(), []);
  assert.equal((await bell()).state, "idle");
  await queue.submit();
  assert.equal(rings().length, 1, "a new job rings all the same");
});

test("a job that enters while a check is due rings at once, in place of the check", async () => {
  const first = await queue.submit();
  await runRing();
  await queue.lease({ max: 5 });
  assert.equal((await queue.job(first.id)).state, "running");
  queue.pass(1);
  await queue.submit();
  const [now, ...others] = rings();
  assert.equal(now?.at, undefined);
  assert.deepEqual(others, []);
  await runRing();
  assert.equal(rung.length, 2);
});

test("a task that may not be removed delays no ring; its round ends when it runs", async () => {
  const refusal = Object.assign(new Error("7 PERMISSION_DENIED: cloudtasks.tasks.delete"), { code: 7 });
  tasks.remove = () => Promise.reject(refusal);
  const warned: string[] = [];
  const log = { ...silentLogger, warn: (event: string) => void warned.push(event) };
  Object.assign(queue.deps, { log });
  const first = await queue.submit();
  await runRing();
  await queue.lease({ max: 5 });
  assert.equal((await queue.job(first.id)).state, "running");
  queue.pass(1);
  await queue.submit();
  const [left, now, ...others] = rings();
  assert.deepEqual([left?.at !== undefined, now?.at, others], [true, undefined, []]);
  assert.deepEqual(warned, ["ring_task_not_removed"]);
  assert.ok(left && now);
  assert.deepEqual(await run(left), { outcome: "over" });
  assert.equal(rung.length, 1);
  assert.equal((await run(now)).outcome, "over");
  assert.equal(rung.length, 2);
});

test("with two addresses for a kind, one engine's pull doesn't end the other's ring", async () => {
  Object.assign(queue.deps, { engines: [ADDRESS, { url: "https://other.example", kinds: ["scene"] }] });
  await queue.submit();
  await queue.submit();
  answer = () => ({ answer: "busy", retryAfterSeconds: undefined });
  const [one, two] = rings();
  assert.ok(one && two);
  assert.equal((await run(one)).outcome, "again");
  queue.pass(1);
  await queue.lease();
  queue.pass(1);
  assert.equal((await run(two)).outcome, "again");
  assert.equal((await run(one)).outcome, "again");
});

test("a ring that runs twice, late or after a crash changes nothing for the open round", async () => {
  await queue.submit();
  const { task } = await runRing();
  const after = await bell();
  const next = rings();
  assert.deepEqual(await run(task), { outcome: "over" });
  assert.deepEqual(await bell(), after);
  assert.deepEqual(rings(), next);
  assert.equal(rung.length, 1);
  // A crash between the next round's document and its task: the task before is delivered again and adds it.
  tasks.waiting.clear();
  tasks.usedNames.clear();
  await run(task);
  assert.equal(rings().length, 1);
});

test("a ring lost before its task comes with the next job, one lost after it by sweep", async () => {
  const add = tasks.add;
  tasks.add = () => Promise.reject(new Error("Cloud Tasks is away"));
  await queue.submit();
  assert.equal((await bell()).state, "ringing");
  tasks.add = add;
  await queue.submit();
  assert.equal(rings().length, 1);
  tasks.waiting.clear(); // the queue was purged
  queue.pass(119);
  assert.deepEqual(await recoverLostRings(queue.deps), { found: 1, repaired: 0, errors: [], cut: false });
  queue.pass(2);
  assert.deepEqual(await recoverLostRings(queue.deps), { found: 1, repaired: 1, errors: [], cut: false });
  assert.equal(rings().length, 1);
  assert.deepEqual(await recoverLostRings(queue.deps), { found: 1, repaired: 0, errors: [], cut: false });
});

test("sweep respects a busy engine's Retry-After, and rings none while no work waits", async () => {
  await queue.submit();
  answer = () => ({ answer: "busy", retryAfterSeconds: 900 });
  await runRing();
  queue.pass(900);
  assert.equal((await recoverLostRings(queue.deps)).repaired, 0);
  queue.pass(121);
  assert.equal((await recoverLostRings(queue.deps)).repaired, 1);
  await queue.firestore.recursiveDelete(queue.firestore.collection("jobs"));
  queue.pass(10_000);
  assert.deepEqual(await recoverLostRings(queue.deps), { found: 0, repaired: 0, errors: [], cut: false });
});

test("no wake-up is lost: jobs enter at any moment, and all are pulled without sweep", async () => {
  answer = async () => {
    await queue.lease({ max: 3, kinds: ["scene"] });
    return { answer: "accepted" };
  };
  for (let round = 0; round < 8; round++) {
    const entering = Array.from({ length: 4 }, async (_, index) => {
      await new Promise((resolve) => setTimeout(resolve, index * 7 * Math.random()));
      await queue.submit();
    });
    let done = false;
    const all = Promise.all(entering).then(() => {
      done = true;
    });
    while (!done || rings().length > 0) {
      const task = tasks.take(isRing);
      if (!task) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        continue;
      }
      if (task.at && task.at > queue.now) queue.now = task.at;
      if ((await run(task)).outcome === "again") tasks.waiting.set(task.name ?? "", task);
    }
    await all;
    const left = await queue.firestore.collection("jobs").where("waiting", "==", true).get();
    assert.equal(left.size, 0);
  }
});

test("what an engine's answer to a ring means", () => {
  const now = new Date("2026-03-01T10:00:00Z");
  assert.deepEqual(wakeAnswer(202, null, now), { answer: "accepted" });
  assert.deepEqual(wakeAnswer(429, "20", now), { answer: "busy", retryAfterSeconds: 20 });
  assert.deepEqual(wakeAnswer(503, "Sun, 01 Mar 2026 10:00:30 GMT", now), {
    answer: "busy",
    retryAfterSeconds: 30,
  });
  assert.deepEqual(wakeAnswer(429, "999999", now), { answer: "busy", retryAfterSeconds: 3600 });
  for (const rubbish of ["soon", "-5", "", null]) {
    assert.deepEqual(wakeAnswer(503, rubbish, now), { answer: "busy", retryAfterSeconds: undefined });
  }
  assert.deepEqual(wakeAnswer(401, null, now), { answer: "failed", status: 401 });
});
