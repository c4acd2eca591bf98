import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import fc from "fast-check";
import { z } from "zod";
import { kindsOf } from "#shared/kinds/index.ts";
import type { Kind } from "#shared/kinds/kind.ts";
import { scene } from "#shared/kinds/scene.ts";
import { changeJob } from "#shared/queue/changeJob.ts";
import { compareInLine } from "#shared/queue/fairLine.ts";
import { type Job, jobSchema } from "#shared/queue/jobDocument.ts";
import { positionsOf } from "#shared/queue/positions.ts";
import { type QueueHarness, queueHarness } from "./harness.ts";

/** A kind that only this test knows: a deployment with it needs nothing but this. */
const voice: Kind = {
  name: "voice",
  params: z.strictObject({ pitch: z.number().default(1) }),
  inputs: { recording: { contentTypes: ["audio/mpeg"], maxBytes: 1_000_000 } },
  outputs: { model: { names: /^voice/, formats: ["bin"], maxBytes: 1_000, count: { min: 1, max: 1 } } },
  result: z.strictObject({ pitch: z.number() }),
  vrRole: null,
  maxAttempts: 2,
  backoff: { baseSeconds: 0, maxSeconds: 0 },
  leaseCeilingSeconds: 600,
  usualSeconds: 10,
  weight: 3,
  maxOpenPerSpace: 2,
};

let queue: QueueHarness;
before(async () => {
  queue = await queueHarness({ kinds: kindsOf(scene, voice), deps: { openJobsPerSpace: 10_000 } });
});
after(() => queue.backend.drop());
beforeEach(() => queue.backend.clear());

const A = "a".repeat(26);
const B = "b".repeat(26);
const C = "c".repeat(26);
async function submit(spaceId: string): Promise<string> {
  queue.pass(1);
  return (await queue.submit({ spaceId })).id;
}
async function served(): Promise<{ jobId: string; leaseId: string }> {
  const [lease] = await queue.lease({ seconds: 3600 });
  assert.ok(lease);
  return { jobId: lease.job.id, leaseId: lease.leaseId };
}

/** Many jobs of one space in line, as submitting them one by one would leave them. */
async function longLine(spaceId: string, count: number): Promise<string[]> {
  const first = await submit(spaceId);
  const template = await queue.job(first);
  const ids = [first];
  const writer = queue.firestore.bulkWriter();
  for (let index = 1; index < count; index++) {
    const id = `${String(index).padStart(6, "0")}${first.slice(6)}`;
    ids.push(id);
    const place = { tag: index, behindOwn: true };
    const createdAt = new Date(template.createdAt.getTime() + index);
    void writer.create(queue.firestore.doc(`jobs/${id}`), { ...template, place, createdAt });
  }
  const counted = { open: count, placed: count, finish: count };
  void writer.set(queue.firestore.doc(`lines/${spaceId}`), { open: count, kinds: { scene: counted } });
  await writer.close();
  queue.pass(count);
  return ids;
}

test("A queues 1,000, one is served, then B queues one: B is next, then A again", async () => {
  const first = (await longLine(A, 1_000))[0];
  const { jobId } = await served();
  assert.equal(jobId, first);
  const b = await submit(B);
  assert.equal((await queue.view(b)).position, 1);
  assert.equal((await served()).jobId, b);
  assert.equal((await queue.job((await served()).jobId)).spaceId, A);
});

test("B is next too when A's job has ended, and when no job was served", async () => {
  await longLine(A, 20);
  const b = await submit(B);
  assert.equal((await queue.view(b)).position, 2, "the head came first, B shares its turn");
  const { jobId, leaseId } = await served();
  await queue.complete(leaseId);
  assert.notEqual(jobId, b);
  const c = await submit(C);
  assert.equal((await served()).jobId, b);
  assert.equal((await served()).jobId, c);
});

test("places of a page: near, far, and of a job that backs off between them", async () => {
  const ids = await longLine(A, 120);
  const backsOff = ids[3] ?? "";
  await queue.firestore.doc(`jobs/${backsOff}`).update({ waiting: false, availableAt: queue.now });
  const some = [ids[119], ids[0], backsOff, ids[7]].map((id) => id ?? "");
  const jobs = await Promise.all(some.map(async (id) => ({ id, job: await queue.job(id) })));
  const positions = await positionsOf(jobs, queue.firestore);
  assert.deepEqual(
    some.map((id) => positions.get(id)),
    [119, 1, 4, 7],
  );
});

test("three spaces with ten jobs each take turns, though one submitted all ten first", async () => {
  for (const group of [A, A, A, A, A, A, A, A, A, A]) await submit(group);
  for (let index = 0; index < 10; index++) for (const group of [B, C]) await submit(group);
  const order: string[] = [];
  for (let index = 0; index < 30; index++) {
    const { jobId, leaseId } = await served();
    order.push((await queue.job(jobId)).spaceId.slice(0, 1));
    await queue.complete(leaseId);
  }
  for (let turn = 0; turn < 10; turn++) {
    assert.deepEqual(
      [...order.slice(turn * 3, turn * 3 + 3)].sort(),
      ["a", "b", "c"],
      `turn ${turn}: ${order}`,
    );
  }
});

test("a space that had many turns long ago owes nothing: its empty line starts at now", async () => {
  for (let index = 0; index < 5; index++) {
    await submit(A);
    await queue.complete((await served()).leaseId);
  }
  const a = await submit(A);
  const b = await submit(B);
  assert.equal((await served()).jobId, a);
  assert.equal((await served()).jobId, b);
});

test("positions are as a brute-force oracle counts them, after random changes", async () => {
  const step = fc.record({ what: fc.nat(9), group: fc.constantFrom(A, B, C), pick: fc.nat(1000) });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
      await queue.backend.clear();
      const leases: string[] = [];
      for (const { what, group, pick } of steps) {
        if (what < 5) await submit(group);
        else if (what < 7)
          leases.push(...(await queue.lease({ seconds: 3600 })).map(({ leaseId }) => leaseId));
        else if (what === 7) await cancelOne(pick);
        else {
          const [leaseId] = leases.splice(pick % Math.max(1, leases.length), 1);
          if (leaseId === undefined) continue;
          if (what === 8) await queue.complete(leaseId).catch(refusedIfCancelled);
          else await queue.giveBack(leaseId, { type: "release" }).catch(refusedIfCancelled);
        }
      }
      const line = await waitingJobs();
      for (const [index, { id }] of line.entries()) {
        assert.equal((await queue.view(id)).position, index + 1);
      }
      const together = await positionsOf(line.toReversed(), queue.firestore);
      assert.deepEqual(
        line.map(({ id }) => together.get(id)),
        line.map((_, index) => index + 1),
      );
      for (const { id } of line)
        assert.equal((await served()).jobId, id, "and that is the order they are served in");
    }),
    { numRuns: 12 },
  );
});

async function cancelOne(pick: number): Promise<void> {
  const open = (await allJobs()).filter(({ job }) => job.state === "queued" || job.state === "running");
  const chosen = open[pick % Math.max(1, open.length)];
  if (chosen) await changeJob(chosen.id, { type: "cancel" }, queue.deps);
}
function refusedIfCancelled(error: unknown): void {
  if (!(error instanceof Error && "code" in error && error.code === "lease_lost")) throw error;
}
async function allJobs(): Promise<{ id: string; job: Job }[]> {
  const found = await queue.firestore.collection("jobs").get();
  return found.docs.map((document) => ({ id: document.id, job: jobSchema.parse(document.data()) }));
}
async function waitingJobs() {
  return (await allJobs()).filter(({ job }) => job.waiting).sort(compareInLine);
}

test("16 engines at once take 32 jobs: each goes to one, none is left", async () => {
  const ids = await longLine(A, 32);
  const taken = await Promise.all(
    Array.from({ length: 16 }, (_, index) => queue.lease({ engineId: `e${index}`, max: 2 })),
  );
  const jobs = taken.flat().map(({ job }) => job.id);
  assert.equal(new Set(jobs).size, jobs.length);
  assert.equal(jobs.length, 32);
  assert.deepEqual([...jobs].sort(), [...ids].sort());
});

test("a heavier kind of the test's own is accepted, limited and served by its rules", async () => {
  const contentType = "audio/mpeg";
  const received = { generation: "1", size: 10, crc32c: "AAAAAA==", contentType };
  const submitVoice = async (spaceId: string) => {
    const recording = await queue.upload({ spaceId, contentType, received });
    return queue.submit({ spaceId, body: { kind: "voice", inputs: { recording } } });
  };
  const one = await submitVoice(A);
  assert.deepEqual(one.params, { pitch: 1 });
  const two = await submitVoice(A);
  assert.equal((await queue.job(two.id)).place?.tag, 3, "each turn costs three");
  await assert.rejects(submitVoice(A), /2 open jobs of the kind voice/);
  assert.deepEqual(await queue.lease({ kinds: ["scene"] }), []);
  const [lease] = await queue.lease({ kinds: ["scene", "voice"] });
  assert.equal(lease?.job.id, one.id);
  await queue.giveBack(lease?.leaseId ?? "", { type: "fail", code: "c", message: "m", retryable: true });
  assert.equal((await queue.job(one.id)).waiting, true, "no back-off");
});

test("among an engine's kinds none keeps another waiting", async () => {
  await longLine(A, 30);
  const contentType = "audio/mpeg";
  const recording = await queue.upload({
    spaceId: B,
    contentType,
    received: { generation: "1", size: 10, crc32c: "AAAAAA==", contentType },
  });
  const { id } = await queue.submit({ spaceId: B, body: { kind: "voice", inputs: { recording } } });
  const leases = await queue.lease({ kinds: ["scene", "voice"], max: 2 });
  assert.ok(leases.some(({ job }) => job.id === id));
});
