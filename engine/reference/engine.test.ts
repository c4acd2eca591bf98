import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { silentLogger } from "#shared/platform/log/logger.ts";
import { type EngineOptions, startEngine } from "../kit/engine.ts";
import { type Call, type PreparedJob, TestGateway } from "./testing/gateway.ts";
import { makeTestVideo } from "./testing/testVideo.ts";
import { until } from "./testing/until.ts";

let directory: string;
let video: Buffer;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), "engine-test-"));
  await makeTestVideo(join(directory, "video.mp4"), { views: 2, sound: "aac" });
  video = await readFile(join(directory, "video.mp4"));
});
after(() => rm(directory, { recursive: true, force: true }));

const sceneJob = (id: string, bytes = video): PreparedJob => ({
  id,
  kind: "scene",
  params: { location: "indoor" },
  inputs: { video: bytes },
});

async function setUp(t: TestContext, options: Partial<EngineOptions> = {}) {
  const home = await mkdtemp(join(directory, "case-"));
  const gateway = await TestGateway.start(home);
  const workDir = join(home, "work");
  const start = async () => {
    const engine = await startEngine({
      port: 0,
      apiBase: gateway.url,
      engineId: "engine-1",
      keyFile: gateway.keyFile,
      workDir,
      leaseSeconds: 0.6,
      pollSeconds: 3600,
      log: silentLogger,
      ...options,
    });
    t.after(async () => {
      await engine.stop();
      await gateway[Symbol.asyncDispose]();
    });
    return engine;
  };
  return { gateway, start, workDir };
}

async function wake(url: string, kind = "scene"): Promise<Response> {
  return await fetch(`${url}/wake`, { method: "POST", body: JSON.stringify({ kind }) });
}

/** Holds the engine up while it fetches its input; `letGo` lets it go on. */
function holdInput(gateway: TestGateway) {
  const held = Promise.withResolvers<undefined>();
  gateway.bend = (call) => (call.route === "input" ? held.promise : undefined);
  return () => held.resolve(undefined);
}

test("a rung engine delivers what it made with checksums and data, and asks again when done", async (t) => {
  const { gateway, start, workDir } = await setUp(t);
  const engine = await start();
  await until("the first question", () => gateway.calledTimes("leases") === 1);
  gateway.queue.push(sceneJob("job-1"), sceneJob("job-2"));
  const rung = await wake(engine.url);
  assert.equal(rung.status, 202);
  await until("both results", () => gateway.results.size === 2);
  const { files, data } = gateway.results.get("job-1") ?? {};
  assert.deepEqual([...(files?.keys() ?? [])], ["scene.glb", "poster.jpg"]);
  assert.equal(files?.get("scene.glb")?.toString("latin1", 0, 4), "glTF");
  assert.equal(z.object({ views: z.array(z.unknown()) }).parse(data).views.length, 2);
  const last = (route: string) => gateway.calls.findLastIndex((call) => call.route === route);
  await until("the question after the last job", () => last("leases") > last("complete"));
  await until("an empty work directory", () => engine.working === 0);
  assert.deepEqual(await readdir(workDir), []);
  assert.equal(gateway.tokensMinted, 1);
  assert.deepEqual(gateway.calls.find(({ route }) => route === "leases")?.body, {
    engineId: "engine-1",
    kinds: ["scene", "avatar"],
    max: 1,
    leaseSeconds: 0.6,
  });
});

test("a lease whose answer was lost is asked for with the same key; the job is done once", async (t) => {
  const { gateway, start } = await setUp(t);
  gateway.queue.push(sceneJob("job-1"));
  gateway.bend = ({ route }) =>
    route === "leases" && gateway.calledTimes("leases") <= 2 ? "answer lost" : undefined;
  await start();
  await until("the result", () => gateway.results.has("job-1"));
  const keys = gateway.calls.filter(({ route }) => route === "leases").map((call) => call.idempotencyKey);
  assert.equal(keys[0], keys[1]);
  assert.equal(keys[0], keys[2]);
  await until("the next question", () => gateway.calledTimes("leases") === 4);
  assert.notEqual(gateway.calls.findLast(({ route }) => route === "leases")?.idempotencyKey, keys[0]);
  assert.equal(gateway.calledTimes("complete"), 1);
});

test("answers lost while delivering are asked for again; the uploaded file counts as uploaded", async (t) => {
  const { gateway, start } = await setUp(t);
  gateway.queue.push(sceneJob("job-1"));
  const lost = new Set<string>();
  gateway.bend = ({ route, body }) => {
    const what = `${route} ${String(body.name ?? "")}`;
    if (!["outputs ", "put scene.glb", "put poster.jpg", "complete "].includes(what) || lost.has(what))
      return undefined;
    lost.add(what);
    return "answer lost";
  };
  await start();
  await until("the completion, twice", () => gateway.calledTimes("complete") === 2);
  await until("the next question", () => gateway.calledTimes("leases") === 2);
  assert.equal(lost.size, 4);
  assert.equal(gateway.calledTimes("put"), 4);
  assert.equal(gateway.failures.size, 0);
  assert.equal(gateway.results.get("job-1")?.files.size, 2);
});

test("an engine that renews with true progress keeps its lease through refused and unheard renewals", async (t) => {
  const { gateway, start } = await setUp(t);
  gateway.queue.push(sceneJob("job-1"));
  const letGo = holdInput(gateway);
  const hold = gateway.bend;
  gateway.bend = (call) => {
    const renewals = gateway.calledTimes("renew");
    if (call.route === "renew" && renewals === 1) return "unheard";
    if (call.route === "renew" && renewals === 2) return { status: 503, body: {} };
    return hold(call);
  };
  await start();
  await until("five renewals", () => gateway.calledTimes("renew") >= 5);
  letGo();
  await until("the result", () => gateway.results.has("job-1"));
  const reports = gateway.calls.filter(({ route }) => route === "renew").map(({ body }) => body);
  assert.deepEqual(reports[0], { progress: 0, stage: "fetching", leaseSeconds: 0.6 });
  const fractions = reports.map(({ progress }) => Number(progress));
  assert.deepEqual(
    fractions,
    fractions.toSorted((one, other) => one - other),
  );
});

for (const [what, bend] of [
  [
    "lost",
    () => (call: Call) =>
      call.route === "renew" ? { status: 409, body: { code: "lease_lost" } } : holdForever(call),
  ],
  [
    "cancelled",
    (gateway: TestGateway) => (call: Call) => {
      gateway.cancelRequested = true;
      return holdForever(call);
    },
  ],
] as const) {
  test(`a lease that was ${what} is dropped: nothing is delivered or told, and the next job is taken`, async (t) => {
    const { gateway, start, workDir } = await setUp(t);
    gateway.queue.push(sceneJob("job-1"));
    gateway.bend = bend(gateway);
    const engine = await start();
    await until("the drop", () => gateway.calledTimes("renew") >= 1 && engine.working === 0);
    gateway.bend = () => undefined;
    gateway.cancelRequested = false;
    gateway.queue.push(sceneJob("job-2"));
    await wake(engine.url);
    await until("the second job", () => gateway.results.has("job-2"));
    assert.equal(gateway.results.has("job-1"), false);
    const first = gateway.calls.find(({ leaseId }) => leaseId !== undefined)?.leaseId;
    const told = gateway.calls.filter(({ leaseId }) => leaseId === first).map(({ route }) => route);
    assert.deepEqual([...new Set(told)].toSorted(), ["input", "renew"]);
    await until("an empty work directory", () => engine.working === 0);
    assert.deepEqual(await readdir(workDir), []);
  });
}

function holdForever(call: Call): Promise<undefined> | undefined {
  return call.route === "input" ? new Promise(() => {}) : undefined;
}

test("a video that can't be read fails with a code and a sentence, and nothing is delivered", async (t) => {
  const { gateway, start } = await setUp(t);
  gateway.queue.push(sceneJob("job-1", Buffer.from("Dear diary, this is no video at all. ".repeat(50))));
  await start();
  await until("the failure", () => gateway.failures.has("job-1"));
  const { code, message, retryable } = gateway.failures.get("job-1") ?? {};
  assert.equal(code, "video_unreadable");
  assert.equal(retryable, false);
  assert.match(String(message), /^This file can't be read as a video\./);
  assert.equal(
    gateway.calledTimes("outputs") + gateway.calledTimes("put") + gateway.calledTimes("complete"),
    0,
  );
});

test("an input that isn't what was promised fails as retryable and is not converted", async (t) => {
  const { gateway, start } = await setUp(t);
  const damaged = Buffer.from(video);
  const job = sceneJob("job-1", damaged);
  gateway.queue.push(job);
  gateway.bend = ({ route }) => {
    // After the lease has told the checksum.
    if (route === "input") damaged[200] = (damaged[200] ?? 0) ^ 1;
    return undefined;
  };
  await start();
  await until("the failure", () => gateway.failures.has("job-1"));
  assert.equal(gateway.failures.get("job-1")?.code, "transfer_refused");
  assert.equal(gateway.failures.get("job-1")?.retryable, true);
  assert.equal(gateway.calledTimes("outputs"), 0);
});

test("a busy engine answers 429 with Retry-After and pulls by itself when it is done", async (t) => {
  const { gateway, start } = await setUp(t);
  const letGo = holdInput(gateway);
  gateway.queue.push(sceneJob("job-1"));
  const engine = await start();
  await until("work", () => engine.working === 1);
  gateway.queue.push(sceneJob("job-2"));
  const refused = await wake(engine.url);
  assert.equal(refused.status, 429);
  assert.match(refused.headers.get("retry-after") ?? "", /^\d+$/);
  assert.equal(gateway.calledTimes("leases"), 1);
  letGo();
  await until("both results", () => gateway.results.size === 2);
});

test("what a killed engine left of its leases is removed at the start; other files stay", async (t) => {
  const { start, workDir } = await setUp(t);
  await mkdir(join(workDir, "lease-left"), { recursive: true });
  await writeFile(join(workDir, "lease-left", "input-0"), "half a video");
  await writeFile(join(workDir, "letter.txt"), "not ours");
  await start();
  assert.deepEqual(await readdir(workDir), ["letter.txt"]);
});

test("malformed rings get a 4xx problem and ask for nothing", async (t) => {
  const { gateway, start } = await setUp(t);
  const engine = await start();
  await until("the first question", () => gateway.calledTimes("leases") === 1);
  const post = (body: string) => fetch(`${engine.url}/wake`, { method: "POST", body });
  const answers = await Promise.all([
    post("{"),
    post("{}"),
    wake(engine.url, "sculpture"),
    post(" ".repeat(100_000)),
    fetch(`${engine.url}/wake`),
    fetch(`${engine.url}/nothing`),
  ]);
  assert.deepEqual(
    answers.map(({ status }) => status),
    [400, 400, 422, 413, 405, 404],
  );
  for (const answer of answers) assert.equal(answer.headers.get("content-type"), "application/problem+json");
  assert.equal(gateway.calledTimes("leases"), 1);
});

test("a token the gateway refuses is replaced once, and the call made again", async (t) => {
  const { gateway, start } = await setUp(t);
  gateway.bend = () =>
    gateway.calls.length === 1 ? { status: 401, body: { code: "unauthenticated" } } : undefined;
  gateway.queue.push(sceneJob("job-1"));
  await start();
  await until("the result", () => gateway.results.has("job-1"));
  assert.equal(gateway.tokensMinted, 2);
});

test("an engine without work ends by itself when it was told to", async (t) => {
  const { gateway, start } = await setUp(t, { idleExitSeconds: 0.2 });
  gateway.queue.push(sceneJob("job-1"));
  const engine = await start();
  await engine.ended;
  assert.equal(gateway.results.size, 1);
  await assert.rejects(wake(engine.url));
});

test("SIGTERM gives the lease back, leaves no file and no process, and exits with 0", async (t) => {
  const { gateway, workDir } = await setUp(t);
  gateway.bend = (call) => holdForever(call);
  gateway.queue.push(sceneJob("job-1"));
  const main = fileURLToPath(new URL("./main.ts", import.meta.url));
  const engine = spawn(process.execPath, [main, "--work-dir", workDir, "--engine-id", "engine-2"], {
    env: { PATH: process.env.PATH, API: gateway.url, ENGINE_KEY_FILE: gateway.keyFile, LOG_LEVEL: "silent" },
    stdio: "inherit",
  });
  t.after(async () => {
    engine.kill("SIGKILL");
    await gateway[Symbol.asyncDispose]();
  });
  const exited = once(engine, "exit");
  await until("work", () => gateway.calledTimes("input") === 1);
  engine.kill("SIGTERM");
  assert.deepEqual(await exited, [0, null]);
  assert.equal(gateway.calledTimes("release"), 1);
  assert.deepEqual(
    gateway.queue.map(({ id }) => id),
    ["job-1"],
  );
  assert.equal(gateway.failures.size, 0);
  assert.deepEqual(await readdir(workDir), []);
});
