/**
 * What each operation of the queue reads and writes: a budget. A change that reads more is seen here, and has to say why.
 *
 * Reads are counted as they are billed (`countDocuments`); `calls` are requests to Firestore, of which each costs a round trip.
 */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { listJobs } from "#functions/jobs/listJobs.ts";
import { countDocuments, type DocumentCounts } from "#local/testing/countDocuments.ts";
import type { JobView } from "#shared/queue/view.ts";
import { type QueueHarness, queueHarness, SPACE, USER } from "./harness.ts";

let queue: QueueHarness;
before(async () => {
  queue = await queueHarness();
});
after(() => queue.backend.drop());
beforeEach(() => queue.backend.clear());

async function counted(work: () => Promise<unknown>): Promise<DocumentCounts> {
  const counter = countDocuments(queue.firestore);
  await work();
  return counter.stop();
}

const fail = { type: "fail", code: "gpu_lost", message: "It failed." } as const;

test("a request for work that finds none", async () => {
  // Reads: the key's record, the records of the engine and its account, an empty line. Writes: the key's record, the engine.
  assert.deepEqual(await counted(() => queue.lease({ key: "k" })), { reads: 4, writes: 2, calls: 3 });
  assert.deepEqual(await counted(() => queue.lease()), { reads: 3, writes: 1, calls: 3 });
});

test("a lease reads one job, however many wait", async () => {
  const costs: DocumentCounts[] = [];
  for (const waiting of [2, 200]) {
    await queue.backend.clear();
    await longLine(waiting);
    costs.push(await counted(() => queue.lease({ key: "k" })));
  }
  // Reads: as above with the head of the line, and the count of the account's leases. Writes: the job, the key's record, the engine.
  const cost = { reads: 5, writes: 3, calls: 4 };
  assert.deepEqual(costs, [cost, cost]);
});

test("five leases at once read five jobs", async () => {
  await longLine(20);
  const cost = await counted(async () => assert.equal((await queue.lease({ key: "k", max: 5 })).length, 5));
  assert.deepEqual(cost, { reads: 9, writes: 11, calls: 8 });
});

test("each call about a lease reads its job once", async () => {
  await longLine(4);
  const [a, b, c] = (await queue.lease({ max: 4, seconds: 3600 })).map(({ leaseId }) => leaseId);
  assert.ok(a && b && c);
  assert.deepEqual(await counted(() => queue.renew(a)), { reads: 1, writes: 1, calls: 2 });
  // The job; the records of the engine and its account, each of which is written.
  const ended = { reads: 3, writes: 3, calls: 4 };
  const failing = () => queue.giveBack(a, { ...fail, retryable: true });
  assert.deepEqual(await counted(failing), ended);
  // Work waits again: the bell, and a new round of it.
  assert.deepEqual(await counted(() => queue.giveBack(b, { type: "release" })), {
    reads: 4,
    writes: 3,
    calls: 5,
  });
  // Announcing: the job. Completing: the job, the tombstone, the line, both records; the job, the line, the result, both records.
  assert.deepEqual(await counted(() => queue.complete(c)), { reads: 6, writes: 6, calls: 8 });
});

test("a submission", async () => {
  const [video, pending] = [await queue.upload(), await queue.upload({ state: "pending", received: null })];
  const submit = (key: string, upload: string) =>
    counted(() => queue.submit({ key, body: { inputs: { video: upload } } }));
  await submit("first", video); // reads the pace, which is kept
  // The key's record, the line, the tombstone, the upload; the record, the line, the job.
  assert.deepEqual(await submit("awaiting", pending), { reads: 4, writes: 3, calls: 3 });
  // And what runs, the head of the line, the place in it, the bell.
  assert.deepEqual(await submit("queued", video), { reads: 8, writes: 3, calls: 7 });
});

test("a page of twenty queued jobs reads their line once, and counts no place", async () => {
  await longLine(30);
  const sql = { query: async () => ({ rows: [{ spaceId: SPACE, type: "care", role: "giver" }] }) };
  let items: JobView[] = [];
  const cost = await counted(async () => {
    const input = { userId: USER, spaceId: SPACE, language: "en", limit: 20 } as const;
    ({ items } = await listJobs(input, { ...queue.deps, sql: sql as never })); // asks one question only
  });
  assert.deepEqual(
    items.map(({ position }) => position),
    Array.from({ length: 20 }, (_, n) => 30 - n),
  );
  // The page and one more, and the line. The pace is kept.
  assert.deepEqual(cost, { reads: 21 + 30, writes: 0, calls: 2 });
});

/** Jobs of one space in line, as submitting them one by one would leave them. */
async function longLine(count: number): Promise<void> {
  const { id } = await queue.submit();
  const first = await queue.job(id);
  const writer = queue.firestore.bulkWriter({ throttling: false });
  for (let index = 1; index < count; index++) {
    const place = { tag: index, behindOwn: true };
    const createdAt = new Date(first.createdAt.getTime() + index);
    const name = `${String(index).padStart(6, "0")}${id.slice(6)}`;
    void writer.create(queue.firestore.doc(`jobs/${name}`), { ...first, place, createdAt });
  }
  const counted = { open: count, placed: count, finish: count };
  void writer.set(queue.firestore.doc(`lines/${SPACE}`), { open: count, kinds: { scene: counted } });
  await writer.close();
}
