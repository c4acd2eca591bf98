/** Content that comes in the request of a job: it becomes an upload that `ingest` judges, once per key, and a crash anywhere is harmless. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, beforeEach, test } from "node:test";
import { z } from "zod";
import { removeExpiredUploads } from "#functions/sweep/uploadRepairs.ts";
import { type MemoryObjects, memoryObjects } from "#local/testing/memoryObjects.ts";
import { avatar } from "#shared/kinds/avatar.ts";
import { kindsOf } from "#shared/kinds/index.ts";
import { jsonInput } from "#shared/kinds/jsonInput.ts";
import { type ErrorCode, ReverieError } from "#shared/platform/errors.ts";
import { applyUpload } from "#shared/queue/applyUpload.ts";
import {
  type SubmitWithInputsBody,
  type SubmitWithInputsDeps,
  submitWithInputs,
} from "#shared/queue/submitWithInputs.ts";
import type { JobView } from "#shared/queue/view.ts";
import { ingestUpload } from "#shared/uploads/ingestUpload.ts";
import { type Upload, uploadSchema } from "#shared/uploads/uploadDocument.ts";
import { type QueueHarness, queueHarness, SPACE, USER } from "./harness.ts";

const walk = {
  ...avatar,
  name: "walk",
  inputs: {
    steps: jsonInput({
      maxBytes: 100_000,
      shape: { name: "steps.v1", schema: z.object({ steps: z.array(z.number()) }) },
    }),
    photo: { contentTypes: ["image/png"], maxBytes: 200_000 },
  },
};
const STEPS = content('{"steps": [1, 2, 3]}', "application/json");
const PNG = content(Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), Buffer.alloc(90)]), "image/png");

let queue: QueueHarness;
let objects: MemoryObjects;
before(async () => {
  queue = await queueHarness({ kinds: kindsOf(walk) });
});
after(() => queue.backend.drop());
beforeEach(async () => {
  await queue.backend.clear();
  objects = memoryObjects();
});

function content(bytes: string | Buffer, contentType: string) {
  return { contentType, base64: Buffer.from(bytes).toString("base64") };
}

const inputKey = randomBytes(32);
function depsWith(overrides: Partial<SubmitWithInputsDeps["inputs"]> = {}): SubmitWithInputsDeps {
  const inputs = {
    inputKey,
    retentionDays: 7,
    bytesPerSpace: 1_000_000,
    objects,
    fetches: queue.deps.tasks,
    ...overrides,
  };
  return { ...queue.deps, inputs };
}

async function submit(
  inputs: SubmitWithInputsBody["inputs"],
  {
    key,
    deps = depsWith(),
    userId = USER,
  }: { key?: string | undefined; deps?: SubmitWithInputsDeps; userId?: string } = {},
): Promise<JobView> {
  const body = { kind: "walk", title: "A walk", params: {}, inputs };
  const request = { userId, spaceId: SPACE, route: "POST /v1/jobs", key, body };
  return JSON.parse((await submitWithInputs(request, deps)).body);
}

/** What `ingest` does at the event of each object. */
async function ingestAll(): Promise<void> {
  const { firestore, kinds, clock, log } = queue.deps;
  const notifyJobs = (uploadId: string) => applyUpload(uploadId, queue.deps);
  for (const object of objects.names())
    await ingestUpload(object, { firestore, objects, kinds, clock, log, notifyJobs });
}

async function uploads(): Promise<Upload[]> {
  const { docs } = await queue.firestore.collection("uploads").get();
  return docs.map((document) => uploadSchema.parse(document.data()));
}
const count = async (collection: string) =>
  (await queue.firestore.collection(collection).count().get()).data().count;
const budget = async (): Promise<number> => {
  const days: Record<string, number> = (await queue.firestore.doc(`uploadBudgets/${SPACE}`).get()).data()
    ?.days;
  return Object.values(days ?? {}).reduce((sum, bytes) => sum + bytes, 0);
};
const is = (code: ErrorCode) => (error: unknown) => error instanceof ReverieError && error.code === code;

test("content in the request becomes uploads; their verdicts queue the job", async () => {
  const { id, state, inputs } = await submit({ steps: STEPS, photo: PNG });
  assert.equal(state, "awaiting_upload");
  await ingestAll();
  const job = await queue.job(id);
  assert.equal(job.state, "queued");
  assert.equal(job.inputs.steps?.received?.contentType, "application/json");
  assert.equal(job.inputs.photo?.received?.size, 98);
  assert.notEqual(inputs.steps?.uploadId, inputs.photo?.uploadId);
  assert.equal(await budget(), 20 + 98);
});

test("content and an upload go together in one job", async () => {
  const photo = await queue.upload({
    received: { generation: "1", size: 98, crc32c: "AAAAAA==", contentType: "image/png" },
  });
  const { id } = await submit({ steps: STEPS, photo });
  await ingestAll();
  assert.equal((await queue.job(id)).state, "queued");
});

test("content that isn't what it says fails its job by the verdict of ingest", async () => {
  const wrong = content('{"steps": "many"}', "application/json");
  const { id } = await submit({ steps: wrong, photo: PNG });
  await ingestAll();
  assert.deepEqual(
    [(await queue.job(id)).state, (await queue.job(id)).error?.code],
    ["failed", "content_not_accepted"],
  );
  const other = await submit({ steps: STEPS, photo: content("no picture", "image/png") });
  await ingestAll();
  assert.equal((await queue.job(other.id)).error?.code, "type_not_accepted");
});

test("a repeated key makes nothing twice: in a row, at once, after the verdict", async () => {
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => submit({ steps: STEPS, photo: PNG }, { key: "k" })),
  );
  await ingestAll();
  answers.push(await submit({ photo: PNG, steps: STEPS }, { key: "k" }));
  for (const answer of answers) assert.deepEqual(answer, answers[0]);
  assert.deepEqual([await count("jobs"), await count("uploads"), objects.names().length], [1, 2, 2]);
  assert.equal(await budget(), 20 + 98);
  await assert.rejects(submit({ steps: STEPS, photo: STEPS }, { key: "k" }), is("invalid_request"));
  const other = content('{"steps": []}', "application/json");
  await assert.rejects(submit({ steps: other, photo: PNG }, { key: "k" }), is("idempotency_key_reused"));
  assert.equal(await count("uploads"), 2);
});

test("without a key, by another person or a day later it is another job", async () => {
  const first = await submit({ steps: STEPS, photo: PNG }, { key: "k" });
  const others = [
    await submit({ steps: STEPS, photo: PNG }),
    await submit({ steps: STEPS, photo: PNG }),
    await submit({ steps: STEPS, photo: PNG }, { key: "k", userId: "v".repeat(26) }),
  ];
  queue.pass(86_400);
  others.push(await submit({ steps: STEPS, photo: PNG }, { key: "k" }));
  assert.equal(new Set([first, ...others].map(({ id }) => id)).size, 5);
  assert.equal(await count("uploads"), 10);
});

test("a crash after the document or the object is harmless: the same key goes on", async () => {
  const crash = new Error("crash");
  const failing = { write: () => Promise.reject(crash) };
  await assert.rejects(
    submit({ steps: STEPS, photo: PNG }, { key: "k", deps: depsWith({ objects: failing }) }),
  );
  assert.deepEqual([await count("uploads"), await count("jobs")], [1, 0]);

  const afterObjects = depsWith();
  const dying = { ...afterObjects, pace: () => Promise.reject(crash) };
  await assert.rejects(submit({ steps: STEPS, photo: PNG }, { key: "k", deps: dying }), crash);
  assert.deepEqual([await count("uploads"), objects.names().length, await count("jobs")], [2, 2, 0]);
  await ingestAll();

  const { id } = await submit({ steps: STEPS, photo: PNG }, { key: "k" });
  assert.deepEqual([await count("uploads"), objects.names().length, await count("jobs")], [2, 2, 1]);
  assert.equal((await queue.job(id)).state, "queued");
  assert.equal(await budget(), 20 + 98);
});

test("a crash that is not repeated leaves uploads that expire, with their bytes", async () => {
  const dying = { ...depsWith(), pace: () => Promise.reject(new Error("crash")) };
  await assert.rejects(submit({ steps: STEPS, photo: PNG }, { deps: dying }));
  await ingestAll();
  queue.pass(7 * 86_400 + 1);
  await removeExpiredUploads({ firestore: queue.firestore, uploads: objects, clock: queue.deps.clock });
  assert.deepEqual([await count("uploads"), objects.names()], [0, []]);
});

test("a refused job ends the uploads made for it; other bytes stay counted", async () => {
  const deps = { ...depsWith(), openJobsPerSpace: 1 };
  await submit({ steps: STEPS, photo: PNG }, { deps });
  await ingestAll();
  for (const key of ["k", undefined]) {
    await assert.rejects(submit({ steps: STEPS, photo: PNG }, { deps, key }), is("too_many_open_jobs"));
    await ingestAll();
  }
  assert.equal(objects.names().length, 2, "those of the first job");
  assert.equal(await budget(), 20 + 98);
  assert.equal((await uploads()).filter(({ expiresAt }) => expiresAt > queue.now).length, 2);
  const accepted = await submit({ steps: STEPS, photo: PNG }, { key: "k" });
  await ingestAll();
  assert.equal((await queue.job(accepted.id)).state, "queued", "the key is good when there is room");
});

test("a refusal doesn't end an upload that another request's job has", async () => {
  const made = await submit({ steps: STEPS, photo: PNG }, { key: "k" });
  const uploadId = made.inputs.steps?.uploadId ?? assert.fail();
  // The same request, which began before the answer was stored.
  const deps = depsWith();
  await queue.firestore.recursiveDelete(queue.firestore.collection("idempotency"));
  await assert.rejects(
    submit({ steps: STEPS, photo: PNG }, { key: "k", deps: { ...deps, openJobsPerSpace: 1 } }),
    is("too_many_open_jobs"),
  );
  const upload = (await uploads()).find(({ object }) => object.endsWith(uploadId));
  assert.ok(upload && upload.expiresAt > queue.now);
  await ingestAll();
  assert.equal((await queue.job(made.id)).state, "queued");
});

test("what can't be an input is refused by its field, and nothing is written", async () => {
  const long = (bytes: number) => content(Buffer.alloc(bytes, 1), "image/png");
  const upload = "x".repeat(26);
  for (const [inputs, paths] of [
    [{ steps: STEPS }, ["inputs.photo"]],
    [{ steps: STEPS, photo: PNG, other: PNG }, ["inputs.other"]],
    [{ steps: STEPS, photo: PNG, constructor: PNG }, ["inputs.constructor"]],
    [{ steps: { ...STEPS, contentType: "video/mp4" }, photo: upload }, ["inputs.steps.contentType"]],
    [{ steps: { ...STEPS, base64: "" }, photo: upload }, ["inputs.steps.base64"]],
    [{ steps: { ...STEPS, base64: "e30" }, photo: upload }, ["inputs.steps.base64"]],
    [{ steps: { ...STEPS, base64: "e3_=" }, photo: upload }, ["inputs.steps.base64"]],
    [{ steps: { ...STEPS, base64: "e31=" }, photo: upload }, ["inputs.steps.base64"]],
    [{ steps: content("0".repeat(100_001), "application/json"), photo: upload }, ["inputs.steps.base64"]],
    [{ steps: STEPS, photo: long(128 * 1024 - 19) }, ["inputs"]],
  ] as const) {
    await assert.rejects(submit(inputs as SubmitWithInputsBody["inputs"], { key: "k" }), (error) => {
      assert.ok(error instanceof ReverieError && error.code === "invalid_request");
      assert.deepEqual(
        error.issues.map(({ path }) => path),
        paths,
      );
      return true;
    });
  }
  await assert.rejects(
    submit({ steps: STEPS, photo: PNG }, { deps: depsWith({ bytesPerSpace: 100 }) }),
    is("upload_budget_spent"),
  );
  assert.deepEqual([await count("jobs"), objects.names().length, await budget()], [0, 1, 0]);
  const largest = await submit({ steps: STEPS, photo: long(128 * 1024 - 20) });
  assert.equal(largest.state, "awaiting_upload");
});
