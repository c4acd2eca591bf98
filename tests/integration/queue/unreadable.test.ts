/** A document of a job or an engine that doesn't fit the schema: what reads many logs it and goes on with the others. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { listDeadLetters } from "#functions/admin/listDeadLetters.ts";
import { listJobs } from "#functions/jobs/listJobs.ts";
import { statusReader } from "#functions/jobs/status.ts";
import { scene } from "#shared/kinds/scene.ts";
import { plusSeconds } from "#shared/platform/clock.ts";
import { type Logger, silentLogger } from "#shared/platform/log/logger.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { engineDocumentId } from "#shared/queue/engineDocument.ts";
import { pulledSince } from "#shared/queue/engines.ts";
import { paceReader } from "#shared/queue/pace.ts";
import { ENGINE, type QueueHarness, queueHarness, SPACE, USER } from "./harness.ts";

let queue: QueueHarness;
let logged: unknown[];
const log: Logger = {
  ...silentLogger,
  error: (event, fields) => {
    if (event === "job_unreadable" && "jobId" in fields) logged.push([event, fields.jobId]);
    else logged.push([event, "document" in fields ? fields.document : undefined]);
  },
};
// Only `shared/spaces/membership.ts` asks it; the row is of the shape that it asks for.
const sql = {
  query: async () => ({ rows: [{ spaceId: SPACE, type: "care", role: "giver" }] }),
} as unknown as Sql;

before(async () => {
  queue = await queueHarness();
});
after(() => queue.backend.drop());
beforeEach(async () => {
  logged = [];
  await queue.backend.clear();
});

async function submitted(count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index++) {
    ids.push((await queue.submit()).id);
    queue.pass(1);
  }
  return ids;
}
const spoil = (id: string | undefined, change: object) => queue.firestore.doc(`jobs/${id}`).update(change);

test("a list leaves it out, wherever it is on a page, and goes on to the oldest job", async () => {
  const ids = await submitted(5);
  for (const broken of ids) {
    logged = [];
    await spoil(broken, { title: 7 });
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const input = { userId: USER, language: "en" as const, limit: 2, cursor };
      const { items, nextCursor } = await listJobs(input, { ...queue.deps, sql, log });
      seen.push(...items.map(({ id }) => id));
      cursor = nextCursor ?? undefined;
    } while (cursor !== undefined);
    assert.deepEqual(
      seen,
      ids.toReversed().filter((id) => id !== broken),
    );
    assert.deepEqual(logged, [["job_unreadable", broken]]);
    await spoil(broken, { title: "The sea" });
  }
});

test("the dead letters are listed without it", async () => {
  const ids = await submitted(3);
  for (const id of ids) {
    const [lease] = await queue.lease();
    assert.equal(lease?.job.id, id);
    await queue.giveBack(lease.leaseId, { type: "fail", code: "c", message: "m", retryable: false });
    queue.pass(1);
  }
  await spoil(ids[1], { attempt: "three" });
  const submit = { ...queue.deps, log };
  const first = await listDeadLetters({ limit: 2 }, { submit });
  assert.deepEqual(
    first.items.map(({ id }) => id),
    [ids[2]],
  );
  const second = await listDeadLetters({ limit: 2, cursor: first.nextCursor ?? undefined }, { submit });
  assert.deepEqual(
    second.items.map(({ id }) => id),
    [ids[0]],
  );
  assert.equal(second.nextCursor, null);
  assert.deepEqual(logged, [["job_unreadable", ids[1]]]);
});

test("the pace is that of the jobs that can be read", async () => {
  const [took] = await submitted(4);
  for (const seconds of [40, 50]) {
    const [lease] = await queue.lease();
    queue.pass(seconds);
    await queue.complete(lease?.leaseId ?? "");
  }
  await queue.lease({ max: 2, engineId: "e2" });
  const read = paceReader({ ...queue.deps, log });
  assert.deepEqual((await read(scene)).took.toSorted(), [40, 50]);
  const work = await queue.firestore.collection("jobs").where("state", "==", "running").get();
  await spoil(took, { tookSeconds: "forty" });
  await spoil(work.docs[0]?.id, { "lease.engineId": 7 });
  queue.pass(61);
  const pace = await read(scene);
  assert.deepEqual([pace.took, pace.running], [[50], [61]]);
  assert.deepEqual(
    logged.toSorted(),
    [
      ["job_unreadable", took],
      ["job_unreadable", work.docs[0]?.id],
    ].toSorted(),
  );
});

test("the status counts it, and counts the engines of the others", async () => {
  await submitted(3);
  const leases = [...(await queue.lease()), ...(await queue.lease({ engineId: "e2" }))];
  await spoil(leases[0]?.job.id, { lease: { engineId: null } });
  const status = await statusReader({ ...queue.deps, log })();
  assert.deepEqual(status.kinds.scene, { waiting: 1, running: 2, paused: 0 });
  assert.deepEqual(status.engines, { idle: 1, busy: 1, silent: 0 });
  assert.deepEqual(logged, [["job_unreadable", leases[0]?.job.id]]);
});

test("status, pace and rings go on with the engines whose documents can be read", async () => {
  await queue.lease();
  queue.pass(1);
  await queue.lease({ engineId: "e2" });
  const broken = `engines/${engineDocumentId(ENGINE, "e1")}`;
  await queue.firestore.doc(broken).update({ kinds: "scene" });
  const status = await statusReader({ ...queue.deps, log })();
  assert.deepEqual(status.engines, { idle: 1, busy: 0, silent: 0 });
  assert.equal((await paceReader({ ...queue.deps, log })(scene)).idle, 1);
  assert.equal(await pulledSince("scene", plusSeconds(queue.now, -2), { ...queue.deps, log }), true);
  await queue.firestore.doc(`engines/${engineDocumentId(ENGINE, "e2")}`).delete();
  assert.equal(await pulledSince("scene", plusSeconds(queue.now, -2), { ...queue.deps, log }), false);
  assert.deepEqual(logged, Array(4).fill(["engine_unreadable", broken]));
});

test("jobs behind sixty that can't be read are leased; the first ones are logged", async () => {
  const ids = await submitted(62);
  const broken = ids.slice(0, -2);
  await Promise.all(broken.map((id) => spoil(id, { title: 7 })));
  Object.assign(queue.deps, { log });
  const [lease, ...others] = await queue
    .lease()
    .finally(() => Object.assign(queue.deps, { log: silentLogger }));
  assert.equal(lease?.job.id, ids.at(-2));
  assert.deepEqual(others, []);
  assert.deepEqual(
    logged,
    broken.slice(0, 25).map((id) => ["job_unreadable", id]),
  );
  const next = await queue.lease({ max: 20 });
  assert.deepEqual(
    next.map(({ job }) => job.id),
    ids.slice(-1),
  );
});

test("a place in line is given although the job at its head can't be read", async () => {
  const [head] = await submitted(1);
  await spoil(head, { "place.tag": "first" });
  const next = await queue.submit();
  assert.equal(next.state, "queued");
});
