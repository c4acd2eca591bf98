/** The way of a request in a deployed function: past the middleware of functions-framework. */
import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { http } from "@google-cloud/functions-framework";
import { getTestServer } from "@google-cloud/functions-framework/testing";
import { z } from "@hono/zod-openapi";
import { appOf } from "#shared/platform/http/app.ts";
import { json, jsonBody } from "#shared/platform/http/content.ts";
import { httpFunction } from "#shared/platform/http/function.ts";
import { route } from "#shared/platform/http/route.ts";
import { testHttp } from "#shared/platform/http/testing/caller.ts";

const echo = route(
  {
    operationId: "echo",
    access: "public",
    method: "post",
    path: "/v1/echo",
    summary: "Say it again",
    request: { body: jsonBody(z.strictObject({ text: z.string() })) },
    responses: { 200: json(z.object({ text: z.string() }), "The same.") },
    errors: [],
  },
  async (input: { text: string }, _deps: object) => input,
  async (c, perform) => c.json(await perform(c.req.valid("json")), 200),
);
let deps = () => ({ http: testHttp });
http("echo", httpFunction(appOf(() => deps(), [echo])));
const server = getTestServer("echo");
let origin: string;
before(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // A TCP server's address is of this shape.
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => server.close());
const PROBLEM = "application/problem+json";

test("every request reaches the app, also one that the framework answers by itself", async () => {
  const response = await fetch(`${origin}/robots.txt`);
  assert.deepEqual([response.status, response.headers.get("content-type")], [404, PROBLEM]);
});

test("a good and a bad body, and a path that doesn't decode, are answered by the app", async () => {
  const post = (body: string, type = "application/json") =>
    fetch(`${origin}/v1/echo`, { method: "POST", headers: { "content-type": type }, body });
  assert.deepEqual(await (await post('{"text":"안녕"}')).json(), { text: "안녕" });
  for (const [status, answer] of [
    [400, await post('{"text":')],
    [415, await post("{}", "application/json; charset=x-none")],
    [413, await post(`{"text":"${"x".repeat(300_000)}"}`)],
    [404, await fetch(`${origin}/v1/%ff`)],
  ] as const)
    assert.deepEqual([answer.status, answer.headers.get("content-type")], [status, PROBLEM]);
});

test("what the app fails to answer is a bare 500, and the next request is served", async (t) => {
  const printed = t.mock.method(console, "error", () => {});
  const working = deps;
  deps = () => {
    const noError: unknown = "no error object";
    throw noError;
  };
  const response = await fetch(`${origin}/v1/echo`);
  deps = working;
  assert.deepEqual([response.status, await response.text()], [500, ""]);
  assert.equal(printed.mock.callCount(), 1);
  assert.equal((await fetch(`${origin}/v1/none`)).status, 404);
});
