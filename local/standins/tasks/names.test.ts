import assert from "node:assert/strict";
import { test } from "node:test";
import { status } from "@grpc/grpc-js";
import { eventually, inMs, openTasks, openWorker, queueConfig, taskPath } from "./harness.ts";

const ALREADY_EXISTS = { code: status.ALREADY_EXISTS };
const NOT_FOUND = { code: status.NOT_FOUND };

test("a name is taken while its task waits; of many who ask at once one gets it", async (t) => {
  const worker = await openWorker(t);
  const { put } = await openTasks(t, [queueConfig("q"), queueConfig("other")]);
  const one = { name: taskPath("q", "same"), scheduleTime: inMs(3_600_000) };
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => put("q", worker.url, one)));
  assert.equal(results.filter((result) => result.status === "fulfilled").length, 1);
  await assert.rejects(put("q", worker.url, one), ALREADY_EXISTS);
  await put("other", worker.url, { ...one, name: taskPath("other", "same") });
});

test("a name stays taken for its time after the task is done, deleted or dropped", async (t) => {
  const worker = await openWorker(t, ({ path }) => ({ status: path === "/bad" ? 500 : 200 }));
  let ahead = 0;
  const clock = () => new Date(Date.now() + ahead);
  const { client, put, isGone } = await openTasks(
    t,
    [queueConfig("q", { retryConfig: { maxAttempts: 1 } })],
    {
      clock,
    },
  );
  const [done, dropped, deleted] = ["done", "dropped", "deleted"].map((id) => taskPath("q", id));
  const later = { scheduleTime: inMs(86_400_000) };
  await put("q", worker.url, { name: done });
  await put("q", `${worker.url}/bad`, { name: dropped });
  await put("q", worker.url, { name: deleted, ...later });
  await client.deleteTask({ name: deleted ?? "" });
  await eventually("done", () => isGone(done ?? ""));
  await eventually("dropped", () => isGone(dropped ?? ""));

  const all = [done, dropped, deleted];
  for (const name of all)
    await assert.rejects(put("q", worker.url, { name, ...later }), ALREADY_EXISTS, name);
  ahead = 9 * 86_400_000 - 10_000;
  for (const name of all)
    await assert.rejects(put("q", worker.url, { name, ...later }), ALREADY_EXISTS, name);
  ahead = 9 * 86_400_000 + 60_000;
  for (const name of all) assert.equal(await put("q", worker.url, { name, ...later }), name);
});

test("without a name each task gets one of its own", async (t) => {
  const worker = await openWorker(t);
  const { put } = await openTasks(t, [queueConfig("q")]);
  const names = await Promise.all(Array.from({ length: 50 }, () => put("q", worker.url)));
  assert.equal(new Set(names).size, 50);
  for (const name of names)
    assert.match(name, /^projects\/reverie-test\/locations\/here\/queues\/q\/tasks\/\d{20}$/);
});

test("what is done or was never there is not found, by get and delete alike", async (t) => {
  const worker = await openWorker(t);
  const { client, put, isGone } = await openTasks(t, [queueConfig("q")]);
  const done = await put("q", worker.url);
  await eventually("done", () => isGone(done));
  for (const name of [done, taskPath("q", "never"), taskPath("nowhere", "never")]) {
    await assert.rejects(client.getTask({ name }), NOT_FOUND);
    await assert.rejects(client.deleteTask({ name }), NOT_FOUND);
  }
  await assert.rejects(put("nowhere", worker.url), NOT_FOUND);
  assert.equal(worker.received.length, 1);
});
