import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import { systemClock } from "#shared/platform/clock.ts";
import { silentLogger } from "#shared/platform/log/logger.ts";
import { EngineClient, GatewayRefusedError } from "./client.ts";
import { serviceAccountTokens } from "./idToken.ts";
import type { LeaseOptions } from "./leaseOptions.ts";
import { TestGateway } from "./testing/gateway.ts";
import { type Work, WorkError } from "./work.ts";
import { workUntilNoneWaits } from "./workUntilNoneWaits.ts";

let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), "work-test-"));
});
after(() => rm(directory, { recursive: true, force: true }));

const note: Work = async ({ params, outDir }) => {
  if (params.broken) throw new WorkError("note_broken", "This note is broken.");
  const path = join(outDir, "note.txt");
  await writeFile(path, "done");
  return { files: [{ name: "note.txt", contentType: "text/plain", path, size: 4 }] };
};

async function setUp(t: TestContext, overrides: Partial<LeaseOptions> = {}) {
  const home = await mkdtemp(join(directory, "case-"));
  const gateway = await TestGateway.start(home);
  t.after(() => gateway[Symbol.asyncDispose]());
  const workDir = await mkdtemp(join(home, "work-"));
  const tokens = serviceAccountTokens({ ...gateway, audience: gateway.url, clock: systemClock });
  const options: LeaseOptions = {
    client: new EngineClient(gateway.url, tokens),
    engineId: "workshop",
    work: new Map([["note", note]]),
    workDir,
    log: silentLogger,
    ...overrides,
  };
  const add = (id: string, params = {}) => gateway.queue.push({ id, kind: "note", params, inputs: {} });
  return { gateway, options, workDir, add };
}

test("all that waits is done, failures included, and it ends when no work waits", async (t) => {
  const { gateway, options, workDir, add } = await setUp(t);
  add("job-1");
  add("job-2", { broken: true });
  add("job-3");
  assert.deepEqual(await workUntilNoneWaits(options), ["completed", "failed", "completed"]);
  assert.deepEqual([...gateway.results.keys()], ["job-1", "job-3"]);
  assert.equal(gateway.failures.get("job-2")?.code, "note_broken");
  assert.equal(gateway.calledTimes("leases"), 4);
  assert.deepEqual(await readdir(workDir), []);
});

test("without work it asks once and ends", async (t) => {
  const { gateway, options } = await setUp(t);
  assert.deepEqual(await workUntilNoneWaits(options), []);
  assert.deepEqual(
    gateway.calls.map(({ route }) => route),
    ["leases"],
  );
});

test("no more leases are taken than it may; the rest keeps waiting", async (t) => {
  const { gateway, options, add } = await setUp(t);
  add("job-1");
  add("job-2");
  assert.deepEqual(await workUntilNoneWaits(options, { most: 1 }), ["completed"]);
  assert.equal(gateway.calledTimes("leases"), 1);
  assert.deepEqual(
    gateway.queue.map(({ id }) => id),
    ["job-2"],
  );
});

test("a lease is renewed while its work goes on", async (t) => {
  const renewed = Promise.withResolvers<void>();
  const { gateway, options, add } = await setUp(t, {
    leaseSeconds: 0.3,
    work: new Map([["note", async (task) => renewed.promise.then(() => note(task))]]),
  });
  gateway.bend = () => {
    if (gateway.calledTimes("renew") >= 2) renewed.resolve();
    return undefined;
  };
  add("job-1");
  assert.deepEqual(await workUntilNoneWaits(options), ["completed"]);
});

test("when it must stop, what it holds is released, not failed, and no more is leased", async (t) => {
  const stopping = new AbortController();
  const halted: Work = ({ signal }) => {
    stopping.abort(new Error("time is up"));
    return Promise.reject(signal.reason);
  };
  const { gateway, options, add } = await setUp(t, { work: new Map([["note", halted]]) });
  add("job-1");
  add("job-2");
  assert.deepEqual(await workUntilNoneWaits(options, { stopping: stopping.signal }), ["released"]);
  assert.deepEqual(
    gateway.queue.map(({ id }) => id),
    ["job-1", "job-2"],
  );
  assert.equal(gateway.failures.size, 0);
});

test("a refused request for leases is the caller's to know, and nothing is worked on", async (t) => {
  const { gateway, options, add } = await setUp(t);
  gateway.bend = () => ({ status: 403, body: { code: "forbidden" } });
  add("job-1");
  await assert.rejects(workUntilNoneWaits(options), GatewayRefusedError);
  assert.equal(gateway.queue.length, 1);
});
