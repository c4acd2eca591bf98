import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { promisify } from "node:util";
import { Firestore } from "@google-cloud/firestore";
import { z } from "zod";
import { planCloud } from "./cloud/plan.ts";
import { withClient } from "./postgres/withClient.ts";
import { isFree, LOOPBACK } from "./processes/ports.ts";
import type { Run, Running } from "./processes/run.ts";
import { isRunning, processesOfRun } from "./processes/table.ts";
import { startTestCloud, testCloud, waitUntilReady } from "./testing/cloud.ts";
import { openTestRun } from "./testing/start.ts";

const START = join(import.meta.dirname, "start.ts");
const dir = mkdtempSync(join(tmpdir(), "reverie-start-"));
after(() => rmSync(dir, { recursive: true, force: true }));

/** Runs `npm start` with what can't succeed. */
async function fail(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ code: unknown; said: string }> {
  try {
    await promisify(execFile)(process.execPath, [START, ...args], { env: { ...process.env, ...env } });
    throw new Error("expected it to fail");
  } catch (error) {
    assert.ok(
      error instanceof Error && "code" in error && "stderr" in error && typeof error.stderr === "string",
    );
    return { code: error.code, said: error.stderr };
  }
}

test("a busy port is one clear line, and nothing is left running or written", async (t) => {
  const { ports } = planCloud({ portBase: 14_900, dataDir: dir, fresh: false, engine: true });
  const server = createServer().listen(ports.storage, LOOPBACK);
  t.after(() => server.close());
  const dataDir = join(dir, "busy");
  const { code, said } = await fail(["--port-base", "14900", "--data-dir", dataDir]);
  assert.equal(code, 1);
  assert.equal(
    said,
    `reverie: port ${ports.storage} (for storage) is in use; stop what listens there, or choose others with --port-base\n`,
  );
  assert.deepEqual(readdirSync(dataDir), []);
});

test("a missing Java is one clear line, and nothing is left running or written", async () => {
  const dataDir = join(dir, "java");
  const { code, said } = await fail(["--port-base", "14930", "--data-dir", dataDir], {
    PATH: dir,
    JAVA_HOME: "",
  });
  assert.equal(code, 1);
  assert.equal(
    said,
    "reverie: Java is missing: the Firestore and Pub/Sub emulators need Java 17 or newer on PATH\n",
  );
  assert.deepEqual(readdirSync(dataDir), []);
});

test("a stop during the start ends it, and its ports are free", async () => {
  const dataDir = join(dir, "early");
  const child = spawn(process.execPath, [START, "--port-base", "14960", "--data-dir", dataDir], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  child.stdout.once("data", () => child.kill("SIGTERM"));
  try {
    const [code] = await once(child, "exit", { signal: AbortSignal.timeout(60_000) });
    assert.equal(code, 1);
  } finally {
    child.kill("SIGKILL");
  }
  const { ports } = planCloud({ portBase: 14_960, dataDir, fresh: false, engine: true });
  await eventually(async () => (await Promise.all(Object.values(ports).map(isFree))).every(Boolean));
});

test("options that can't be are one clear line", async () => {
  assert.match(
    (await fail(["--port-base", "80"])).said,
    /^reverie: --port-base must be a number from 1024 to \d+\n$/,
  );
  assert.match((await fail(["--nothing"])).said, /^reverie: Unknown option '--nothing'.*\n$/);
});

test("killed parts come back with their data and ports, and the endpoints stay", async () => {
  const cloud = await testCloud();
  const before = cloud.pids();
  const signIn = async () => {
    const user = await fetch(`${cloud.identity}/users`, {
      method: "POST",
      body: JSON.stringify({ email: "stays@example.com" }),
    });
    const { idToken } = z.object({ idToken: z.string() }).parse(await user.json());
    const answer = await fetch(`${cloud.api}/v1/auth/sessions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ provider: "google", idToken }),
    });
    return answer.ok
      ? z.object({ user: z.object({ id: z.string() }) }).parse(await answer.json()).user.id
      : undefined;
  };
  const user = await signIn();
  assert.ok(user);
  for (const name of ["postgres", "tasks", "storage"]) process.kill(before[name] ?? 0, "SIGKILL");
  await eventually(() =>
    ["postgres", "tasks", "storage"].every((name) => ![undefined, before[name]].includes(cloud.pids()[name])),
  );
  assert.equal(cloud.pids().firebase, before.firebase);
  await eventually(async () => (await signIn()) === user);
});

test("a stop ends every process; the next start has Firestore's and Postgres' data", async () => {
  const { run, dir: own } = openTestRun();
  try {
    const first = await startTestCloud(run, own);
    await waitUntilReady(first.endpointsFile);
    const { postgres, firestore, projectId } = endpointsOf(first.endpointsFile);
    const mark = z
      .object({ id: z.string() })
      .parse(JSON.parse(readFileSync(join(dirname(first.endpointsFile), "run.json"), "utf8"))).id;
    assert.ok(processesOfRun(mark, []).length > 3);

    await withClient(postgres, (client) => client.query("CREATE TABLE kept AS SELECT 42 AS answer"));
    const database = new Firestore({ projectId, host: firestore, ssl: false });
    await database.doc("things/kept").set({ answer: 42 });
    await database.terminate();

    await stop(run, first.process);
    assert.deepEqual(processesOfRun(mark, []), []);
    assert.equal(existsSync(first.endpointsFile), false);

    const second = await startTestCloud(run, own);
    await waitUntilReady(second.endpointsFile);
    const now = endpointsOf(second.endpointsFile);
    const rows = await withClient(now.postgres, (client) =>
      client.query<{ answer: number }>("SELECT answer FROM kept"),
    );
    assert.deepEqual(rows.rows, [{ answer: 42 }]);
    const reopened = new Firestore({ projectId, host: now.firestore, ssl: false });
    assert.deepEqual((await reopened.doc("things/kept").get()).data(), { answer: 42 });
    await reopened.terminate();
    await stop(run, second.process);
  } finally {
    await run.stop();
  }
});

function endpointsOf(file: string) {
  return z
    .object({ postgres: z.string(), firestore: z.string(), projectId: z.string() })
    .parse(JSON.parse(readFileSync(file, "utf8")));
}

async function stop(run: Run, cloud: Running): Promise<void> {
  process.kill(cloud.pid, "SIGTERM");
  assert.equal(await run.waitForEnd(cloud), "exit code 0");
  assert.equal(isRunning(cloud), false);
}

async function eventually(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await condition())) {
    assert.ok(Date.now() < deadline, "waited until the deadline");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
