/** The workshop against the real queue: many sessions at once, workers that die in the middle, and no call without work. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { EngineClient, GatewayRefusedError, type Lease } from "#engine/kit/client.ts";
import { Crc32c } from "#engine/kit/crc32c.ts";
import { measureSession } from "#engine/session/measureSession.ts";
import { recording } from "#engine/session/recording.ts";
import { announceOutputs } from "#functions/engine/announceOutputs.ts";
import { completeJob } from "#functions/engine/completeJob.ts";
import { heldLease } from "#functions/engine/heldLease.ts";
import { wakeWorkshop } from "#functions/workshop/wakeWorkshop.ts";
import { workInTask } from "#functions/workshop/workInTask.ts";
import { memoryObjects } from "#local/testing/memoryObjects.ts";
import { randomId } from "#shared/platform/ids.ts";
import { silentLogger } from "#shared/platform/log/logger.ts";
import { endLease } from "#shared/queue/timers.ts";
import { type QueueHarness, queueHarness } from "./harness.ts";

const SPACES = 200;
/** Jobs of the family that submits more than one, and before all others. */
const GREEDY = 6;
const WORKERS = 4;

const samples = Buffer.from(JSON.stringify(recording({ repetitions: 4, rate: 20 }).file));
const unusable = Buffer.from(JSON.stringify({ sampleRateHz: 100, channels: [] }));
const objects = memoryObjects();
const sums = new Map<string, string>();
const inputs = new Map<string, Buffer>();
let queue: QueueHarness;
let bucket: Server;
let workDir: string;
before(async () => {
  workDir = await mkdtemp(join(tmpdir(), "workshop-queue-"));
  // With the checksum that Cloud Storage would compute.
  const look: typeof objects.look = async (name) => {
    const found = await objects.look(name);
    return found && { ...found, crc32c: sums.get(name) ?? found.crc32c };
  };
  queue = await queueHarness({ deps: { random: () => 0, resources: { ...objects, look } } });
  bucket = createServer(async (request, response) => {
    const name = new URL(request.url ?? "", "http://bucket").pathname.slice(1);
    if (request.method === "GET") return void response.end(inputs.get(name));
    const body = await buffer(request);
    sums.set(name, crc32c(body));
    objects.put(name, body, request.headers["content-type"]);
    response.end();
  }).listen(0, "127.0.0.1");
  await once(bucket, "listening");
});
after(async () => {
  bucket.close();
  await Promise.all([queue.backend.drop(), rm(workDir, { recursive: true, force: true })]);
});

function crc32c(bytes: Buffer): string {
  const sum = new Crc32c();
  sum.update(bytes);
  return sum.base64();
}

/** The engine routes without HTTP between. Of a worker that was killed nothing arrives any more. */
class DirectClient extends EngineClient {
  calls = 0;
  dead = false;
  readonly #onLease: (lease: Lease, client: DirectClient) => void;

  constructor(onLease: (lease: Lease, client: DirectClient) => void = () => {}) {
    super("http://gateway.example", { current: async () => "", forget: () => {} });
    this.#onLease = onLease;
  }

  #called(): void {
    this.calls += 1;
    // As the kit hears it that has lost its lease: it ends without another call, as a killed process does.
    if (this.dead) throw new GatewayRefusedError(409, "lease_lost", "killed", undefined);
  }

  override async lease(
    request: { engineId: string; kinds: readonly string[]; max: number; leaseSeconds: number },
    key: string,
  ) {
    this.#called();
    const { engineId, kinds, max, leaseSeconds: seconds } = request;
    const views = await queue.lease({ engineId, kinds, max, seconds, key });
    return views.map((view): Lease => {
      const lease = {
        ...view,
        expiresAt: new Date(view.expiresAt),
        inputs: Object.fromEntries(
          Object.entries(view.inputs).map(([role, input]) => [role, { ...input, url: atBucket(input.url) }]),
        ),
      };
      this.#onLease(lease, this);
      return lease;
    });
  }
  override async renew(leaseId: string) {
    this.#called();
    const { expiresAt, cancelRequested } = await queue.renew(leaseId);
    return { expiresAt: new Date(expiresAt), cancelRequested };
  }
  override async outputs(leaseId: string, files: Parameters<EngineClient["outputs"]>[1]) {
    this.#called();
    const lease = await heldLease(leaseId, "outputs", queue.firestore);
    const announced = await announceOutputs(lease, [...files], queue.deps);
    return announced.map((file) => ({ ...file, url: atBucket(file.url) }));
  }
  override async complete(leaseId: string, result: Parameters<EngineClient["complete"]>[1]) {
    this.#called();
    const lease = await heldLease(leaseId, "complete", queue.firestore);
    await completeJob(lease, { ...result, files: [...result.files] }, queue.deps);
  }
  override async fail(leaseId: string, why: Parameters<EngineClient["fail"]>[1]) {
    this.#called();
    await queue.giveBack(leaseId, { type: "fail", ...why });
  }
  override async release(leaseId: string) {
    this.#called();
    await queue.giveBack(leaseId, { type: "release" });
  }
}

function atBucket(url: string): string {
  const { port } = bucket.address() as AddressInfo; // it listens on a port
  return url.replace("https://objects.example", `http://127.0.0.1:${port}`);
}

async function submit(spaceId: string, content: Buffer): Promise<string> {
  const object = `spaces/${spaceId}/uploads/${randomId()}`;
  inputs.set(object, content);
  const received = {
    generation: "1",
    size: content.length,
    crc32c: crc32c(content),
    contentType: "application/json",
  };
  const upload = await queue.upload({
    spaceId,
    object,
    size: content.length,
    contentType: "application/json",
    received,
  });
  const params = { game: "reach", score: 3, startedAt: "2026-03-01T09:00:00Z" };
  const { id } = await queue.submit({
    spaceId,
    body: { kind: "session", params, inputs: { samples: upload } },
  });
  return id;
}

/** Rings the workshop and runs the tasks that it adds, each with a client of its own. @returns how many calls they made */
async function workshop(onLease?: (lease: Lease, client: DirectClient) => void): Promise<number> {
  queue.pass(1);
  const work = new Map([["session", measureSession]]);
  const common = { clock: () => queue.now, log: silentLogger, newId: randomId, work };
  await wakeWorkshop({ kind: "session" }, { ...common, tasks: queue.deps.tasks, tasksPerRing: WORKERS });
  const clients: DirectClient[] = [];
  const running: Promise<unknown>[] = [];
  for (;;) {
    const task = queue.deps.tasks.take((one) => one.queue === "work");
    if (!task) break;
    const client = new DirectClient(onLease);
    clients.push(client);
    const timeIsUp = () => new AbortController().signal;
    // A killed instance's task fails, and its queue would try it again.
    running.push(
      workInTask({ worker: clients.length }, { ...common, client, workDir, timeIsUp }).catch(() => {}),
    );
  }
  await Promise.all(running);
  return clients.reduce((sum, { calls }) => sum + calls, 0);
}

/** Runs the lease timers that are due. */
async function endLeases(): Promise<void> {
  queue.pass(70);
  for (;;) {
    const task = queue.deps.tasks.take(
      ({ path, at }) => path === "/lease-ended" && (at ?? queue.now) <= queue.now,
    );
    if (!task) return;
    const { jobId, leaseNumber } = task.body;
    await endLease({ jobId: String(jobId), leaseNumber: Number(leaseNumber) }, queue.deps);
  }
}

test("200 families' sessions are done in fair order, though two workers are killed", async () => {
  const greedy = randomId();
  const jobs = new Map<string, string>();
  for (let i = 0; i < GREEDY; i++) jobs.set(await submit(greedy, samples), greedy);
  const others = Array.from({ length: SPACES - 1 }, () => randomId());
  for (const spaceId of others) jobs.set(await submit(spaceId, samples), spaceId);

  const leased: string[] = [];
  const killed: string[] = [];
  await workshop((lease, client) => {
    leased.push(jobs.get(lease.job.id) ?? "");
    // Two workers die with a job in their hands.
    if (leased.length % 60 === 50 && killed.length < 2) {
      killed.push(lease.job.id);
      client.dead = true;
    }
  });
  assert.equal(killed.length, 2);
  assert.equal(leased.length, jobs.size);
  assert.equal(
    new Set(leased.slice(0, SPACES)).size,
    SPACES,
    "each family had its turn before one had a second",
  );
  for (const id of killed) assert.equal((await queue.job(id)).state, "running");

  await endLeases();
  await workshop();
  const states = await Promise.all([...jobs.keys()].map(async (id) => (await queue.job(id)).state));
  assert.deepEqual(new Set(states), new Set(["succeeded"]));
  for (const id of killed) assert.equal((await queue.job(id)).attempt, 2);
  const results = await queue.firestore.collection("results").count().get();
  assert.equal(results.data().count, jobs.size);
});

test("samples that can't be used fail the job at its first attempt, with the path", async () => {
  const id = await submit(randomId(), unusable);
  await workshop();
  const { state, attempt } = await queue.job(id);
  assert.deepEqual([state, attempt], ["failed", 1]);
  const english = await queue.view(id, "en");
  assert.equal(english.error?.code, "samples_rejected");
  assert.match(
    english.error?.message ?? "",
    /^This recording can't be used\. Please play again\. \(channels: /,
  );
  assert.match((await queue.view(id, "ko")).error?.message ?? "", /사용할 수 없어요.* \(channels: /);
});

test("without work each task asks once; without a ring nothing is called", async () => {
  assert.equal(await workshop(), WORKERS);
  assert.equal(
    queue.deps.tasks.take(({ queue }) => queue === "work"),
    undefined,
  );
});
