import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { EngineClient, GatewayRefusedError, type Lease } from "#engine/kit/client.ts";
import type { Work } from "#engine/kit/work.ts";
import { kinds } from "#shared/kinds/index.ts";
import { systemClock } from "#shared/platform/clock.ts";
import { hasCode } from "#shared/platform/errors.ts";
import { randomId } from "#shared/platform/ids.ts";
import { silentLogger } from "#shared/platform/log/logger.ts";
import { WORK } from "./deps.ts";
import { workInTask } from "./workInTask.ts";

/** A gateway in memory: jobs without inputs, which are completed, released or refused. */
class MemoryGateway extends EngineClient {
  readonly ends: string[] = [];
  asked = 0;
  readonly engines = new Set<string>();
  waiting: string[];
  refusal: Error | undefined;

  constructor(waiting: string[]) {
    super("http://gateway.example", { current: async () => "", forget: () => {} });
    this.waiting = waiting;
  }

  override async lease({
    engineId,
    leaseSeconds,
  }: {
    engineId: string;
    leaseSeconds: number;
  }): Promise<Lease[]> {
    if (this.refusal) throw this.refusal;
    this.asked += 1;
    this.engines.add(engineId);
    const id = this.waiting.shift();
    if (id === undefined) return [];
    return [
      {
        leaseId: id,
        expiresAt: new Date(Date.now() + leaseSeconds * 1000),
        traceparent: "",
        job: { id, kind: "session", title: "", params: {}, attempt: 1 },
        inputs: {},
      },
    ];
  }
  override async outputs() {
    return [];
  }
  override async complete(leaseId: string): Promise<void> {
    this.ends.push(`${leaseId} completed`);
  }
  override async release(leaseId: string): Promise<void> {
    this.ends.push(`${leaseId} released`);
  }
}

async function setUp(t: TestContext, waiting: string[], work: Work = async () => ({ files: [] })) {
  const workDir = await mkdtemp(join(tmpdir(), "workshop-test-"));
  t.after(() => rm(workDir, { recursive: true, force: true }));
  const client = new MemoryGateway(waiting);
  const time = new AbortController();
  const deps = {
    log: silentLogger,
    clock: systemClock,
    newId: randomId,
    client,
    work: new Map([["session", work]]),
    workDir,
    timeIsUp: () => time.signal,
  };
  return { client, deps, workDir, time };
}

test("a task works as its worker until no work waits, and leaves no files", async (t) => {
  const { client, deps, workDir } = await setUp(t, ["a", "b"]);
  assert.deepEqual(await workInTask({ worker: 3 }, deps), ["completed", "completed"]);
  assert.deepEqual(client.ends, ["a completed", "b completed"]);
  assert.deepEqual([client.asked, [...client.engines]], [3, ["workshop-3"]]);
  assert.deepEqual(await readdir(workDir), []);
});

test("when its time is up a task gives its job back and is tried again by its queue", async (t) => {
  const { client, deps, time } = await setUp(t, ["a", "b"], async ({ signal }) => {
    time.abort();
    signal.throwIfAborted();
    return { files: [] };
  });
  await assert.rejects(workInTask({ worker: 1 }, deps), (error) => hasCode(error, "unavailable"));
  assert.deepEqual(client.ends, ["a released"]);
  assert.deepEqual([client.asked, client.waiting], [1, ["b"]]);
});

test("without an answer of the gateway a task is tried again by its queue", async (t) => {
  const { client, deps } = await setUp(t, ["a"]);
  client.refusal = new GatewayRefusedError(403, "forbidden", "", undefined);
  await assert.rejects(workInTask({ worker: 1 }, deps), (error) => hasCode(error, "unavailable"));
  assert.deepEqual(client.ends, []);
});

test("there is work for exactly the kinds that say so", () => {
  const own = [...kinds.values()].filter(({ workshop }) => workshop).map(({ name }) => name);
  assert.deepEqual([...WORK.keys()], own);
});
