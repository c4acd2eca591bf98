/**
 * A function that gets no CPU after its answer, and is then killed: what the answer promised happens all the same. Each process stops itself
 * at the end of the answer, so that nothing can be left for later.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Firestore } from "@google-cloud/firestore";
import { EngineClient } from "#engine/kit/client.ts";
import { serviceAccountTokens } from "#engine/kit/idToken.ts";
import { planCloud } from "#local/cloud/plan.ts";
import { mailedCode, Phone } from "#local/demo/phone/phone.ts";
import { FREEZE_FILE, FROZEN_FILE } from "#local/firebase/freeze.ts";
import { LOOPBACK } from "#local/processes/ports.ts";
import { type TestCloud, testCloud } from "#local/testing/backends.ts";
import { membershipsOf } from "#shared/spaces/membershipDocument.ts";
import { crc32c, deliver, eventually, GLB, leaseJob, mp4 } from "#tests/acceptance/tools.ts";

/** `sweep` looks each minute, and takes a ring for lost after two. */
const SWEPT_MS = 240_000;
let cloud: TestCloud;
let folder: string;
let firestore: Firestore;
let wakes: Server;
let rings = 0;
let engine: EngineClient;
let giver: Phone;
let recipient: Phone;

before(async () => {
  cloud = await testCloud();
  const plan = planCloud({ portBase: cloud.portBase, dataDir: cloud.dataDir, fresh: false, engine: false });
  folder = join(plan.dirs.suite, "functions");
  process.env.FIRESTORE_EMULATOR_HOST = cloud.firestore;
  firestore = new Firestore({ projectId: cloud.projectId });
  wakes = createServer((request, response) => {
    if (request.url === "/wake") rings += 1;
    response.writeHead(204).end();
  });
  wakes.listen(plan.ports.engine, LOOPBACK);
  await once(wakes, "listening");
  engine = new EngineClient(
    cloud.api,
    serviceAccountTokens({ keyFile: cloud.engineKeyFile, audience: cloud.api, clock: () => new Date() }),
  );
  const run = randomBytes(4).toString("hex");
  [giver, recipient] = await Promise.all([
    Phone.signIn(cloud, { email: `frozen-giver-${run}@example.com` }),
    Phone.signIn(cloud, { email: `frozen-recipient-${run}@example.com` }),
  ]);
  await Promise.all([giver.enrol("care_giver"), recipient.enrol("care_recipient")]);
});
after(async () => {
  rmSync(join(folder, FREEZE_FILE), { force: true });
  await firestore.terminate();
  wakes.closeAllConnections();
  wakes.close();
});

/** Makes one call of a function whose process is stopped at the end of the answer, and killed once that is sure. */
async function answeredAndFrozen<T>(name: string, call: () => Promise<T>): Promise<T> {
  rmSync(join(folder, FROZEN_FILE), { force: true });
  writeFileSync(join(folder, FREEZE_FILE), name);
  const answer = await call();
  await eventually(`a process of ${name} is stopped`, async () => frozen().some(isStopped));
  rmSync(join(folder, FREEZE_FILE));
  for (const pid of frozen()) process.kill(pid, "SIGKILL");
  // Until the emulator has noticed, it would send it the next request.
  await eventually("its end", async () => !frozen().some((pid) => existsSync(`/proc/${pid}`)));
  return answer;
}

function frozen(): number[] {
  const file = join(folder, FROZEN_FILE);
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8").split("\n").filter(Boolean).map(Number);
}

function isStopped(pid: number): boolean {
  return / T /.test(readFileSync(`/proc/${pid}/stat`, "utf8").replace(/\(.*\)/, ""));
}

test("groups frozen after each answer: code mailed, group bound, mirror written", async () => {
  const invitation = await answeredAndFrozen("groups", () => giver.invite(recipient.email));
  const code = await mailedCode(cloud.mail, recipient.email, SWEPT_MS);
  const spaceId = await answeredAndFrozen("groups", () => giver.confirm(invitation, code));
  for (const phone of [giver, recipient]) {
    const { id } = await meOf(phone);
    await eventually(
      "the mirror of the membership",
      async () => (await membershipsOf(firestore).doc(id).get()).data()?.spaceIds.includes(spaceId) === true,
      SWEPT_MS,
    );
  }
});

test("uploads and jobs frozen after each answer: the engine is rung, cancel stands", async () => {
  const video = await mp4();
  const earlier = rings;
  const uploaded = await answeredAndFrozen("uploads", () => giver.upload(video, "video/mp4"));
  const job = await answeredAndFrozen("jobs", () => submit(uploaded));
  await eventually("the ring", async () => rings > earlier, SWEPT_MS);
  const lease = await leaseJob(engine, "scene", job.id);
  await engine.release(lease.leaseId);
  const cancelled = await answeredAndFrozen("jobs", async () =>
    giver.call("POST", `/v1/jobs/${job.id}/cancel`),
  );
  assert.ok(cancelled);
  assert.equal((await giver.job(job.id)).state, "cancelled");
});

test("engine frozen after each answer: lease and completion stand, SQL has the copy", async () => {
  const job = await submit(await giver.upload(await mp4(), "video/mp4"));
  await eventually("the job is in line", async () => (await giver.job(job.id)).state === "queued");
  // One call only: a second one could reach the process that is stopped.
  const request = { engineId: "frozen", kinds: ["scene"], max: 10, leaseSeconds: 60 };
  const leases = await answeredAndFrozen("engine", () => engine.lease(request, crypto.randomUUID()));
  const lease = leases.find((one) => one.job.id === job.id);
  assert.ok(lease);
  await deliver(
    engine,
    lease.leaseId,
    { name: "scene.glb", contentType: "model/gltf-binary", size: GLB.length },
    GLB,
  );
  await answeredAndFrozen("engine", () =>
    engine.complete(lease.leaseId, { files: [{ name: "scene.glb", crc32c: crc32c(GLB) }] }),
  );
  assert.equal((await giver.job(job.id)).state, "succeeded");
  await eventually(
    "the resource in the library",
    async () => (await recipient.resource((await giver.job(job.id)).resourceId ?? "")) !== undefined,
    SWEPT_MS,
  );
});

test("engine frozen after a retryable failure: the job enters the line again", async () => {
  const job = await submit(await giver.upload(await mp4(), "video/mp4"));
  const lease = await leaseJob(engine, "scene", job.id);
  await answeredAndFrozen("engine", () =>
    engine.fail(lease.leaseId, { code: "engine_error", message: "Out of memory.", retryable: true }),
  );
  const again = await leaseJob(engine, "scene", job.id);
  await engine.release(again.leaseId);
  await giver.call("POST", `/v1/jobs/${job.id}/cancel`);
});

function submit(video: string) {
  return giver.submit({ kind: "scene", title: "Frozen", params: { location: "outdoor" }, inputs: { video } });
}

async function meOf(phone: Phone): Promise<{ id: string }> {
  const me = await phone.call("GET", "/v1/me");
  assert.ok(typeof me === "object" && me !== null && "id" in me && typeof me.id === "string");
  return { id: me.id };
}
