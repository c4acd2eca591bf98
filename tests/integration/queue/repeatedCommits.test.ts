/**
 * Firestore's client sends a commit again when its answer was lost on the way (UNAVAILABLE, RESOURCE_EXHAUSTED, ABORTED), and a
 * repetition that depends on a version or a transaction is refused because of what the first one wrote. Here that happens to every commit.
 */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import type { Firestore } from "@google-cloud/firestore";
import { type RingRound, ringEngine } from "#functions/dispatch/ringEngine.ts";
import { recoverLostRings } from "#functions/sweep/queueRepairs.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { applyUpload } from "#shared/queue/applyUpload.ts";
import { changeJob } from "#shared/queue/changeJob.ts";
import { retryJob } from "#shared/queue/retryJob.ts";
import { endBackOff, endLease } from "#shared/queue/timers.ts";
import { mirrorMember } from "#shared/spaces/mirror.ts";
import { createUpload } from "#shared/uploads/createUpload.ts";
import { ingestUpload } from "#shared/uploads/ingestUpload.ts";
import { type QueueHarness, queueHarness, recordedTasks, SPACE, USER } from "./harness.ts";

/** The beginning of an MP4: a box of type ftyp with the brand isom. */
const MP4 = Buffer.concat([
  Buffer.from("000000186674797069736f6d0000020069736f6d6d703431", "hex"),
  Buffer.alloc(40),
]);
const FAIL = { type: "fail", code: "bad", message: "It failed." } as const;

let queue: QueueHarness;
before(async () => {
  queue = await queueHarness();
});
beforeEach(clear);
after(() => queue.backend.drop());

async function clear(): Promise<void> {
  queue.now = new Date("2026-03-01T10:00:00Z");
  queue.published.length = 0;
  Object.assign(queue.deps, { tasks: recordedTasks() });
  await queue.backend.clear();
}

/** The client's own way to Firestore. */
type Request = (
  method: string,
  content: { readonly writes?: readonly unknown[] },
  ...rest: unknown[]
) => Promise<unknown>;

/** Sends each commit that writes twice while `work` runs, or only the first few; the caller gets the second answer. */
async function withRepeatedCommits<T>(
  firestore: Firestore,
  work: () => Promise<T>,
  most = Number.POSITIVE_INFINITY,
): Promise<T> {
  let repeated = 0;
  const request: Request = Reflect.get(firestore, "request");
  const repeating: Request = async (method, content, ...rest) => {
    const answer = await request.call(firestore, method, content, ...rest);
    const writes = method === "commit" ? (content.writes ?? []) : [];
    if (writes.length === 0 || repeated >= most) return answer;
    repeated += 1;
    return request.call(firestore, method, content, ...rest);
  };
  Reflect.set(firestore, "request", repeating);
  try {
    return await work();
  } finally {
    Reflect.set(firestore, "request", request);
  }
}

/** The life of some jobs. @returns what each step left: the job, and the tasks that wait, without ids */
async function lifeOfJobs(): Promise<unknown[]> {
  const facts: unknown[] = [];
  const waiting = () => [...queue.deps.tasks.waiting.keys()];
  const note = async (step: string, id: string) => {
    const { state, attempt, leaseNumber, maxAttempts, enqueueCount } = await queue.job(id);
    const tasks = waiting().map((name) => name.replaceAll(/[a-z0-9]{26}/g, "id"));
    facts.push({ step, state, attempt, leaseNumber, maxAttempts, enqueueCount, tasks: tasks.sort() });
  };
  const lease = async (key?: string) => {
    const leases = await queue.lease({ seconds: 60, ...(key === undefined ? {} : { key }) });
    facts.push(leases.length);
    return leases[0]?.leaseId ?? "";
  };

  const announced = { contentType: "video/mp4", size: MP4.length, spaceId: SPACE, userId: USER };
  const signer = { ...queue.uploads, signCreate: signed, signResumable: signed };
  const upload = await createUpload(announced, {
    ...queue.deps,
    objects: signer,
    retentionDays: 7,
    bytesPerSpace: undefined,
  });
  const { id } = await queue.submit({ body: { inputs: { video: upload.id } } });
  await note("submitted", id);
  const object = `spaces/${SPACE}/uploads/${upload.id}`;
  queue.uploads.put(object, MP4);
  const notifyJobs = (uploadId: string) => applyUpload(uploadId, queue.deps);
  facts.push(await ingestUpload(object, { ...queue.deps, objects: queue.uploads, notifyJobs }));
  await note("received", id);

  const first = await lease();
  facts.push((await queue.renew(first, { leaseSeconds: 90 })).expiresAt);
  await queue.giveBack(first, { ...FAIL, retryable: true });
  await note("failed once", id);
  queue.pass(3600);
  facts.push(await endBackOff({ jobId: id, enqueueCount: (await queue.job(id)).enqueueCount }, queue.deps));
  await queue.giveBack(await lease("key-1"), { type: "release" });
  await note("released", id);
  await lease("key-2");
  queue.pass(3600);
  facts.push(await endLease({ jobId: id, leaseNumber: (await queue.job(id)).leaseNumber }, queue.deps));
  await note("lease ended", id);
  await queue.complete(await lease("key-3"));
  await note("completed", id);
  facts.push((await queue.firestore.doc(`results/${id}`).get()).exists);

  const other = await queue.submit({ key: "key-4" });
  await queue.giveBack(await lease(), { ...FAIL, retryable: false });
  await note("failed", other.id);
  facts.push((await retryJob(other.id, queue.deps)).state);
  await note("retried", other.id);
  facts.push((await changeJob(other.id, { type: "cancel" }, queue.deps)).verdict);
  await note("cancelled", other.id);
  facts.push((await queue.firestore.collection("jobs").get()).size);
  facts.push((await queue.firestore.doc(`lines/${SPACE}`).get()).get("open"));
  facts.push(queue.published.map(({ type }) => type));
  return facts;
}

async function signed() {
  return { method: "PUT" as const, url: "https://storage.example", headers: {} };
}

test("no step of a job's life is lost or done twice when its commit is repeated", async () => {
  const plain = await lifeOfJobs();
  await clear();
  const repeated = await withRepeatedCommits(queue.firestore, lifeOfJobs);
  assert.deepEqual(repeated, plain);
});

/** A ring that the engine accepts, and one that was lost. @returns the rings that wait, without their numbers */
async function rings(): Promise<unknown[]> {
  const { tasks } = queue.deps;
  const facts: unknown[] = [];
  const note = async () => {
    const bell = (await queue.firestore.collection("bells").get()).docs[0];
    facts.push([tasks.waiting.size, bell?.get("state"), bell?.get("ignored")]);
  };
  await queue.submit();
  await note();
  const task = tasks.take(({ path }) => path === "/ring");
  const bell = { wake: async () => ({ answer: "accepted" }) as const };
  // The body of a task of ours; the route checks it by its schema.
  await ringEngine(task?.body as unknown as RingRound, { ...queue.deps, bell });
  await note();
  tasks.waiting.clear();
  queue.pass(600);
  facts.push(await recoverLostRings(queue.deps));
  await note();
  return facts;
}

test("a ring, its check and its recovery have their task when their commit is repeated", async () => {
  const plain = await rings();
  await clear();
  assert.deepEqual(await withRepeatedCommits(queue.firestore, rings), plain);
});

test("a job that changed before its own commit was known to be made is not made again", async () => {
  // Its only input was received and applied in that moment.
  const video = await queue.upload({ state: "pending", received: null });
  const request: Request = Reflect.get(queue.firestore, "request");
  const changing: Request = async (method, ...rest) => {
    const answer = await request.call(queue.firestore, method, ...rest);
    if (method !== "commit") return answer;
    Reflect.set(queue.firestore, "request", request);
    const received = { generation: "1", size: 1000, crc32c: "AAAAAA==", contentType: "video/mp4" };
    await queue.firestore.doc(`uploads/${video}`).update({ state: "received", received });
    await applyUpload(video, queue.deps);
    return request.call(queue.firestore, method, ...rest);
  };
  Reflect.set(queue.firestore, "request", changing);
  const { id } = await queue.submit({ body: { inputs: { video } } });
  const jobs = await queue.firestore.collection("jobs").get();
  assert.deepEqual(
    jobs.docs.map((job) => [job.id, job.get("state")]),
    [[id, "queued"]],
  );
});

test("a mirror is written and noted when its commit is repeated", async () => {
  const noted: string[] = [];
  const sql: Sql = {
    query: async <Row>(text: string) => {
      if (text.startsWith("UPDATE")) noted.push(text);
      return { rows: [{ space_id: SPACE } as Row], rowCount: 1 }; // the one column that is asked for
    },
  };
  await withRepeatedCommits(queue.firestore, () => mirrorMember(sql, queue.firestore, USER), 1);
  assert.deepEqual((await queue.firestore.doc(`members/${USER}`).get()).data(), { spaceIds: [SPACE] });
  assert.equal(noted.length, 1);
});
