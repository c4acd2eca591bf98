/** The way of one video, and where it may break, over HTTP. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { z } from "zod";
import { EngineClient } from "#engine/kit/client.ts";
import { serviceAccountTokens } from "#engine/kit/idToken.ts";
import { faultsOf } from "#engine/reference/testing/glb.ts";
import { call, ProblemError } from "#local/demo/phone/api.ts";
import { type JobView, mailedCode, Phone, type ResourceView } from "#local/demo/phone/phone.ts";
import { createdUploadSchema, receivedSoFar, sendPiece, startResumable } from "#local/demo/phone/upload.ts";
import { makeDemoPhotos } from "#local/demo/video.ts";
import { endpoints } from "./cloud.ts";
import { type EngineProcess, spawnEngine } from "./engineProcess.ts";
import { crc32c, deliver, eventually, GLB, leaseJob, mp4, textCalledMp4 } from "./tools.ts";

const cloud = endpoints();
let giver: Phone;
let recipient: Phone;
let engine: EngineClient;

before(async () => {
  const run = randomBytes(4).toString("hex");
  [giver, recipient] = await Promise.all([
    Phone.signIn(cloud, { email: `jiwoo-${run}@example.com`, name: "Jiwoo" }),
    Phone.signIn(cloud, { email: `halmoni-${run}@example.com`, name: "Halmoni" }),
  ]);
  await Promise.all([giver.enrol("care_giver"), recipient.enrol("care_recipient", { language: "ko" })]);
  const invitation = await giver.invite(recipient.email);
  await giver.confirm(invitation, await mailedCode(cloud.mail, recipient.email));
  engine = new EngineClient(
    cloud.api,
    serviceAccountTokens({ keyFile: cloud.engineKeyFile, audience: cloud.api, clock: () => new Date() }),
  );
});

describe("the reference engine", () => {
  let reference: EngineProcess;
  before(async () => {
    reference = await spawnEngine(cloud, { id: "reference" });
  });
  after(() => reference.stop());

  test("a video becomes a valid GLB with a poster, which both people can fetch", async () => {
    const job = await ended(await submitScene(await giver.upload(await mp4(), "video/mp4")));
    assert.equal(job.state, "succeeded", JSON.stringify(job.error));
    const resource = await resourceOf(recipient, job);
    const files = await fetched(resource);
    assert.deepEqual([...files.keys()].sort(), ["poster.jpg", "scene.glb"]);
    await assertValidGlb(files.get("scene.glb"));
    assert.equal(files.get("poster.jpg")?.subarray(0, 3).toString("hex"), "ffd8ff");
  });

  test("two photos become an avatar", async () => {
    const photos = await makeDemoPhotos(await mkdtemp(join(tmpdir(), "reverie-photos-")));
    const [face, body] = await Promise.all([
      giver.upload(photos.face, "image/jpeg"),
      giver.upload(photos.body, "image/jpeg"),
    ]);
    const submitted = await giver.submit({
      kind: "avatar",
      title: "Halmoni",
      params: { gender: "female" },
      inputs: { face, body },
    });
    const job = await ended(submitted.id);
    assert.equal(job.state, "succeeded", JSON.stringify(job.error));
    await assertValidGlb((await fetched(await resourceOf(giver, job))).get("avatar.glb"));
  });

  test("a dead engine loses its lease, and another finishes the job in a second attempt", async () => {
    await reference.stop();
    const doomed = await spawnEngine(cloud, { id: "doomed", leaseSeconds: 3 });
    const jobId = await submitScene(await giver.upload(await mp4(), "video/mp4"));
    await eventually(
      "the doomed engine has the job",
      async () => (await giver.job(jobId)).state === "running",
    );
    doomed.kill();
    const second = await spawnEngine(cloud, { id: "second" });
    try {
      const job = await ended(jobId);
      assert.equal(job.state, "succeeded", JSON.stringify(job.error));
      assert.ok(job.attempt <= 2);
      await resourceOf(giver, job);
    } finally {
      await second.stop();
      reference = await spawnEngine(cloud, { id: "reference" });
    }
  });
});

test("a cut upload is resumed, and the job that waited for it enters the line", async () => {
  const bytes = Buffer.concat([await readFile(await mp4()), Buffer.alloc(600 * 1024)]);
  const upload = createdUploadSchema.parse(
    await giver.call("POST", "/v1/uploads", {
      body: { contentType: "video/mp4", size: bytes.length, crc32c: crc32c(bytes) },
    }),
  );
  const jobId = await submitScene(upload.id);
  assert.equal((await giver.job(jobId)).state, "awaiting_upload");

  const session = await startResumable(upload, () => giver.renewUpload(upload.id));
  const piece = 256 * 1024;
  assert.equal(await sendPiece(session, bytes.subarray(0, piece), 0, bytes.length), piece);
  const from = await receivedSoFar(session, bytes.length); // what a phone asks after a tunnel
  assert.equal(from, piece);
  assert.equal(await sendPiece(session, bytes.subarray(from), from, bytes.length), bytes.length);

  await eventually("the job is queued", async () => (await giver.job(jobId)).state === "queued");
  const { expiresAt, ...state } = (await giver.call("GET", `/v1/uploads/${upload.id}`)) ?? {};
  assert.deepEqual(state, { state: "received", urlExpiresAt: upload.expiresAt });
  assert.ok(String(expiresAt) > upload.expiresAt);
  await giver.call("POST", `/v1/jobs/${jobId}/cancel`);
});

test("a text file called mp4 is rejected, and the job fails with the reason", async () => {
  const uploadId = await giver.upload(await textCalledMp4(), "video/mp4");
  const outcome = await submitScene(uploadId).catch((error: unknown) => error);
  if (typeof outcome === "string") {
    const job = await ended(outcome);
    assert.equal(job.state, "failed");
    assert.ok(job.error && job.error.message.length > 10);
  } else {
    assert.ok(outcome instanceof ProblemError && outcome.status === 422, String(outcome)); // looked at before the job came
  }
  await eventually("the upload is rejected", async () => {
    const upload = z.object({ state: z.string() }).parse(await giver.call("GET", `/v1/uploads/${uploadId}`));
    return upload.state === "rejected";
  });
});

test("a completion sent twice makes one resource; a lost lease changes nothing", async () => {
  const before = await resourceCount();
  const jobId = await submitScene(await giver.upload(await mp4(), "video/mp4"));
  const lost = await leaseJob(engine, "scene", jobId);
  await engine.release(lost.leaseId);
  const lease = await leaseJob(engine, "scene", jobId);
  await deliver(
    engine,
    lease.leaseId,
    { name: "scene.glb", contentType: "model/gltf-binary", size: GLB.length },
    GLB,
  );
  const completion = { files: [{ name: "scene.glb", crc32c: crc32c(GLB) }] };

  await assert.rejects(engine.complete(lost.leaseId, completion), /lease/i);
  assert.equal((await giver.job(jobId)).state, "running");
  await engine.complete(lease.leaseId, completion);
  await engine.complete(lease.leaseId, completion);

  const job = await ended(jobId);
  assert.equal(job.state, "succeeded");
  assert.equal(job.attempt, 1);
  await resourceOf(giver, job);
  assert.equal(await resourceCount(), before + 1);
});

test("events flow at a job's eventsUrl; at the one origin they come at their end", async () => {
  const upload = createdUploadSchema.parse(
    await giver.call("POST", "/v1/uploads", { body: { contentType: "video/mp4", size: 1000 } }),
  );
  const { id, eventsUrl } = await giver.job(await submitScene(upload.id));
  const listen = (url: string) => fetch(url, { headers: { authorization: `Bearer ${giver.accessToken}` } });
  const atOrigin = listen(`${cloud.api}/v1/jobs/${id}/events`).then((answer) => answer.text());
  const reader = (await listen(eventsUrl)).body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (let canceled = false; ; ) {
    const { value, done } = (await reader?.read()) ?? assert.fail();
    if (done) break;
    text += value;
    // Heard while the stream is open: the job waits for its upload.
    if (canceled || !text.includes('"state":"awaiting_upload"')) continue;
    await giver.call("POST", `/v1/jobs/${id}/cancel`);
    canceled = true;
  }
  assert.match(text, /"state":"cancelled"/);
  assert.match(await atOrigin, /"state":"cancelled"/);
});

test("a submission with one key, twenty times at once, is one job with one answer", async () => {
  const upload = await giver.upload(await mp4(), "video/mp4");
  const key = crypto.randomUUID();
  const body = { kind: "scene", title: "Once", params: {}, inputs: { video: upload } };
  const ask = async () => {
    const response = await fetch(`${cloud.api}/v1/jobs`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${giver.accessToken}`,
        "content-type": "application/json",
        "idempotency-key": key,
      },
      body: JSON.stringify(body),
    });
    return { status: response.status, text: await response.text() };
  };
  const answers = await Promise.all(Array.from({ length: 20 }, ask));
  assert.deepEqual(new Set(answers.map((answer) => answer.status)), new Set([202]));
  assert.equal(new Set(answers.map((answer) => answer.text)).size, 1);
  await assert.rejects(
    call(cloud.api, "POST", "/v1/jobs", {
      body: { ...body, title: "Twice" },
      token: giver.accessToken,
      idempotencyKey: key,
    }),
    (error: unknown) =>
      error instanceof ProblemError && error.status === 422 && error.code === "idempotency_key_reused",
  );
  const { id } = z.object({ id: z.string() }).parse(JSON.parse(answers[0]?.text ?? ""));
  await giver.call("POST", `/v1/jobs/${id}/cancel`);
});

async function submitScene(video: string): Promise<string> {
  const job = await giver.submit({
    kind: "scene",
    title: "Home",
    params: { location: "indoor" },
    inputs: { video },
  });
  return job.id;
}

async function ended(jobId: string): Promise<JobView> {
  let last: JobView | undefined;
  for await (const change of giver.watch(jobId)) last = change;
  if (!last) throw new Error("the stream sent nothing");
  return last;
}

async function resourceOf(phone: Phone, job: JobView): Promise<ResourceView> {
  const { resourceId } = job;
  if (typeof resourceId !== "string") throw new Error("the job names no resource");
  let resource: ResourceView | undefined;
  await eventually("the result is synced", async () => {
    resource = await phone.resource(resourceId);
    return resource !== undefined;
  });
  if (!resource) throw new Error("no resource");
  return resource;
}

async function fetched(resource: ResourceView): Promise<Map<string, Buffer>> {
  const folder = await mkdtemp(join(tmpdir(), "reverie-fetched-"));
  const files = new Map<string, Buffer>();
  for (const file of resource.files) {
    const path = join(folder, file.name);
    await Phone.fetchFile(file, path);
    assert.equal((await stat(path)).size, file.size);
    files.set(file.name, await readFile(path));
  }
  return files;
}

async function assertValidGlb(bytes: Buffer | undefined): Promise<void> {
  assert.ok(bytes, "there is a GLB");
  assert.deepEqual(await faultsOf(bytes), []);
}

/** How many resources the library of the group has. */
async function resourceCount(): Promise<number> {
  let count = 0;
  let cursor: string | null = null;
  do {
    const path: string = `/v1/resources?limit=100${cursor === null ? "" : `&cursor=${cursor}`}`;
    const page = pageSchema.parse(await giver.call("GET", path));
    count += page.items.length;
    cursor = page.nextCursor;
  } while (cursor !== null);
  return count;
}
const pageSchema = z.object({
  items: z.array(z.object({ id: z.string() })),
  nextCursor: z.string().nullable(),
});
