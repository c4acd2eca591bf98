/** Inputs that are URLs, from the job's request to its place in line or its failure, over an https server that does as the test says. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import type { RequestListener } from "node:http";
import { after, before, beforeEach, test } from "node:test";
import { fetchAgain } from "#functions/jobs/retryJob.ts";
import { FetchError } from "#functions/outbound/fetchError.ts";
import { type FetchUploadDeps, fetchUpload } from "#functions/outbound/fetchUpload.ts";
import { LIMITS } from "#functions/outbound/limits.ts";
import { type HostileNetwork, hostileNetwork } from "#functions/outbound/testing/hostileNetwork.ts";
import { recoverAwaitingJobs } from "#functions/sweep/queueRepairs.ts";
import { removeExpiredUploads } from "#functions/sweep/uploadRepairs.ts";
import { type MemoryObjects, memoryObjects } from "#local/testing/memoryObjects.ts";
import { type ErrorCode, ReverieError } from "#shared/platform/errors.ts";
import type { Task } from "#shared/platform/tasks/taskQueue.ts";
import { applyUpload } from "#shared/queue/applyUpload.ts";
import { changeJob } from "#shared/queue/changeJob.ts";
import { retryJob } from "#shared/queue/retryJob.ts";
import {
  type SubmitWithInputsBody,
  type SubmitWithInputsDeps,
  submitWithInputs,
} from "#shared/queue/submitWithInputs.ts";
import type { JobView } from "#shared/queue/view.ts";
import { ingestUpload } from "#shared/uploads/ingestUpload.ts";
import { type Upload, uploadSchema } from "#shared/uploads/uploadDocument.ts";
import { type QueueHarness, queueHarness, SPACE, USER } from "../queue/harness.ts";

const URL_OF_VIDEO = "https://media.example/video.mp4?token=secret";
const MP4 = Buffer.concat([
  Buffer.from("000000186674797069736f6d0000020069736f6d6d703431", "hex"),
  Buffer.alloc(500),
]);
const MIB = 2 ** 20;

let queue: QueueHarness;
let network: HostileNetwork;
let objects: MemoryObjects;
before(async () => {
  [queue, network] = await Promise.all([queueHarness(), hostileNetwork()]);
});
after(async () => {
  await Promise.all([queue.backend.drop(), network.close()]);
});
beforeEach(async () => {
  await queue.backend.clear();
  queue.deps.tasks.waiting.clear();
  objects = memoryObjects();
  network.hosts.clear();
  network.names.clear();
  network.connections.length = 0;
});

const sends =
  (bytes: Buffer): RequestListener =>
  (_request, response) =>
    void response.end(bytes);

function submitDeps(overrides: Partial<SubmitWithInputsDeps["inputs"]> = {}): SubmitWithInputsDeps {
  const inputs = { inputKey: randomBytes(32), retentionDays: 7, bytesPerSpace: 100 * 2 ** 30, objects };
  const { tasks: fetches } = queue.deps;
  return { ...queue.deps, inputs: { ...inputs, fetches, ...overrides } };
}

async function submit(
  inputs: SubmitWithInputsBody["inputs"] = { video: { url: URL_OF_VIDEO } },
  deps = submitDeps(),
  key?: string,
): Promise<JobView> {
  const body = { kind: "scene", title: "The sea", params: {}, inputs };
  const request = { userId: USER, spaceId: SPACE, route: "POST /v1/jobs", key, body };
  return JSON.parse((await submitWithInputs(request, deps)).body);
}

function fetchDeps(overrides: Partial<FetchUploadDeps> = {}): FetchUploadDeps {
  const { firestore, clock, newId, log } = queue.deps;
  const limits = { ...LIMITS, pauses: [0.01, 0.01] };
  return { firestore, clock, newId, log, objects, network, limits, ...overrides };
}

const isFetch = (task: Task) => task.queue === "fetch";
const fetchTasks = () => [...queue.deps.tasks.waiting.values()].filter(isFetch);
const idIn = ({ body }: Task) => String(body.uploadId);
/** What Cloud Tasks does with the next task of the queue `fetch`. */
async function runFetch(deps = fetchDeps()): Promise<string> {
  const task = queue.deps.tasks.take(isFetch) ?? assert.fail("no task to fetch");
  return fetchUpload(idIn(task), deps);
}

/** What `ingest` does at the event of each object. */
async function ingestAll(): Promise<void> {
  const { firestore, kinds, clock, log } = queue.deps;
  const notifyJobs = (uploadId: string) => applyUpload(uploadId, queue.deps);
  for (const object of objects.names())
    await ingestUpload(object, { firestore, objects, kinds, clock, log, notifyJobs });
}

async function upload(): Promise<Upload> {
  const { docs } = await queue.firestore.collection("uploads").get();
  assert.equal(docs.length, 1);
  return uploadSchema.parse(docs[0]?.data());
}
const budget = async (): Promise<number> => {
  const days: Record<string, number> = (await queue.firestore.doc(`uploadBudgets/${SPACE}`).get()).data()
    ?.days;
  return Object.values(days ?? {}).reduce((sum, bytes) => sum + bytes, 0);
};
const stateOf = async (id: string) => {
  const { state, error } = await queue.job(id);
  return [state, error?.code];
};
const is = (code: ErrorCode) => (error: unknown) => error instanceof ReverieError && error.code === code;

test("what a URL names is fetched and judged; the URL is forgotten", async () => {
  network.hosts.set("media.example", sends(MP4));
  const job = await submit();
  assert.equal(job.state, "awaiting_upload");
  assert.equal(await budget(), 1024 * MIB, "the most that it may have is kept for it");
  assert.equal(await runFetch(), "fetched");
  await ingestAll();
  assert.deepEqual(await stateOf(job.id), ["queued", undefined]);
  const { source, size, received } = await upload();
  assert.deepEqual([source, size, received?.contentType], [undefined, MP4.length, "video/mp4"]);
  assert.equal(await budget(), MP4.length);
  assert.doesNotMatch(JSON.stringify(await queue.job(job.id)), /secret/);
});

test("a failure is the job's, with its code; its bytes leave the budget", async () => {
  const cases: readonly [RequestListener, string][] = [
    [(_request, response) => response.writeHead(404).end(), "url_without_file"],
    [
      (_request, response) => response.writeHead(302, { location: "https://127.0.0.1/" }).end(),
      "url_not_public",
    ],
    [
      (_request, response) => response.writeHead(200, { "content-encoding": "gzip" }).end("a"),
      "url_compressed",
    ],
    [(_request, response) => response.writeHead(200, { "content-length": 2 ** 31 }).end("a"), "too_large"],
    [(_request, response) => response.writeHead(503).end(), "url_unreachable"],
    [(_request, response) => void response.write("abc", () => response.destroy()), "url_broke_off"],
    [sends(Buffer.from("no video")), "type_not_accepted"],
  ];
  for (const [listener, code] of cases) {
    await queue.backend.clear();
    network.hosts.set("media.example", listener);
    const { id } = await submit();
    await runFetch();
    await ingestAll();
    assert.deepEqual(await stateOf(id), ["failed", code]);
    assert.deepEqual([(await upload()).source, await budget(), objects.names()], [undefined, 0, []], code);
  }
});

test("what may pass is tried three times; what may not, once", async () => {
  let asked = 0;
  network.hosts.set("media.example", (_request, response) => {
    asked += 1;
    if (asked < 3) response.writeHead(503).end();
    else response.end(MP4);
  });
  await submit();
  assert.equal(await runFetch(), "fetched");
  assert.equal(asked, 3);
  asked = 0;
  network.hosts.set("media.example", (_request, response) => {
    asked += 1;
    response.writeHead(403).end();
  });
  await submit();
  assert.equal(await runFetch(), "url_without_file");
  assert.equal(asked, 1);
});

test("a rule of the kind and the space's budget bound what is stored", async () => {
  const endless: RequestListener = (_request, response) => {
    const piece = Buffer.alloc(65_536);
    const more = () => {
      while (!response.destroyed && response.write(piece));
    };
    response.on("drain", more);
    more();
  };
  network.hosts.set("media.example", endless);
  const { id } = await submit(undefined, submitDeps({ bytesPerSpace: 3 * MIB }));
  assert.equal((await upload()).size, 3 * MIB, "no more than is left of the budget");
  assert.equal(await runFetch(), "too_large");
  for (const name of objects.names()) assert.equal((await objects.look(name))?.size, 0);
  await assert.rejects(submit(undefined, submitDeps({ bytesPerSpace: 3 * MIB })), is("upload_budget_spent"));
  await ingestAll();
  assert.deepEqual(await stateOf(id), ["failed", "too_large"]);
  await submit(undefined, submitDeps({ bytesPerSpace: 3 * MIB }));
});

test("a URL that can't be fetched is refused by its field, and nothing is written", async () => {
  for (const url of ["http://media.example/", "https://127.1/", "https://a:b@media.example/", "no url"]) {
    await assert.rejects(submit({ video: { url } }), (error) => {
      assert.ok(error instanceof ReverieError && error.code === "invalid_request");
      assert.deepEqual(
        error.issues.map(({ path }) => path),
        ["inputs.video.url"],
      );
      return true;
    });
  }
  assert.equal((await queue.firestore.collection("uploads").get()).size, 0);
  assert.deepEqual(fetchTasks(), []);
});

test("a repeated key makes one upload, task and job; a refused job ends its upload", async () => {
  const deps = submitDeps();
  const jobs = await Promise.all(Array.from({ length: 5 }, () => submit(undefined, deps, "k")));
  assert.equal(new Set(jobs.map(({ id }) => id)).size, 1);
  assert.equal(fetchTasks().length, 1);
  assert.equal(await budget(), 1024 * MIB);
  await assert.rejects(submit(undefined, { ...deps, openJobsPerSpace: 1 }, "l"), is("too_many_open_jobs"));
  assert.equal(fetchTasks().length, 1);
  assert.equal(await budget(), 1024 * MIB);
});

test("a task delivered twice fetches once: while the first is alive, and after it", async () => {
  let asked = 0;
  const sending = Promise.withResolvers<void>();
  const began = Promise.withResolvers<void>();
  network.hosts.set("media.example", (_request, response) => {
    asked += 1;
    began.resolve();
    void sending.promise.then(() => response.end(MP4));
  });
  await submit();
  const [task = assert.fail()] = fetchTasks();
  const first = fetchUpload(idIn(task), fetchDeps());
  await began.promise;
  await assert.rejects(fetchUpload(idIn(task), fetchDeps()), (error) => {
    assert.ok(is("unavailable")(error) && error instanceof ReverieError);
    return error.retryAfterSeconds === LIMITS.alive;
  });
  sending.resolve();
  assert.equal(await first, "fetched");
  await ingestAll();
  assert.equal(await fetchUpload(idIn(task), fetchDeps()), "over");
  assert.equal(asked, 1);
});

test("a fetch whose process died is begun again; the first has no say any more", async () => {
  network.hosts.set("media.example", sends(MP4));
  const { id } = await submit();
  const [task = assert.fail()] = fetchTasks();
  const death = Promise.withResolvers<boolean>();
  const dying = fetchUpload(idIn(task), fetchDeps({ objects: { ...objects, stream: () => death.promise } }));
  while ((await upload()).source?.fetch == null);
  await assert.rejects(fetchUpload(idIn(task), fetchDeps()), is("unavailable"));
  queue.pass(LIMITS.alive + 1);
  assert.equal(await fetchUpload(idIn(task), fetchDeps()), "fetched");
  death.reject(new FetchError("url_broke_off"));
  assert.equal(await dying, "over");
  await ingestAll();
  assert.equal((await stateOf(id))[0], "queued");
});

test("a late task of a cancelled, erased or expired job does nothing", async () => {
  network.hosts.set("media.example", sends(MP4));
  const cancelled = await submit();
  await changeJob(cancelled.id, { type: "cancel" }, queue.deps);
  assert.equal(await runFetch(), "over");
  await submit();
  await queue.firestore.doc(`tombstones/${SPACE}`).set({ erasedAt: queue.now });
  assert.equal(await runFetch(), "over");
  await queue.firestore.doc(`tombstones/${SPACE}`).delete();
  await submit();
  queue.pass(7 * 86_400);
  assert.equal(await runFetch(), "over");
  assert.equal(await fetchUpload("0".repeat(26), fetchDeps()), "over");
  assert.deepEqual([network.connections, objects.names()], [[], []]);
});

test("a fetch ends in its middle when its job is cancelled; nothing is stored", async () => {
  const began = Promise.withResolvers<void>();
  network.hosts.set(
    "media.example",
    (_request, response) => void response.write("abc", () => began.resolve()),
  );
  const { id } = await submit();
  const running = runFetch(fetchDeps({ limits: { ...LIMITS, beat: 0.05 } }));
  await began.promise;
  await changeJob(id, { type: "cancel" }, queue.deps);
  assert.equal(await running, "over");
  assert.deepEqual(objects.names(), []);
});

test("a job that is started again after a cancel has its URL fetched", async () => {
  network.hosts.set("media.example", sends(MP4));
  const { id } = await submit();
  await changeJob(id, { type: "cancel" }, queue.deps);
  assert.equal(await runFetch(), "over");
  await fetchAgain(await retryJob(id, queue.deps), queue.deps);
  assert.equal(await runFetch(), "fetched");
  await ingestAll();
  assert.equal((await stateOf(id))[0], "queued");
});

test("a later job that names the upload of a cancelled one has it fetched, by sweep", async () => {
  network.hosts.set("media.example", sends(MP4));
  const first = await submit();
  const [task = assert.fail()] = fetchTasks();
  await changeJob(first.id, { type: "cancel" }, queue.deps);
  assert.equal(await runFetch(), "over");
  const { id } = await submit({ video: idIn(task) });
  assert.equal((await recoverAwaitingJobs(queue.deps)).repaired, 1);
  assert.equal(await runFetch(), "fetched");
  await ingestAll();
  assert.equal((await stateOf(id))[0], "queued");
});

test("a task that a crash lost is added by sweep, and none is added twice", async () => {
  network.hosts.set("media.example", sends(MP4));
  const crashing = { ...queue.deps.tasks, add: () => Promise.reject(new Error("crash")) };
  const { id } = await submit(undefined, submitDeps({ fetches: crashing }));
  assert.deepEqual(fetchTasks(), []);
  assert.equal((await recoverAwaitingJobs(queue.deps)).repaired, 1);
  assert.equal((await recoverAwaitingJobs(queue.deps)).repaired, 0);
  assert.equal(fetchTasks().length, 1);
  await runFetch();
  assert.equal((await recoverAwaitingJobs(queue.deps)).repaired, 0);
  await ingestAll();
  assert.equal((await stateOf(id))[0], "queued");
});

test("a crash before the empty object is mended by the task's next try", async () => {
  network.hosts.set("media.example", (_request, response) => response.writeHead(404).end());
  const { id } = await submit();
  const [task = assert.fail()] = fetchTasks();
  const crash = new Error("crash");
  const dying = fetchDeps({ objects: { ...objects, write: () => Promise.reject(crash) } });
  await assert.rejects(fetchUpload(idIn(task), dying), crash);
  assert.equal((await upload()).source?.failure, "url_without_file");
  assert.equal(await fetchUpload(idIn(task), fetchDeps()), "url_without_file");
  assert.equal(network.connections.length, 1, "it was not fetched again");
  await ingestAll();
  assert.deepEqual(await stateOf(id), ["failed", "url_without_file"]);
});

test("a store that fails has the task tried again, and only so often", async () => {
  network.hosts.set("media.example", sends(MP4));
  const { id } = await submit();
  const [task = assert.fail()] = fetchTasks();
  const away = new Error("away");
  const failing = fetchDeps({ objects: { ...objects, stream: () => Promise.reject(away) } });
  for (let time = 0; time < 10; time++) await assert.rejects(fetchUpload(idIn(task), failing), away);
  assert.equal(await fetchUpload(idIn(task), fetchDeps()), "url_unreachable");
  await ingestAll();
  assert.deepEqual(await stateOf(id), ["failed", "url_unreachable"]);
});

test("an upload of a URL that no job got expires like any other", async () => {
  const dying = { ...submitDeps(), pace: () => Promise.reject(new Error("crash")) };
  await assert.rejects(submit(undefined, dying));
  queue.pass(7 * 86_400 + 1);
  await removeExpiredUploads({ firestore: queue.firestore, uploads: objects, clock: queue.deps.clock });
  assert.equal((await queue.firestore.collection("uploads").get()).size, 0);
});
