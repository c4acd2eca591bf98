import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import { systemClock } from "#shared/platform/clock.ts";
import { silentLogger } from "#shared/platform/log/logger.ts";
import { EngineClient } from "./client.ts";
import { type EngineOptions, startEngine } from "./engine.ts";
import { serviceAccountTokens } from "./idToken.ts";
import { type Call, type PreparedJob, TestGateway } from "./testing/gateway.ts";
import { until } from "./testing/until.ts";
import { type Work, WorkError } from "./work.ts";

let directory: string;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), "engine-test-"));
});
after(() => rm(directory, { recursive: true, force: true }));

const footage = Buffer.from("A long video. ".repeat(5000));

const sceneJob = (id: string, bytes = footage): PreparedJob => ({
  id,
  kind: "scene",
  params: { location: "indoor" },
  inputs: { video: bytes },
});

/** Turns a video into its own text in capitals, and a poster; a video without text is unreadable. */
const capitals: Work = async ({ inputs, params, outDir, onProgress }) => {
  const text = await readFile(inputs.video ?? "", "utf8");
  if (text.length === 0) throw new WorkError("video_unreadable", "This file can't be read as a video.");
  onProgress(0.5, "building");
  const files = [
    { name: "scene.glb", contentType: "model/gltf-binary", text: text.toUpperCase() },
    { name: "poster.jpg", contentType: "image/jpeg", text: text.slice(0, 10) },
  ];
  for (const { name, text } of files) await writeFile(join(outDir, name), text);
  return {
    files: files.map(({ name, contentType, text }) => {
      return { name, contentType, path: join(outDir, name), size: text.length };
    }),
    data: { ...params, letters: text.length },
  };
};

async function setUp(t: TestContext, options: Partial<EngineOptions> = {}) {
  const home = await mkdtemp(join(directory, "case-"));
  const gateway = await TestGateway.start(home);
  const workDir = join(home, "work");
  const tokens = serviceAccountTokens({ ...gateway, audience: gateway.url, clock: systemClock });
  const start = async () => {
    const engine = await startEngine({
      client: new EngineClient(gateway.url, tokens),
      engineId: "engine-1",
      work: new Map([
        ["scene", capitals],
        ["avatar", capitals],
      ]),
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

test("a rung engine delivers what it made with data, and asks again when it is done", async (t) => {
  const { gateway, start, workDir } = await setUp(t);
  const engine = await start();
  await until("the answer to the first question", () => gateway.answered.length === 1);
  gateway.queue.push(sceneJob("job-1"), sceneJob("job-2"));
  const rung = await wake(engine.url);
  assert.equal(rung.status, 202);
  await until("both results", () => gateway.results.size === 2);
  const { files, data } = gateway.results.get("job-1") ?? {};
  assert.deepEqual([...(files?.keys() ?? [])], ["scene.glb", "poster.jpg"]);
  assert.equal(files?.get("scene.glb")?.toString(), footage.toString().toUpperCase());
  assert.deepEqual(data, { location: "indoor", letters: footage.length });
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

test("a lease whose answer was lost is asked for with the same key; the job runs once", async (t) => {
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

test("answers lost while delivering are asked for again; no file is uploaded twice", async (t) => {
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

test("an engine keeps its lease when renewals fail or are lost; progress never falls", async (t) => {
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
  test(`a lease that was ${what} is dropped: nothing is delivered, the next job is taken`, async (t) => {
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
    const called = gateway.calls.filter(({ leaseId }) => leaseId === first).map(({ route }) => route);
    assert.deepEqual([...new Set(called)].toSorted(), ["input", "renew"]);
    await until("an empty work directory", () => engine.working === 0);
    assert.deepEqual(await readdir(workDir), []);
  });
}

function holdForever(call: Call): Promise<undefined> | undefined {
  return call.route === "input" ? new Promise(() => {}) : undefined;
}

test("work that refuses its input fails with code and sentence, and delivers nothing", async (t) => {
  const { gateway, start } = await setUp(t);
  gateway.queue.push(sceneJob("job-1", Buffer.alloc(0)));
  await start();
  await until("the failure", () => gateway.failures.has("job-1"));
  assert.deepEqual(gateway.failures.get("job-1"), {
    code: "video_unreadable",
    message: "This file can't be read as a video.",
    retryable: false,
  });
  const delivered = ["outputs", "put", "complete"].map((route) => gateway.calledTimes(route));
  assert.deepEqual(delivered, [0, 0, 0]);
});

test("work that throws something else fails as retryable, and its message stays inside", async (t) => {
  const broken: Work = async () => {
    throw new TypeError("undefined is not a function");
  };
  const { gateway, start } = await setUp(t, { work: new Map([["scene", broken]]) });
  gateway.queue.push(sceneJob("job-1"));
  await start();
  await until("the failure", () => gateway.failures.has("job-1"));
  const { code, message, retryable } = gateway.failures.get("job-1") ?? {};
  assert.deepEqual([code, retryable], ["engine_trouble", true]);
  assert.doesNotMatch(String(message), /undefined/);
});

test("a kind that there is no work for is refused at the start", async () => {
  await assert.rejects(
    startEngine({
      client: new EngineClient("http://127.0.0.1:9", { current: async () => "", forget: () => {} }),
      engineId: "engine-1",
      work: new Map([["scene", capitals]]),
      kinds: ["scene", "sculpture"],
      workDir: directory,
      log: silentLogger,
    }),
    /sculpture/,
  );
});

test("an input that isn't what was promised fails as retryable and is not worked on", async (t) => {
  const { gateway, start } = await setUp(t);
  const damaged = Buffer.from(footage);
  const job = sceneJob("job-1", damaged);
  gateway.queue.push(job);
  gateway.bend = ({ route }) => {
    // After the lease has given the checksum.
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

test("files that a killed engine left are removed at the start; others stay", async (t) => {
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

test("an engine without work ends by itself when it is set to", async (t) => {
  const { gateway, start } = await setUp(t, { idleExitSeconds: 0.2 });
  gateway.queue.push(sceneJob("job-1"));
  const engine = await start();
  await engine.ended;
  assert.equal(gateway.results.size, 1);
  await assert.rejects(wake(engine.url));
});
