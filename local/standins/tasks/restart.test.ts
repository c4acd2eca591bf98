import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { status } from "@grpc/grpc-js";
import {
  eventually,
  inMs,
  openClient,
  openTasks,
  openWorker,
  queueConfig,
  queuePath,
  taskPath,
  temporaryDirectory,
} from "./harness.ts";
import type { QueueConfig } from "./queueSettings.ts";

interface Child {
  process: ChildProcess;
  port: number;
  kill(signal: NodeJS.Signals): Promise<void>;
}

/** The stand-in as a process of its own, ready. */
async function startChild(t: TestContext, config: object): Promise<Child> {
  const main = fileURLToPath(new URL("main.ts", import.meta.url));
  const child = spawn(process.execPath, [main], {
    env: { ...process.env, TASKS_CONFIG: JSON.stringify(config) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  t.after(() => child.kill("SIGKILL"));
  for await (const line of createInterface({ input: child.stdout })) {
    const { event, port } = JSON.parse(line) as { event: string; port: number }; // our own log line
    if (event !== "listening") continue;
    child.stdout.resume();
    const kill = async (signal: NodeJS.Signals) => {
      child.kill(signal);
      await exited;
    };
    return { process: child, port, kill };
  }
  throw new Error("the stand-in ended before it was ready");
}

/** Plays metadata server and IAM Credentials API. */
const openIdentity = (t: TestContext) =>
  openWorker(t, ({ path, headers, body }) => {
    if (path === "/computeMetadata/v1/instance/service-accounts/default/token")
      return headers["metadata-flavor"] === "Google"
        ? { body: '{"access_token":"access"}' }
        : { status: 403 };
    assert.equal(path, "/v1/projects/-/serviceAccounts/a@b.example:generateIdToken");
    assert.equal(headers.authorization, "Bearer access");
    const { audience, includeEmail } = JSON.parse(body) as { audience: string; includeEmail: boolean }; // our own request
    return { body: JSON.stringify({ token: `${audience} ${includeEmail}` }) };
  });

const childConfig = (dataDir: string, iamEndpoint: string, queues: QueueConfig[], port = 0) => ({
  port,
  dataDir,
  iamEndpoint,
  queues,
});

test("after a kill the next process sends what waited or ran, not what was done", async (t) => {
  const identity = await openIdentity(t);
  let hang = true;
  const worker = await openWorker(t, ({ path }) =>
    path === "/running" && hang ? { when: new Promise(() => {}) } : undefined,
  );
  const dataDir = temporaryDirectory(t);
  const config = childConfig(dataDir, identity.url, [queueConfig("q")]);
  const first = await startChild(t, config);
  const client = openClient(t, first.port);
  const put = (id: string, extra: object = {}) =>
    client.createTask({
      parent: queuePath("q"),
      task: {
        name: taskPath("q", id),
        httpRequest: {
          url: `${worker.url}/${id}`,
          oidcToken: { serviceAccountEmail: "a@b.example", audience: "us" },
        },
        ...extra,
      },
    });
  await put("done");
  await eventually("done", () =>
    client.getTask({ name: taskPath("q", "done") }).then(
      () => false,
      () => true,
    ),
  );
  await put("running");
  await eventually("running", () => worker.paths().includes("/running"));
  await put("due", { scheduleTime: inMs(1500) });
  await put("future", { scheduleTime: inMs(3_600_000) });
  await first.kill("SIGKILL");
  await assert.rejects(client.getTask({ name: taskPath("q", "future") }, { timeout: 300, retry: null }));
  hang = false;

  const second = await startChild(t, { ...config, port: first.port });
  await eventually("all that is due", () => worker.received.length === 4);
  assert.deepEqual(worker.paths().sort(), ["/done", "/due", "/running", "/running"]);
  const again = worker.received.filter(({ path }) => path === "/running")[1];
  assert.equal(again?.headers["x-cloudtasks-taskretrycount"], "1");
  assert.ok(worker.received.every(({ headers }) => headers.authorization === "Bearer us true"));
  // The same client finds the same server again, with names still taken.
  const [future] = await client.getTask({ name: taskPath("q", "future") });
  assert.equal(future.dispatchCount, 0);
  await assert.rejects(put("done"), { code: status.ALREADY_EXISTS });
  await second.kill("SIGTERM");
  assert.equal(second.process.exitCode, 0);
});

test("killed while tasks pour in: every task that was acknowledged arrives", async (t) => {
  const identity = await openIdentity(t);
  const worker = await openWorker(t);
  const dataDir = temporaryDirectory(t);
  const config = childConfig(dataDir, identity.url, [queueConfig("q")]);
  const first = await startChild(t, config);
  const client = openClient(t, first.port);
  const acknowledged: string[] = [];
  const pouring = Array.from({ length: 200 }, async (_, n) => {
    const httpRequest = { url: `${worker.url}/${n}` };
    const request = { parent: queuePath("q"), task: { httpRequest, scheduleTime: inMs(n * 5) } };
    await client.createTask(request, { timeout: 120_000, retry: null }).then(
      () => acknowledged.push(`/${n}`),
      () => {},
    );
  });
  await eventually("some", () => acknowledged.length > 20);
  await first.kill("SIGKILL");
  await Promise.all(pouring);
  await startChild(t, config);
  await eventually("all acknowledged", () => {
    const arrived = new Set(worker.paths());
    return acknowledged.every((path) => arrived.has(path));
  });
});

test("frozen past a task's time: it is sent when the process goes on", async (t) => {
  const identity = await openIdentity(t);
  const worker = await openWorker(t);
  const child = await startChild(t, childConfig(temporaryDirectory(t), identity.url, [queueConfig("q")]));
  const client = openClient(t, child.port);
  const scheduleTime = inMs(1500);
  const due = scheduleTime.seconds * 1000 + scheduleTime.nanos / 1e6;
  await client.createTask({
    parent: queuePath("q"),
    task: { httpRequest: { url: worker.url }, scheduleTime },
  });
  child.process.kill("SIGSTOP");
  await eventually("its time is over", () => Date.now() > due + 200);
  assert.equal(worker.received.length, 0);
  child.process.kill("SIGCONT");
  await eventually("sent", () => worker.received.length === 1);
});

test("a closed stand-in goes on with what waits, with the settings of the new start", async (t) => {
  const worker = await openWorker(t, (_, { received }) => ({ status: received.length < 3 ? 500 : 200 }));
  const slow = { minBackoffSeconds: 3600, maxBackoffSeconds: 3600 };
  const first = await openTasks(t, [queueConfig("q", { retryConfig: slow })]);
  const name = await first.put("q", worker.url, { scheduleTime: inMs(300) });
  await first.close();
  const quick = { minBackoffSeconds: 0.01, maxBackoffSeconds: 0.01 };
  const second = await openTasks(t, [queueConfig("q", { retryConfig: quick })], { dataDir: first.dataDir });
  await eventually("done", () => second.isGone(name));
  assert.equal(worker.received.length, 3);
});

test("closing doesn't wait for a silent worker, and its task is sent again", async (t) => {
  const worker = await openWorker(t, (_, { received }) =>
    received.length === 1 ? { when: new Promise(() => {}) } : undefined,
  );
  const queues = [queueConfig("q")];
  const first = await openTasks(t, queues);
  const name = await first.put("q", worker.url);
  await eventually("under way", () => worker.received.length === 1);
  await first.close();
  const second = await openTasks(t, queues, { dataDir: first.dataDir });
  await eventually("done", () => second.isGone(name));
  assert.equal(worker.received.length, 2);
});

test("a directory in use and settings out of range are refused; the other runs on", async (t) => {
  const { put, dataDir } = await openTasks(t, [queueConfig("q")]);
  await assert.rejects(openTasks(t, [], { dataDir }), /in use by another process/);
  await assert.rejects(openTasks(t, [queueConfig("q", { retryConfig: { maxAttempts: 0 } })]), /max_attempts/);
  await put("q", "http://127.0.0.1:9/", { scheduleTime: inMs(3_600_000) });
});

test("a process waits as many seconds between attempts as its configuration says", async (t) => {
  const identity = await openIdentity(t);
  const worker = await openWorker(t, () => ({ status: 500 }));
  const retryConfig = { minBackoffSeconds: 0.2, maxBackoffSeconds: 3600, maxDoublings: 1 };
  const queues = [queueConfig("q", { retryConfig })];
  const child = await startChild(t, childConfig(temporaryDirectory(t), identity.url, queues));
  const client = openClient(t, child.port);
  const httpRequest = { url: worker.url };
  const [{ name }] = await client.createTask({ parent: queuePath("q"), task: { httpRequest } });
  for (const [failures, seconds] of [
    [1, 0.2],
    [2, 0.4],
    [3, 0.8],
  ] as const) {
    const waited = await eventually(`failure ${failures}`, async () => {
      const [{ responseCount, scheduleTime, lastAttempt }] = await client.getTask({ name: name ?? "" });
      return responseCount === failures && inSeconds(scheduleTime) - inSeconds(lastAttempt?.responseTime);
    });
    assert.ok(Math.abs(waited - seconds) < 0.001, `${waited} s after failure ${failures}`);
  }
});

function inSeconds(time: { seconds?: unknown; nanos?: number | null } | null | undefined): number {
  return Number(time?.seconds) + (time?.nanos ?? 0) / 1e9;
}

test("the process ends with the one that started it", async (t) => {
  const main = fileURLToPath(new URL("main.ts", import.meta.url));
  const config = childConfig(temporaryDirectory(t), "http://127.0.0.1:1", []);
  const child = spawn(process.execPath, [main, JSON.stringify(config)], {
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  t.after(() => child.kill("SIGKILL"));
  const exited = once(child, "exit");
  await new Promise((resolve) => child.stdout?.once("data", resolve));
  child.disconnect();
  assert.deepEqual(await exited, [0, null]);
});

test("a wrong configuration ends the process with one line that says what is wrong", async () => {
  const main = fileURLToPath(new URL("main.ts", import.meta.url));
  const child = spawn(process.execPath, [main, '{"port": "no"}'], { stdio: ["ignore", "ignore", "pipe"] });
  const said = Buffer.concat(await child.stderr.toArray()).toString();
  assert.equal(child.exitCode ?? (await once(child, "exit"))[0], 1);
  assert.match(said, /^The Cloud Tasks stand-in can't start: .*port/s);
});
