import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";
import { eventually, inMs, openTasks, openWorker, queueConfig, queuePath, taskPath } from "./harness.ts";

const QUICK = { minBackoffSeconds: 0.02, maxBackoffSeconds: 0.08, maxDoublings: 1 };

test("a task arrives as it was put in, with Cloud Tasks' headers over its own", async (t) => {
  const worker = await openWorker(t);
  const { client, isGone } = await openTasks(t, [queueConfig("q")]);
  const url = `${worker.url}/work?of=1`;
  const name = taskPath("q", "one_1");
  const [created] = await client.createTask({
    parent: queuePath("q"),
    task: {
      name,
      httpRequest: {
        url,
        httpMethod: "PUT",
        headers: {
          "Content-Type": "text/plain",
          "X-Mine": "yes",
          "User-Agent": "me",
          Host: "elsewhere",
          Authorization: "Basic mine",
          "X-CloudTasks-QueueName": "another",
        },
        body: Buffer.from("할머니").toString("base64"),
        oidcToken: { serviceAccountEmail: "caller@reverie-test.iam.gserviceaccount.com" },
      },
    },
  });
  assert.equal(created.name, name);
  assert.equal(created.view, "BASIC");
  assert.equal(created.httpRequest?.body?.length, 0);

  await eventually("done", () => isGone(name));
  const [request, ...others] = worker.received;
  assert.deepEqual(others, []);
  assert.equal(request?.method, "PUT");
  assert.equal(request?.path, "/work?of=1");
  assert.equal(request?.body, "할머니");
  const { host, ...headers } = request?.headers ?? {};
  assert.equal(`http://${host}`, worker.url);
  const eta = `${created.scheduleTime?.seconds}.${String((created.scheduleTime?.nanos ?? 0) / 1000).padStart(6, "0")}`;
  assert.deepEqual(headers, {
    "content-type": "text/plain",
    "x-mine": "yes",
    authorization: `Bearer caller@reverie-test.iam.gserviceaccount.com for ${url}`,
    "user-agent": "Google-Cloud-Tasks",
    "content-length": "9",
    "x-cloudtasks-queuename": "q",
    "x-cloudtasks-taskname": "one_1",
    "x-cloudtasks-taskretrycount": "0",
    "x-cloudtasks-taskexecutioncount": "0",
    "x-cloudtasks-tasketa": eta,
    connection: "close",
  });
});

test("the token has the task's audience; without OIDC a task keeps its Authorization", async (t) => {
  const worker = await openWorker(t);
  const { put } = await openTasks(t, [queueConfig("q")]);
  const oidcToken = { serviceAccountEmail: "a@b.example", audience: "https://dispatch.example" };
  await put("q", "", { httpRequest: { url: `${worker.url}/oidc`, oidcToken } });
  await put("q", "", { httpRequest: { url: `${worker.url}/own`, headers: { authorization: "Basic own" } } });
  await eventually("both", () => worker.received.length === 2);
  const sent = Object.fromEntries(worker.received.map((one) => [one.path, one.headers.authorization]));
  assert.deepEqual(sent, { "/oidc": "Bearer a@b.example for https://dispatch.example", "/own": "Basic own" });
});

test("tasks run in the order of their schedule, to the millisecond, and none early", async (t) => {
  const beganAt = Date.now();
  let passed = 0;
  const runs: string[] = [];
  const worker = await openWorker(t, ({ path }) => {
    runs.push(`${path} at ${passed}`);
    return undefined;
  });
  // One at a time, so that the order of sending is the order of arriving.
  const { put, client, isGone } = await openTasks(
    t,
    [queueConfig("q", { rateLimits: { maxConcurrentDispatches: 1 } })],
    { clock: () => new Date(beganAt + passed) },
  );
  const at = (ms: number) => ({
    seconds: Math.floor((beganAt + ms) / 1000),
    nanos: ((beganAt + ms) % 1000) * 1e6,
  });
  for (const ms of [41, 42, -5000, 40])
    await put("q", `${worker.url}/${ms}`, { name: taskPath("q", `at_${ms}`), scheduleTime: at(ms) });
  await eventually("the past one is sent", () => isGone(taskPath("q", "at_-5000")));
  for (passed of [39, 40, 41, 100]) {
    // A task that is due now: when it is gone, all that was due has been sent before it.
    const last = await put("q", `${worker.url}/now`, { scheduleTime: at(passed) });
    await eventually("sent", () => isGone(last));
  }
  assert.deepEqual(
    runs.filter((run) => !run.startsWith("/now")),
    ["/-5000 at 0", "/40 at 40", "/41 at 41", "/42 at 100"],
  );
  await assert.rejects(client.getTask({ name: taskPath("q", "at_42") }), { code: 5 });
});

test("a past schedule time is set to now", async (t) => {
  const worker = await openWorker(t);
  const { client } = await openTasks(t, [queueConfig("q")]);
  const before = Math.floor(Date.now() / 1000);
  const [task] = await client.createTask({
    parent: queuePath("q"),
    task: { httpRequest: { url: worker.url }, scheduleTime: { seconds: 1000 } },
  });
  assert.ok(Number(task.scheduleTime?.seconds) >= before);
});

test("a failing task is tried again after growing pauses, until its first 2xx", async (t) => {
  const statuses = [500, 404, 302, 204];
  const worker = await openWorker(t, (_, { received }) => ({ status: statuses[received.length - 1] ?? 200 }));
  const { put, isGone } = await openTasks(t, [queueConfig("q", { retryConfig: QUICK })]);
  const name = await put("q", worker.url);
  await eventually("done", () => isGone(name));
  const seen = worker.received.map(({ headers }) => [
    headers["x-cloudtasks-taskretrycount"],
    headers["x-cloudtasks-taskexecutioncount"],
    headers["x-cloudtasks-taskpreviousresponse"],
  ]);
  assert.deepEqual(seen, [
    ["0", "0", undefined],
    ["1", "0", "500"], // a 5xx is no execution
    ["2", "1", "404"],
    ["3", "2", "302"],
  ]);
  const pauses = worker.received.slice(1).map((one, i) => one.at - (worker.received[i]?.at ?? 0));
  for (const [i, least] of [20, 40, 80].entries())
    assert.ok((pauses[i] ?? 0) >= least, `pause ${i}: ${pauses[i]}`);
});

test("a task that used up its attempts is dropped; the next one isn't touched by it", async (t) => {
  const worker = await openWorker(t, ({ path }) => ({ status: path === "/bad" ? 500 : 200 }));
  const { put, isGone } = await openTasks(t, [
    queueConfig("q", { retryConfig: { ...QUICK, maxAttempts: 3 } }),
  ]);
  const bad = await put("q", `${worker.url}/bad`);
  await eventually("dropped", () => isGone(bad));
  const good = await put("q", `${worker.url}/good`);
  await eventually("done", () => isGone(good));
  assert.deepEqual(worker.paths(), ["/bad", "/bad", "/bad", "/good"]);
});

test("a task with unlimited attempts is dropped when its retry duration is over", async (t) => {
  const worker = await openWorker(t, () => ({ status: 500 }));
  const retryConfig = { ...QUICK, maxAttempts: -1, maxRetrySeconds: 0.2 };
  const { put, isGone } = await openTasks(t, [queueConfig("q", { retryConfig })]);
  const start = Date.now();
  const name = await put("q", worker.url);
  await eventually("dropped", () => isGone(name));
  assert.ok(Date.now() - start >= 200);
  assert.ok(worker.received.length >= 2);
});

test("the last attempt is shown with its code while the task waits", async (t) => {
  const worker = await openWorker(t, () => ({ status: 404 }));
  const { client, put } = await openTasks(t, [queueConfig("q", { retryConfig: { minBackoffSeconds: 60 } })]);
  const name = await put("q", worker.url);
  const task = await eventually("answered", async () => {
    const [shown] = await client.getTask({ name });
    return shown.responseCount === 1 && shown;
  });
  assert.equal(task.dispatchCount, 1);
  assert.deepEqual(task.lastAttempt?.responseStatus, {
    details: [],
    code: 5,
    message: "NOT_FOUND(5): HTTP status code 404",
  });
  const waits = Number(task.scheduleTime?.seconds) - Number(task.lastAttempt?.responseTime?.seconds);
  assert.ok(waits >= 59 && waits <= 61, String(waits));
});

test("without an answer by the deadline the attempt ends and the task is tried again", async (t) => {
  const worker = await openWorker(t, (_, { received }) =>
    received.length === 1 ? { when: new Promise(() => {}) } : undefined,
  );
  const queue = queueConfig("q", { retryConfig: QUICK, rateLimits: { maxConcurrentDispatches: 1 } });
  const { put, isGone } = await openTasks(t, [queue], { minDispatchDeadlineMs: 1 });
  const start = Date.now();
  const name = await put("q", worker.url, { dispatchDeadline: { seconds: 0, nanos: 400e6 } });
  await eventually("done", () => isGone(name));
  const [, second] = worker.received;
  assert.equal(second?.headers["x-cloudtasks-taskretrycount"], "1");
  assert.equal(second?.headers["x-cloudtasks-taskpreviousresponse"], undefined);
  assert.ok((second?.at ?? 0) - start >= 400);
});

test("a worker that isn't there yet gets the task when it is", async (t) => {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  await new Promise((resolve) => probe.close(resolve));

  const { client, put, isGone } = await openTasks(t, [queueConfig("q", { retryConfig: QUICK })]);
  const name = await put("q", `http://127.0.0.1:${port}/late`);
  const waiting = await eventually("refused once", async () => {
    const [task] = await client.getTask({ name });
    return (task.dispatchCount ?? 0) > 1 && task;
  });
  assert.equal(waiting.responseCount, 0);
  const late = createServer((_, response) => response.end()).listen(port, "127.0.0.1");
  t.after(() => late.close());
  await eventually("done", () => isGone(name));
});

test("an attempt without a token fails, and nothing reaches the worker", async (t) => {
  const worker = await openWorker(t);
  let asked = 0;
  const mintIdToken = async () => {
    asked += 1;
    if (asked < 3) throw new Error("identity is away");
    return "good";
  };
  const { put, isGone } = await openTasks(t, [queueConfig("q", { retryConfig: QUICK })], { mintIdToken });
  const oidcToken = { serviceAccountEmail: "a@b.example" };
  const name = await put("q", "", { httpRequest: { url: worker.url, oidcToken } });
  await eventually("done", () => isGone(name));
  assert.equal(worker.received.length, 1);
  assert.equal(worker.received[0]?.headers.authorization, "Bearer good");
  assert.equal(worker.received[0]?.headers["x-cloudtasks-taskretrycount"], "2");
});

test("deletion before dispatch: it never goes; its neighbours do", async (t) => {
  const worker = await openWorker(t);
  const { client, put, isGone } = await openTasks(t, [queueConfig("q")]);
  const deleted = await put("q", `${worker.url}/deleted`, { scheduleTime: inMs(1000) });
  const kept = await put("q", `${worker.url}/kept`, { scheduleTime: inMs(1100) });
  await client.deleteTask({ name: deleted });
  await eventually("kept done", () => isGone(kept));
  assert.deepEqual(worker.paths(), ["/kept"]);
});

test("deletion while it runs: its failure is not tried again", async (t) => {
  let answer = () => {};
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const worker = await openWorker(t, ({ path }) =>
    path === "/slow" ? { status: 500, when: answered } : undefined,
  );
  const { client, put, isGone } = await openTasks(t, [queueConfig("q", { retryConfig: QUICK })]);
  const name = await put("q", `${worker.url}/slow`);
  await eventually("under way", () => worker.received.length === 1);
  await client.deleteTask({ name });
  answer();
  const later = await put("q", `${worker.url}/later`, { scheduleTime: inMs(200) });
  await eventually("later done", () => isGone(later));
  assert.deepEqual(worker.paths(), ["/slow", "/later"]);
});
