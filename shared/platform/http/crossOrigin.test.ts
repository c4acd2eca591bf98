import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "../errors.ts";
import { route } from "./route.ts";
import { callerOf, testHttp } from "./testing/caller.ts";

const PAGE = "https://app.example.com";
const removeThing = route(
  {
    operationId: "removeThing",
    access: "account",
    method: "delete",
    path: "/v1/things/{id}",
    summary: "Remove a thing",
    responses: { 204: { description: "Gone." } },
    errors: ["not_found"],
  },
  async (_input: unknown, _deps: object): Promise<void> => {
    throw errors.notFound();
  },
  async (c, perform) => {
    await perform({});
    return c.body(null, 204);
  },
);
const allowing = (...allowedOrigins: string[]) => callerOf(removeThing, {}, { ...testHttp, allowedOrigins });
const preflight = (origin: string) => ({
  token: null,
  headers: {
    origin,
    "access-control-request-method": "DELETE",
    "access-control-request-headers": "authorization",
  },
});
const corsHeaders = (headers: Headers) =>
  Object.fromEntries([...headers].filter(([name]) => name.startsWith("access-control-")));

test("a preflight of an allowed origin is 204, without any token", async () => {
  const { status, headers, text } = await allowing("https://other.example", PAGE)(
    "OPTIONS",
    "/v1/things/1",
    preflight(PAGE),
  );
  assert.deepEqual([status, text], [204, ""]);
  assert.deepEqual(corsHeaders(headers), {
    "access-control-allow-origin": PAGE,
    "access-control-allow-methods": "DELETE",
    "access-control-allow-headers":
      "Authorization,Content-Type,Idempotency-Key,If-Match,Last-Event-ID,Traceparent",
    "access-control-expose-headers":
      "Content-Disposition,ETag,Location,RateLimit,RateLimit-Policy,Retry-After,X-Request-Id",
    "access-control-max-age": "7200",
  });
  assert.match(headers.get("vary") ?? "", /Origin/);
});

test("a preflight of another origin, or with none set, is 204 and allows nothing", async () => {
  for (const ask of [allowing(PAGE), allowing()]) {
    const { status, headers } = await ask("OPTIONS", "/v1/things/1", preflight("https://evil.example"));
    assert.deepEqual([status, corsHeaders(headers)], [204, {}]);
  }
});

test("an error, too, lets a page of an allowed origin read it", async () => {
  const ask = allowing(PAGE);
  for (const [token, path, status] of [
    ["person", "/v1/things/1", 404],
    [null, "/v1/things/1", 401],
    ["person", "/v1/none", 404],
  ] as const) {
    const answer = await ask("DELETE", path, { token, headers: { origin: PAGE } });
    assert.equal(answer.status, status);
    assert.equal(answer.headers.get("access-control-allow-origin"), PAGE);
    assert.match(answer.headers.get("access-control-expose-headers") ?? "", /Retry-After/);
    assert.equal(answer.headers.get("vary"), "Origin");
    assert.equal(answer.headers.get("access-control-allow-credentials"), null);
  }
});

test("a call of another origin is answered as any other, without these headers", async () => {
  for (const ask of [allowing(PAGE), allowing()]) {
    const answer = await ask("DELETE", "/v1/things/1", { headers: { origin: "https://evil.example" } });
    assert.deepEqual([answer.status, corsHeaders(answer.headers)], [404, {}]);
  }
});
