import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { z } from "zod";
import { type PushSink, startPush } from "./server.ts";

let sink: PushSink;
before(async () => {
  sink = await startPush({
    port: 0,
    projectId: "reverie-test",
    clock: () => new Date("2026-01-02T03:04:05.678Z"),
  });
});
beforeEach(() => fetch(`${sink.url}/messages`, { method: "DELETE" }));
after(() => sink.close());

const failure = z.object({
  error: z.object({
    code: z.number(),
    status: z.string(),
    message: z.string(),
    details: z.array(z.object({ "@type": z.string(), errorCode: z.string() })).length(1),
  }),
});

const post = (body: unknown, path = "/messages") =>
  fetch(sink.url + path, { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) });
const read = async (query = ""): Promise<unknown> => (await fetch(`${sink.url}/messages${query}`)).json();

async function refused(response: Response): Promise<[number, string, string | undefined]> {
  const { error } = failure.parse(await response.json());
  assert.equal(error.code, response.status);
  return [response.status, error.status, error.details[0]?.errorCode];
}

const MESSAGE = {
  token: "phone-1",
  notification: { title: "다 됐어요", body: "The room is ready" },
  data: { jobId: "j-1" },
  android: { priority: "HIGH" },
  apns: { headers: { "apns-priority": "10" } },
};

test("a message is found by its token, newest last; a repeated one is there twice", async () => {
  const answered = await post(MESSAGE);
  assert.equal(answered.status, 200);
  const { name } = z.strictObject({ name: z.string() }).parse(await answered.json());
  assert.match(name, /^projects\/reverie-test\/messages\/./);
  await post({ token: "phone-2", data: {} });
  await post(MESSAGE);
  const receivedAt = "2026-01-02T03:04:05.678Z";
  const list = z.array(z.looseObject({ name: z.string() })).parse(await read("?token=phone-1"));
  assert.deepEqual(list[0], { name, ...MESSAGE, receivedAt });
  assert.equal(list.length, 2);
  assert.notEqual(list[1]?.name, name);
  assert.equal(z.array(z.unknown()).parse(await read()).length, 3);
});

test("Google's own path takes the wrapped message, and stores none when validating", async () => {
  const path = "/v1/projects/p/messages:send";
  assert.deepEqual(await (await post({ message: MESSAGE, validate_only: true }, path)).json(), {
    name: "projects/p/messages/fake_message_id",
  });
  assert.deepEqual(await read(), []);
  assert.equal((await post({ message: MESSAGE }, path)).status, 200);
  assert.equal(z.array(z.unknown()).parse(await read("?token=phone-1")).length, 1);
  assert.equal((await post(MESSAGE, path)).status, 400);
  assert.equal((await post({ message: MESSAGE }, "/v1/projects/p/messages:burn")).status, 404);
});

test("a dead token is unregistered, a flaky one fails once; no failure is listed", async () => {
  for (let i = 0; i < 2; i++)
    assert.deepEqual(await refused(await post({ token: "dead-1" })), [404, "NOT_FOUND", "UNREGISTERED"]);
  const first = await post({ token: "flaky-1" });
  assert.equal(first.headers.get("retry-after"), "1");
  assert.deepEqual(await refused(first), [503, "UNAVAILABLE", "UNAVAILABLE"]);
  assert.equal((await post({ token: "flaky-1" })).status, 200);
  assert.equal((await post({ token: "flaky-1" })).status, 200);
  assert.equal((await post({ token: "flaky-2" })).status, 503);
  assert.deepEqual(await read("?token=dead-1"), []);
  assert.equal(z.array(z.unknown()).parse(await read("?token=flaky-1")).length, 2);
});

test("what FCM would refuse is refused, and nothing is kept of it", async () => {
  const wrong: unknown[] = [
    "",
    "{",
    "null",
    [],
    {},
    { token: "" },
    { token: 5 },
    { topic: "all" },
    { token: "phone", data: { n: 5 } },
    { token: "phone", data: "x" },
    { token: "phone", notification: { title: "t", text: "t" } },
    { token: "phone", unknown: true },
    { token: "phone", data: { long: "x".repeat(4096) } },
  ];
  for (const body of wrong)
    assert.deepEqual(
      await refused(await post(body)),
      [400, "INVALID_ARGUMENT", "INVALID_ARGUMENT"],
      JSON.stringify(body),
    );
  assert.equal((await post("x".repeat(70_000))).status, 413);
  assert.equal((await fetch(`${sink.url}/nothing`)).status, 404);
  assert.deepEqual(await read(), []);
});

test("DELETE forgets one token's messages, or all", async () => {
  await post({ token: "a" });
  await post({ token: "b" });
  assert.equal((await fetch(`${sink.url}/messages?token=a`, { method: "DELETE" })).status, 204);
  assert.equal(z.array(z.unknown()).parse(await read()).length, 1);
  assert.deepEqual(await read("?token=a"), []);
});

test("the page shows messages as text, markup included", async () => {
  await post({
    token: '"><script>',
    notification: { title: "<script>alert(1)</script>" },
    data: { k: "<img>" },
  });
  const response = await fetch(sink.url);
  const text = await response.text();
  assert.match(text, /&lt;script&gt;alert\(1\)/);
  assert.doesNotMatch(text, /<script|<img/);
  assert.match(response.headers.get("content-security-policy") ?? "", /default-src 'none'/);
});
