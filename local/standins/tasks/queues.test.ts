import assert from "node:assert/strict";
import { test } from "node:test";
import { status } from "@grpc/grpc-js";
import { eventually, inMs, LOCATION, openTasks, openWorker, queueConfig, queuePath } from "./harness.ts";

test("a queue is made with Cloud Tasks' defaults, found, listed and refused a second time", async (t) => {
  const { client } = await openTasks(t, [queueConfig("configured", { rateLimits: { maxBurstSize: 7 } })]);
  const [made] = await client.createQueue({ parent: LOCATION, queue: { name: queuePath("made") } });
  assert.deepEqual(made.rateLimits, {
    maxDispatchesPerSecond: 500,
    maxBurstSize: 100,
    maxConcurrentDispatches: 1000,
  });
  assert.deepEqual(made.retryConfig, {
    maxAttempts: 100,
    maxRetryDuration: { seconds: "0", nanos: 0 },
    minBackoff: { seconds: "0", nanos: 100_000_000 },
    maxBackoff: { seconds: "3600", nanos: 0 },
    maxDoublings: 16,
  });
  assert.equal(made.state, "RUNNING");
  assert.deepEqual((await client.getQueue({ name: queuePath("made") }))[0], made);
  const [queues] = await client.listQueues({ parent: LOCATION });
  assert.deepEqual(
    queues.map(({ name, rateLimits }) => [name, rateLimits?.maxBurstSize]),
    [
      [queuePath("configured"), 7],
      [queuePath("made"), 100],
    ],
  );
  assert.deepEqual((await client.listQueues({ parent: "projects/other/locations/here" }))[0], []);
  await assert.rejects(client.createQueue({ parent: LOCATION, queue: { name: queuePath("made") } }), {
    code: status.ALREADY_EXISTS,
  });
});

test("an update changes what its mask names and nothing else", async (t) => {
  const { client } = await openTasks(t, [
    queueConfig("q", { retryConfig: { maxAttempts: 9, maxBackoff: "7s" } }),
  ]);
  const [updated] = await client.updateQueue({
    queue: {
      name: queuePath("q"),
      rateLimits: { maxDispatchesPerSecond: 5, maxConcurrentDispatches: 3 },
      retryConfig: { maxAttempts: 4, maxDoublings: 0 },
    },
    updateMask: { paths: ["rate_limits.max_dispatches_per_second", "retry_config.max_doublings"] },
  });
  assert.deepEqual(updated.rateLimits, {
    maxDispatchesPerSecond: 5,
    maxBurstSize: 10,
    maxConcurrentDispatches: 1000,
  });
  assert.equal(updated.retryConfig?.maxAttempts, 9);
  assert.equal(updated.retryConfig?.maxDoublings, 0);
  assert.equal(updated.retryConfig?.maxBackoff?.seconds, "7");
  const [whole] = await client.updateQueue({
    queue: { name: queuePath("q"), retryConfig: { maxAttempts: -1 } },
    updateMask: { paths: ["retryConfig"] },
  });
  assert.equal(whole.retryConfig?.maxAttempts, -1);
  assert.equal(whole.retryConfig?.maxBackoff?.seconds, "3600");
  assert.equal(whole.rateLimits?.maxDispatchesPerSecond, 5);
});

test("updating a queue that isn't there makes it", async (t) => {
  const { client } = await openTasks(t, []);
  await client.updateQueue({ queue: { name: queuePath("new"), retryConfig: { maxAttempts: 2 } } });
  assert.equal((await client.getQueue({ name: queuePath("new") }))[0].retryConfig?.maxAttempts, 2);
});

test("a paused queue takes tasks and sends none until it is resumed; others go on", async (t) => {
  const worker = await openWorker(t);
  const { client, put, isGone } = await openTasks(t, [queueConfig("q"), queueConfig("other")]);
  const [paused] = await client.pauseQueue({ name: queuePath("q") });
  assert.equal(paused.state, "PAUSED");
  const held = await put("q", `${worker.url}/held`);
  const other = await put("other", `${worker.url}/other`);
  await eventually("other", () => isGone(other));
  assert.deepEqual(worker.paths(), ["/other"]);
  const [resumed] = await client.resumeQueue({ name: queuePath("q") });
  assert.equal(resumed.state, "RUNNING");
  await eventually("held", () => isGone(held));
});

test("a purge takes all tasks of its queue and none of another", async (t) => {
  const worker = await openWorker(t);
  const { client, put } = await openTasks(t, [queueConfig("q"), queueConfig("other")]);
  const scheduleTime = inMs(3_600_000);
  for (const queue of ["q", "q", "other"]) await put(queue, worker.url, { scheduleTime });
  const [purged] = await client.purgeQueue({ name: queuePath("q") });
  assert.ok(Number(purged.purgeTime?.seconds) > 0);
  assert.equal((await client.listTasks({ parent: queuePath("q") }))[0].length, 0);
  assert.equal((await client.listTasks({ parent: queuePath("other") }))[0].length, 1);
});

test("a deleted queue is gone with its tasks, and its name can't be used again soon", async (t) => {
  const worker = await openWorker(t);
  const { client, put, isGone } = await openTasks(t, [queueConfig("q"), queueConfig("other")]);
  const name = await put("q", `${worker.url}/gone`, { scheduleTime: inMs(300) });
  await client.deleteQueue({ name: queuePath("q") });
  assert.equal(await isGone(name), true);
  await assert.rejects(client.getQueue({ name: queuePath("q") }), { code: status.NOT_FOUND });
  await assert.rejects(put("q", worker.url), { code: status.NOT_FOUND });
  await assert.rejects(client.createQueue({ parent: LOCATION, queue: { name: queuePath("q") } }), {
    code: status.FAILED_PRECONDITION,
  });
  const other = await put("other", `${worker.url}/other`, { scheduleTime: inMs(500) });
  await eventually("other", () => isGone(other));
  assert.deepEqual(worker.paths(), ["/other"]);
});

test("tasks are listed by pages, all of them once, bodies only in the full view", async (t) => {
  const worker = await openWorker(t);
  const { client, put } = await openTasks(t, [queueConfig("q"), queueConfig("other")]);
  const scheduleTime = inMs(3_600_000);
  const httpRequest = { url: worker.url, body: Buffer.from("secret").toString("base64") };
  const names: string[] = [];
  for (let i = 0; i < 7; i++) names.push(await put("q", "", { httpRequest, scheduleTime }));
  await put("other", worker.url, { scheduleTime });

  const first = await client.listTasks({ parent: queuePath("q"), pageSize: 3 }, { autoPaginate: false });
  assert.equal(first[0].length, 3);
  const [all] = await client.listTasks({ parent: queuePath("q"), pageSize: 3 });
  assert.deepEqual(
    all.map(({ name }) => name),
    names,
  );
  assert.ok(all.every((task) => task.httpRequest?.body?.length === 0 && task.view === "BASIC"));
  const [full] = await client.listTasks({ parent: queuePath("q"), responseView: "FULL" });
  assert.ok(full.every((task) => Buffer.from(task.httpRequest?.body ?? "").toString() === "secret"));
  const foreign = first[2]?.nextPageToken ?? "";
  await assert.rejects(
    client.listTasks({ parent: queuePath("other"), pageToken: foreign }, { autoPaginate: false }),
    { code: status.INVALID_ARGUMENT },
  );
});

test("a list of large tasks comes in pages a client can take", async (t) => {
  const worker = await openWorker(t);
  const { client, put } = await openTasks(t, [queueConfig("q")]);
  const httpRequest = { url: worker.url, body: Buffer.alloc(900_000).toString("base64") };
  for (let i = 0; i < 6; i++) await put("q", "", { httpRequest, scheduleTime: inMs(3_600_000) });
  const request = { parent: queuePath("q"), responseView: "FULL" as const };
  const [page] = await client.listTasks(request, { autoPaginate: false });
  assert.ok(page.length < 6);
  assert.equal((await client.listTasks(request))[0].length, 6);
});
