/** The way of a request where something else than a function uses the server too, as in the functions emulator. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { testHttp } from "#shared/platform/http/testing/caller.ts";
import { echoFunction } from "#shared/platform/http/testing/echo.ts";

const { server, listen } = echoFunction(() => ({ http: testHttp }));
let origin: string;
before(async () => {
  process.env.FUNCTIONS_EMULATOR = "true";
  origin = await listen();
});
after(() => {
  server.close();
  delete process.env.FUNCTIONS_EMULATOR;
});
const PROBLEM = "application/problem+json";

test("the server keeps what it answers by itself", async () => {
  const response = await fetch(`${origin}/robots.txt`);
  assert.deepEqual([response.status, await response.text()], [404, ""]);
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
