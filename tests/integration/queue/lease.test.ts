import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import type { Firestore } from "@google-cloud/firestore";
import { heldLease } from "#functions/engine/heldLease.ts";
import { statusReader } from "#functions/jobs/status.ts";
import { ReverieError } from "#shared/platform/errors.ts";
import { grpcStatus } from "#shared/platform/grpcStatus.ts";
import { silentLogger } from "#shared/platform/log/logger.ts";
import { endBackOff, endLease } from "#shared/queue/timers.ts";
import { type QueueHarness, queueHarness } from "./harness.ts";

let queue: QueueHarness;
before(async () => {
  queue = await queueHarness();
});
after(() => queue.backend.drop());
beforeEach(() => queue.backend.clear());

const isLost = (error: unknown) => error instanceof ReverieError && error.code === "lease_lost";
async function only<T>(list: Promise<T[]>): Promise<T> {
  const [first, ...others] = await list;
  assert.ok(first);
  assert.equal(others.length, 0);
  return first;
}

test("one engine gets the job, with signed inputs and a timer; the next gets nothing", async () => {
  const { id } = await queue.submit();
  const lease = await only(queue.lease());
  assert.equal(lease.job.id, id);
  assert.equal(lease.job.attempt, 1);
  assert.equal(lease.inputs.video?.size, 1000);
  assert.match(lease.inputs.video?.url ?? "", /generation=1&signature=/);
  assert.equal(lease.expiresAt, "2026-03-01T10:01:00.000Z");
  assert.deepEqual(await queue.lease({ engineId: "e2" }), []);
  const timer = queue.deps.tasks.waiting.get(`lease-${id}-1-${Date.parse(lease.expiresAt)}`);
  assert.equal(timer?.queue, "timer");
  assert.equal(timer?.at?.toISOString(), lease.expiresAt);
  const job = await queue.job(id);
  assert.ok(!JSON.stringify(job).includes(lease.leaseId), "the document doesn't hold the lease's id");
});

test("complete ends the job once; repeated it answers the same and changes nothing", async () => {
  const { id } = await queue.submit();
  const { leaseId } = await only(queue.lease());
  const answer = await queue.complete(leaseId);
  const before = await queue.firestore.doc(`results/${id}`).get();
  const job = await queue.job(id);
  assert.equal(job.state, "succeeded");
  assert.deepEqual(before.data()?.files[0]?.name, "scene.glb");
  queue.pass(10);
  assert.deepEqual(await queue.complete(leaseId), answer);
  const again = await queue.firestore.doc(`results/${id}`).get();
  assert.ok(before.updateTime && again.updateTime?.isEqual(before.updateTime));
  assert.deepEqual(await queue.job(id), job);
});

test("a lease that ended is given again, and every call of the late engine is refused", async () => {
  const { id } = await queue.submit();
  const late = await only(queue.lease());
  queue.pass(61);
  assert.equal(await endLease({ jobId: id, leaseNumber: 1 }, queue.deps), "applied");
  const next = await only(queue.lease({ engineId: "e2" }));
  assert.equal(next.job.attempt, 2);
  const before = await queue.job(id);
  await assert.rejects(queue.renew(late.leaseId), isLost);
  await assert.rejects(queue.complete(late.leaseId), isLost);
  await assert.rejects(queue.giveBack(late.leaseId, { type: "release" }), isLost);
  const fail = { type: "fail", code: "c", message: "m", retryable: true } as const;
  await assert.rejects(queue.giveBack(late.leaseId, fail), isLost);
  assert.deepEqual(await queue.job(id), before);
  await queue.complete(next.leaseId);
  assert.equal((await queue.job(id)).state, "succeeded");
});

test("a job renewed for three hours is never leased twice; each timer sets the next", async () => {
  const { id } = await queue.submit();
  const { leaseId } = await only(queue.lease({ seconds: 600 }));
  for (let minute = 0; minute < 180; minute += 5) {
    queue.pass(300);
    const { cancelRequested } = await queue.renew(leaseId, { leaseSeconds: 600, progress: minute / 180 });
    assert.equal(cancelRequested, false);
    assert.equal(await endLease({ jobId: id, leaseNumber: 1 }, queue.deps), "over");
    assert.deepEqual(await queue.lease({ engineId: "e2" }), []);
  }
  const { lease, leaseNumber } = await queue.job(id);
  assert.equal(leaseNumber, 1);
  assert.ok(queue.deps.tasks.usedNames.has(`lease-${id}-1-${lease?.until.getTime()}`));
  await queue.complete(leaseId);
});

test("renewing ends at the kind's ceiling: the lease then ends", async () => {
  const { id } = await queue.submit();
  const begun = queue.now.getTime();
  const { leaseId } = await only(queue.lease({ seconds: 3600 }));
  for (let hour = 1; hour < 6; hour++) {
    queue.pass(3599);
    const { expiresAt } = await queue.renew(leaseId, { leaseSeconds: 3600 });
    assert.equal(Date.parse(expiresAt), Math.min(queue.now.getTime() + 3600_000, begun + 6 * 3600_000));
  }
  queue.pass(3605);
  const { expiresAt } = await queue.renew(leaseId, { leaseSeconds: 3600 });
  assert.equal(Date.parse(expiresAt), begun + 6 * 3600_000);
  assert.equal(await endLease({ jobId: id, leaseNumber: 1 }, queue.deps), "applied");
  await assert.rejects(queue.renew(leaseId), isLost);
});

test("a timer that is early by this machine's clock is tried again, changes nothing", async () => {
  const { id } = await queue.submit();
  const lease = await only(queue.lease());
  const at = new Date(lease.expiresAt);
  assert.equal(await endLease({ jobId: id, leaseNumber: 1, at }, queue.deps), "early");
  assert.equal((await queue.job(id)).state, "running");
});

test("a retryable failure backs off, then enters the line again; the last one is final", async () => {
  const { id } = await queue.submit();
  for (let attempt = 1; attempt <= 3; attempt++) {
    const lease = await only(queue.lease());
    assert.equal(lease.job.attempt, attempt);
    const fail = { type: "fail", code: "gpu_lost", message: "The engine failed.", retryable: true } as const;
    const answer = await queue.giveBack(lease.leaseId, fail);
    assert.deepEqual(await queue.giveBack(lease.leaseId, fail), answer, "said twice");
    if (attempt === 3) break;
    const job = await queue.job(id);
    assert.equal(job.state, "queued");
    assert.equal(job.availableAt?.getTime(), queue.now.getTime() + 30_000 * 2 ** (attempt - 1));
    assert.deepEqual(await queue.lease(), [], "not in the index until its time");
    assert.equal(await endBackOff({ jobId: id, enqueueCount: attempt }, queue.deps), "over");
    queue.pass(30 * 2 ** (attempt - 1));
    assert.equal(await endBackOff({ jobId: id, enqueueCount: attempt }, queue.deps), "applied");
  }
  const job = await queue.job(id);
  assert.equal(job.state, "failed");
  assert.deepEqual(job.error, { code: "gpu_lost", message: "The engine failed." });
  assert.deepEqual(
    queue.published.filter((event) => event.type === "job_failed" && event.jobId === id).length,
    1,
  );
  assert.equal(job.notificationPending, false);
});

test("release costs no attempt, keeps the place; the next lease has its own folder", async () => {
  const { id } = await queue.submit();
  await queue.submit();
  const first = await only(queue.lease());
  assert.deepEqual(await queue.giveBack(first.leaseId, { type: "release" }), { jobId: id, state: "queued" });
  assert.deepEqual(await queue.giveBack(first.leaseId, { type: "release" }), { jobId: id, state: "queued" });
  const second = await only(queue.lease());
  assert.equal(second.job.id, id);
  assert.equal(second.job.attempt, 1);
  assert.equal((await queue.job(id)).leaseNumber, 2);
  assert.notEqual(second.leaseId, first.leaseId);
});

test("the same Idempotency-Key finds the lease with new URLs; another body is refused", async () => {
  await queue.submit();
  await queue.submit();
  const first = await only(queue.lease({ key: "attempt-1" }));
  const again = await only(queue.lease({ key: "attempt-1" }));
  assert.equal(again.leaseId, first.leaseId);
  assert.notEqual(again.inputs.video?.url, first.inputs.video?.url);
  await assert.rejects(
    queue.lease({ key: "attempt-1", max: 2 }),
    (error) => error instanceof ReverieError && error.code === "idempotency_key_reused",
  );
  const other = await only(queue.lease({ key: "attempt-2" }));
  assert.notEqual(other.job.id, first.job.id);
  await queue.complete(first.leaseId);
  assert.deepEqual(await queue.lease({ key: "attempt-1" }), [], "what is over isn't given again");
});

test("ten requests at once with one key get no more leases than one asks for", async () => {
  for (let index = 0; index < 6; index++) await queue.submit();
  await Promise.all(Array.from({ length: 10 }, () => queue.lease({ key: "k", max: 2 })));
  const leases = await queue.lease({ key: "k", max: 2 });
  assert.equal(leases.length, 2);
  const running = await queue.firestore.collection("jobs").where("state", "==", "running").get();
  assert.equal(running.size, 2);
});

test("a request that stopped after its first claim is completed when it is repeated", async () => {
  for (let index = 0; index < 4; index++) await queue.submit();
  const batchOf = queue.firestore.batch.bind(queue.firestore);
  let batches = 0;
  queue.firestore.batch = () => {
    batches += 1;
    if (batches === 2) throw new Error("the instance is gone");
    return batchOf();
  };
  const ask = () => queue.lease({ key: "k", max: 3 });
  await assert.rejects(ask(), /the instance is gone/);
  queue.firestore.batch = batchOf;
  const running = async () => {
    const { docs } = await queue.firestore.collection("jobs").where("state", "==", "running").get();
    return docs.map(({ id }) => id).toSorted();
  };
  const [first] = await running();
  // The engine doesn't know whether its first request is over.
  const [one, two] = await Promise.all([ask(), ask()]);
  const ids = one.map(({ job }) => job.id).toSorted();
  assert.deepEqual([ids.length, ids.includes(first ?? "")], [3, true]);
  assert.deepEqual(await running(), ids);
  assert.deepEqual(
    two.map(({ leaseId }) => leaseId).toSorted(),
    one.map(({ leaseId }) => leaseId).toSorted(),
  );
});

test("a lease whose inputs can't be signed is given back and costs no attempt", async () => {
  const { id } = await queue.submit();
  const sign = queue.uploads.signRead;
  queue.uploads.signRead = () => Promise.reject(new Error("signBlob is away"));
  await assert.rejects(queue.lease(), /signBlob is away/);
  queue.uploads.signRead = sign;
  assert.equal((await queue.job(id)).state, "queued");
  assert.equal((await only(queue.lease())).job.attempt, 1);
});

test("a job that can't be read is logged and left in line; those behind it are leased", async () => {
  const [broken, next] = [await queue.submit(), await queue.submit()];
  await queue.firestore.doc(`jobs/${broken.id}`).update({ title: 7 });
  const logged: unknown[] = [];
  const log = {
    ...silentLogger,
    error: (event: string, { jobId }: { jobId?: string }) => logged.push([event, jobId]),
  };
  Object.assign(queue.deps, { log });
  const lease = await only(queue.lease());
  Object.assign(queue.deps, { log: silentLogger });
  assert.equal(lease.job.id, next.id);
  assert.deepEqual(logged, [["job_unreadable", broken.id]]);
  const left = (await queue.firestore.doc(`jobs/${broken.id}`).get()).data();
  assert.deepEqual([left?.state, left?.waiting], ["queued", true]);
});

for (const key of [undefined, "key-1"])
  test(`a refused repeat of a made claim loses nothing, ${key ? "with" : "without"} key`, async () => {
    const { id } = await queue.submit();
    const restore = refuseAfterCommit(queue.firestore);
    const lease = await only(queue.lease({ ...(key === undefined ? {} : { key }) }).finally(restore));
    const job = await queue.job(id);
    assert.equal(lease.job.id, id);
    assert.deepEqual([job.state, job.attempt, job.leaseNumber], ["running", 1, 1]);
    assert.ok(queue.deps.tasks.waiting.has(`lease-${id}-1-${Date.parse(lease.expiresAt)}`), "its timer");
    assert.equal((await queue.renew(lease.leaseId)).cancelRequested, false);
  });

/** The next batch is committed and then refused, as when the client's own repetition meets what it wrote. */
function refuseAfterCommit(firestore: Firestore): () => void {
  const batchOf = firestore.batch.bind(firestore);
  const restore = () => {
    firestore.batch = batchOf;
  };
  firestore.batch = () => {
    restore();
    const batch = batchOf();
    const commit = batch.commit.bind(batch);
    batch.commit = async () => {
      await commit();
      throw Object.assign(new Error("9 FAILED_PRECONDITION"), { code: grpcStatus.failedPrecondition });
    };
    return batch;
  };
  return restore;
}

test("an engine is busy while it renews, then silent; one that rests is idle", async () => {
  await queue.submit();
  const { leaseId } = await only(queue.lease({ seconds: 3600 }));
  await queue.lease({ engineId: "e2" });
  const engines = async () => (await statusReader(queue.deps)()).engines;
  assert.deepEqual(await engines(), { idle: 1, busy: 1, silent: 0 });
  queue.pass(119);
  await queue.renew(leaseId, { leaseSeconds: 3600 });
  queue.pass(60);
  assert.deepEqual(await engines(), { idle: 0, busy: 1, silent: 1 });
  queue.pass(3_500);
  await queue.renew(leaseId, { leaseSeconds: 3600 });
  assert.deepEqual(await engines(), { idle: 0, busy: 1, silent: 0 }, "e2 is forgotten");
  queue.pass(121);
  assert.deepEqual(await engines(), { idle: 0, busy: 0, silent: 1 });
});

test("what never was a lease is lost, like one that is over", async () => {
  const { id } = await queue.submit();
  for (const leaseId of ["", "x", `${id}.1.${"0".repeat(26)}`, `${"z".repeat(26)}.1.${"0".repeat(26)}`]) {
    await assert.rejects(heldLease(leaseId, "renew", queue.firestore), isLost);
  }
});
