import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { recoverAwaitingJobs } from "#functions/sweep/queueRepairs.ts";
import { failureSentence } from "#shared/kinds/failures.ts";
import { type ErrorCode, ReverieError } from "#shared/platform/errors.ts";
import { randomId } from "#shared/platform/ids.ts";
import { applyUpload } from "#shared/queue/applyUpload.ts";
import { changeJob } from "#shared/queue/changeJob.ts";
import { retryJob } from "#shared/queue/retryJob.ts";
import { submitJob } from "#shared/queue/submit.ts";
import { type QueueHarness, queueHarness, SPACE, USER } from "./harness.ts";

let queue: QueueHarness;
before(async () => {
  queue = await queueHarness();
});
after(() => queue.backend.drop());
beforeEach(() => queue.backend.clear());

const is = (code: ErrorCode) => (error: unknown) => error instanceof ReverieError && error.code === code;
const PENDING = { state: "pending", received: null } as const;
const ARRIVED = {
  state: "received",
  received: { generation: "1", size: 1000, crc32c: "AAAAAA==", contentType: "video/mp4" },
} as const;
const count = async (collection: string) =>
  (await queue.firestore.collection(collection).count().get()).data().count;
const openJobs = async (spaceId = SPACE) =>
  (await queue.firestore.doc(`lines/${spaceId}`).get()).data()?.open ?? 0;

test("a job whose upload arrived is queued at once, rings the engine, shows its place", async () => {
  const job = await queue.submit();
  assert.equal(job.state, "queued");
  assert.equal(job.position, 1);
  assert.ok(job.estimatedStartAt && job.estimatedDoneAt);
  const rings = [...queue.deps.tasks.waiting.values()].filter((task) => task.path === "/ring");
  assert.equal(rings.length, 2 - 1);
  assert.equal((await queue.view(job.id)).state, "queued");
});

test("a job may come before its upload: it waits, and enters the line once", async () => {
  const video = await queue.upload(PENDING);
  const job = await queue.submit({ body: { inputs: { video } } });
  assert.equal(job.state, "awaiting_upload");
  assert.equal(job.position, null);
  await applyUpload(video, queue.deps);
  assert.equal((await queue.job(job.id)).state, "awaiting_upload", "a pending upload changes nothing");
  await queue.firestore.doc(`uploads/${video}`).update(ARRIVED);
  await applyUpload(video, queue.deps);
  const queued = await queue.job(job.id);
  assert.equal(queued.state, "queued");
  await applyUpload(video, queue.deps);
  assert.deepEqual(await queue.job(job.id), queued);
});

test("a rejected upload fails its job; the reason is shown in the phone's language", async () => {
  const video = await queue.upload(PENDING);
  const { id } = await queue.submit({ body: { inputs: { video } } });
  const reason = { code: "size_mismatch", message: "5 bytes were announced." };
  await queue.firestore.doc(`uploads/${video}`).update({ state: "rejected", reason });
  await applyUpload(video, queue.deps);
  const { state, error } = await queue.job(id);
  assert.deepEqual([state, error], ["failed", reason]);
  const shown = await queue.view(id, "ko");
  assert.deepEqual(shown.error, { code: reason.code, message: failureSentence(reason.code, "ko") });
  assert.equal(await openJobs(), 0);
  await assert.rejects(retryJob(id, queue.deps), is("inputs_rejected"));
});

test("a type this kind doesn't accept: refused when it is there, failed when it comes", async () => {
  const photo = { generation: "1", size: 10, crc32c: "AAAAAA==", contentType: "image/png" };
  const there = await queue.upload({ received: photo });
  await assert.rejects(queue.submit({ body: { inputs: { video: there } } }), is("upload_rejected"));
  const video = await queue.upload(PENDING);
  const { id } = await queue.submit({ body: { inputs: { video } } });
  await queue.firestore.doc(`uploads/${video}`).update({ state: "received", received: photo });
  await applyUpload(video, queue.deps);
  assert.equal((await queue.job(id)).error?.code, "type_not_accepted");
});

test("submitting at the moment of the verdict never loses the job, in either order", async () => {
  for (let round = 0; round < 15; round++) {
    const video = await queue.upload(PENDING);
    const decide = async () => {
      await queue.firestore.doc(`uploads/${video}`).update(ARRIVED);
      await applyUpload(video, queue.deps);
    };
    const [job] = await Promise.all([queue.submit({ body: { inputs: { video } } }), decide()]);
    assert.equal((await queue.job(job.id)).state, "queued");
  }
});

test("what is wrong with a submission is said by field, and nothing is left behind", async () => {
  const video = await queue.upload();
  const foreign = await queue.upload({ spaceId: "f".repeat(26) });
  const expired = await queue.upload({ expiresAt: new Date(queue.now.getTime() - 1) });
  const refuses = async (body: Parameters<QueueHarness["submit"]>[0], code: ErrorCode, path: string) => {
    await assert.rejects(queue.submit(body), (error) => {
      assert.ok(error instanceof ReverieError);
      assert.equal(error.code, code);
      assert.deepEqual(
        error.issues.map((issue) => issue.path),
        [path],
      );
      return true;
    });
  };
  await refuses({ body: { kind: "portrait" } }, "unknown_kind", "kind");
  await refuses({ body: { params: { location: "mars" } } }, "invalid_request", "params.location");
  await refuses({ body: { kind: "avatar", inputs: { face: video } } }, "invalid_request", "inputs.body");
  await refuses({ body: { inputs: { video, face: video } } }, "invalid_request", "inputs.face");
  await refuses({ body: { inputs: { video: foreign } } }, "upload_unknown", "inputs.video");
  await refuses({ body: { inputs: { video: expired } } }, "upload_unknown", "inputs.video");
  await refuses({ body: { inputs: { video: randomId() } } }, "upload_unknown", "inputs.video");
  await refuses({ body: { inputs: { video: "../x" } } }, "upload_unknown", "inputs.video");
  assert.equal(await count("jobs"), 0);
  assert.equal(await openJobs(), 0);
});

test("a space that was erased takes no job", async () => {
  await queue.firestore.doc(`tombstones/${SPACE}`).set({ erasedAt: queue.now });
  await assert.rejects(queue.submit(), is("not_found"));
  assert.equal(await count("jobs"), 0);
});

test("100 requests at once with one key make one job; another body is refused", async () => {
  const video = await queue.upload();
  const body = { kind: "scene", title: "The sea", params: {}, inputs: { video } };
  const request = { spaceId: SPACE, userId: USER, route: "POST /v1/jobs", key: "k1", body };
  const answers = await Promise.all(Array.from({ length: 100 }, () => submitJob(request, queue.deps)));
  assert.equal(new Set(answers.map((answer) => answer.body)).size, 1);
  assert.equal(new Set(answers.map((answer) => answer.headers?.location)).size, 1);
  assert.equal(await count("jobs"), 1);
  assert.equal(await openJobs(), 1);
  queue.pass(23 * 3600);
  const later = await submitJob(request, queue.deps);
  assert.equal(later.body, answers[0]?.body);
  const other = { ...request, body: { ...body, title: "Another" } };
  await assert.rejects(submitJob(other, queue.deps), is("idempotency_key_reused"));
  const ofAnother = await submitJob({ ...request, userId: "v".repeat(26) }, queue.deps);
  assert.notEqual(ofAnother.body, answers[0]?.body);
  queue.pass(2 * 3600);
  assert.notEqual((await submitJob(request, queue.deps)).body, answers[0]?.body, "kept for 24 hours");
});

test("the limit of open jobs holds against 40 requests at once; an ended job frees one", async () => {
  const deps = { ...queue.deps, openJobsPerSpace: 10 };
  const submit = async () => {
    const video = await queue.upload();
    const body = { kind: "scene", title: "The sea", params: {}, inputs: { video } };
    return submitJob({ spaceId: SPACE, userId: USER, route: "POST /v1/jobs", key: undefined, body }, deps);
  };
  const answers = await Promise.allSettled(Array.from({ length: 40 }, submit));
  const taken = answers.filter((answer) => answer.status === "fulfilled");
  assert.equal(taken.length, 10);
  for (const answer of answers) {
    if (answer.status === "rejected")
      assert.ok(is("too_many_open_jobs")(answer.reason), String(answer.reason));
  }
  assert.equal(await openJobs(), 10);
  const { id } = JSON.parse(taken[0]?.value.body ?? "{}");
  await changeJob(id, { type: "cancel" }, queue.deps);
  await submit();
  await assert.rejects(submit(), is("too_many_open_jobs"));
});

test("a cancelled job never starts; a second cancel answers the same; retry works", async () => {
  const { id } = await queue.submit();
  await changeJob(id, { type: "cancel" }, queue.deps);
  assert.deepEqual(await queue.lease(), []);
  const cancelled = await queue.job(id);
  await changeJob(id, { type: "cancel" }, queue.deps);
  assert.deepEqual(await queue.job(id), cancelled);
  const retried = await retryJob(id, queue.deps);
  assert.equal(retried.state, "queued");
  assert.equal((await queue.lease())[0]?.job.id, id);
  await assert.rejects(retryJob(id, queue.deps), is("job_not_finished"));
});

test("an engine learns of a cancel at its next renewal; its completion changes nothing", async () => {
  const { id } = await queue.submit();
  const [lease] = await queue.lease();
  assert.ok(lease);
  await changeJob(id, { type: "cancel" }, queue.deps);
  assert.equal((await queue.renew(lease.leaseId)).cancelRequested, true);
  assert.equal((await queue.renew(lease.leaseId)).cancelRequested, true);
  const cancelled = await queue.job(id);
  await assert.rejects(queue.complete(lease.leaseId), is("lease_lost"));
  assert.deepEqual(await queue.job(id), cancelled);
  assert.equal(await count("results"), 0);
});

test("a retry of a job that waited for its upload uses what arrived meanwhile", async () => {
  const video = await queue.upload(PENDING);
  const { id } = await queue.submit({ body: { inputs: { video } } });
  await changeJob(id, { type: "cancel" }, queue.deps);
  await queue.firestore.doc(`uploads/${video}`).update(ARRIVED);
  await applyUpload(video, queue.deps);
  assert.equal((await queue.job(id)).state, "cancelled");
  assert.equal((await retryJob(id, queue.deps)).state, "queued");
});

test("a retry raises maxAttempts, never attempt; without its upload it changes nothing", async () => {
  const video = await queue.upload();
  const { id } = await queue.submit({ body: { inputs: { video } } });
  const [lease] = await queue.lease();
  await queue.giveBack(lease?.leaseId ?? "", { type: "fail", code: "bad", message: "m", retryable: false });
  const retried = await retryJob(id, queue.deps);
  assert.deepEqual([retried.attempt, retried.maxAttempts, retried.error], [1, 4, null]);
  await changeJob(id, { type: "cancel" }, queue.deps);
  const before = await queue.job(id);
  await queue.firestore.doc(`uploads/${video}`).delete();
  await assert.rejects(retryJob(id, queue.deps), is("inputs_gone"));
  assert.deepEqual(await queue.job(id), before);
});

test("waiting jobs get verdicts they missed, and fail when uploads can't come any more", async () => {
  const missed = await queue.upload(PENDING);
  const gone = await queue.upload(PENDING);
  const coming = await queue.upload(PENDING);
  const [first, second, third] = [
    await queue.submit({ body: { inputs: { video: missed } } }),
    await queue.submit({ body: { inputs: { video: gone } } }),
    await queue.submit({ body: { inputs: { video: coming } } }),
  ];
  await queue.firestore.doc(`uploads/${missed}`).update(ARRIVED);
  await queue.firestore.doc(`uploads/${gone}`).delete();
  const slice = await recoverAwaitingJobs(queue.deps);
  assert.deepEqual(slice, { found: 3, repaired: 2, errors: [], cut: false, next: null });
  assert.equal((await queue.job(first.id)).state, "queued");
  assert.equal((await queue.job(second.id)).error?.code, "upload_missing");
  assert.equal((await queue.job(third.id)).state, "awaiting_upload");
  queue.pass(9 * 86_400);
  await recoverAwaitingJobs(queue.deps);
  assert.equal((await queue.job(third.id)).error?.code, "upload_missing");
});
