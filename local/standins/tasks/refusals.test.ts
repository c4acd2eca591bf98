import assert from "node:assert/strict";
import { test } from "node:test";
import { status } from "@grpc/grpc-js";
import { inMs, LOCATION, openTasks, openWorker, queueConfig, queuePath, taskPath } from "./harness.ts";
import { TaskStore } from "./store.ts";

const INVALID = { code: status.INVALID_ARGUMENT };

test("a task that can't be is refused with the reason, and leaves nothing behind", async (t) => {
  const worker = await openWorker(t);
  const { client, close, dataDir } = await openTasks(t, [queueConfig("q")]);
  const parent = queuePath("q");
  const url = worker.url;
  const oidcToken = { serviceAccountEmail: "a@b.example" };
  const rubbish: [string, object, RegExp][] = [
    ["no target", {}, /http_request is required/],
    ["no URL", { httpRequest: {} }, /url must be/],
    ["a relative URL", { httpRequest: { url: "/work" } }, /url must be/],
    ["another scheme", { httpRequest: { url: "file:///etc/passwd" } }, /url must be/],
    ["no host", { httpRequest: { url: "http://" } }, /url must be/],
    ["a URL too long", { httpRequest: { url: `${url}/${"a".repeat(2083)}` } }, /2083/],
    [
      "a body with GET",
      { httpRequest: { url, httpMethod: "GET", body: "aGk=" } },
      /body must be empty for GET/,
    ],
    ["an unknown method", { httpRequest: { url, httpMethod: 77 } }, /httpMethod/],
    ["a header's name", { httpRequest: { url, headers: { "a b": "c" } } }, /"a b"/],
    ["a header's value", { httpRequest: { url, headers: { a: "b\r\nc: d" } } }, /"a"/],
    ["large headers", { httpRequest: { url, headers: { a: "b".repeat(82_000) } } }, /80 KB/],
    ["a large body", { httpRequest: { url, body: Buffer.alloc(102_401).toString("base64") } }, /100 KB/],
    ["a huge body", { httpRequest: { url, body: Buffer.alloc(8_000_000).toString("base64") } }, /100 KB/],
    [
      "an account",
      { httpRequest: { url, oidcToken: { serviceAccountEmail: "nobody" } } },
      /service_account_email/,
    ],
    ["31 days", { httpRequest: { url }, scheduleTime: inMs(31 * 86_400_000) }, /30 days/],
    ["the year 9999", { httpRequest: { url }, scheduleTime: { seconds: 253_402_300_799 } }, /30 days/],
    ["nanoseconds", { httpRequest: { url }, scheduleTime: { seconds: 1, nanos: -1 } }, /nanos/],
    ["14 s deadline", { httpRequest: { url }, dispatchDeadline: { seconds: 14 } }, /from 15 s to 1800 s/],
    ["31 min deadline", { httpRequest: { url }, dispatchDeadline: { seconds: 1860 } }, /from 15 s to 1800 s/],
    ["a foreign name", { httpRequest: { url }, name: taskPath("other", "x") }, /must begin with the parent/],
    ["a short name", { httpRequest: { url }, name: "x" }, /tasks\/TASK_ID/],
    ["a name's letters", { httpRequest: { url }, name: taskPath("q", "a b") }, /tasks\/TASK_ID/],
    ["a name too long", { httpRequest: { url }, name: taskPath("q", "a".repeat(501)) }, /tasks\/TASK_ID/],
  ];
  for (const [what, task, message] of rubbish)
    await assert.rejects(client.createTask({ parent, task }), { ...INVALID, message }, what);
  await assert.rejects(client.createTask({ parent: "q", task: { httpRequest: { url } } }), INVALID);
  await assert.rejects(client.createTask({ parent }), INVALID);

  const unknown: [string, object][] = [
    ["App Engine", { appEngineHttpRequest: { relativeUri: "/" } }],
    ["OAuth", { httpRequest: { url, oauthToken: oidcToken } }],
  ];
  for (const [what, task] of unknown)
    await assert.rejects(client.createTask({ parent, task }), { code: status.UNIMPLEMENTED }, what);

  assert.deepEqual(worker.received, []);
  await close();
  const store = new TaskStore(dataDir);
  assert.equal(store.nextTask(parent), undefined);
  store.close();
});

test("the largest and longest that is allowed is taken", async (t) => {
  const worker = await openWorker(t);
  const { client } = await openTasks(t, [queueConfig("q")]);
  const [task] = await client.createTask({
    parent: queuePath("q"),
    task: {
      name: taskPath("q", "a".repeat(500)),
      httpRequest: { url: worker.url, body: Buffer.alloc(101_000).toString("base64") },
      scheduleTime: inMs(30 * 86_400_000 - 60_000),
      dispatchDeadline: { seconds: 1800 },
    },
  });
  assert.equal(task.dispatchDeadline?.seconds, "1800");
});

test("what nothing here calls says UNIMPLEMENTED", async (t) => {
  const { client } = await openTasks(t, [queueConfig("q")]);
  const name = queuePath("q");
  const UNIMPLEMENTED = { code: status.UNIMPLEMENTED };
  await assert.rejects(client.getIamPolicy({ resource: name }), UNIMPLEMENTED);
  await assert.rejects(client.getQueue({ name }), UNIMPLEMENTED);
  await assert.rejects(client.createQueue({ parent: LOCATION, queue: { name } }), UNIMPLEMENTED);
  await assert.rejects(client.pauseQueue({ name }), UNIMPLEMENTED);
  await assert.rejects(client.purgeQueue({ name }), UNIMPLEMENTED);
  await assert.rejects(client.listTasks({ parent: name }), UNIMPLEMENTED);
  await assert.rejects(client.runTask({ name: taskPath("q", "x") }), UNIMPLEMENTED);
});
