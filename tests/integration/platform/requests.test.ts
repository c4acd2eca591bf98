/** The way of a request in a deployed function: past the middleware of functions-framework. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { testHttp } from "#shared/platform/http/testing/caller.ts";
import { echoFunction } from "#shared/platform/http/testing/echo.ts";

let deps = () => ({ http: testHttp });
const { server, listen } = echoFunction(() => deps());
let origin: string;
before(async () => {
  origin = await listen();
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
