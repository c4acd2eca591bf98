import assert from "node:assert/strict";
import { test } from "node:test";
import { checks } from "./checks.ts";
import type { World } from "./world.ts";

const STATUS = { engines: { idle: 1 }, at: "2026-03-01T10:00:00Z" };
const unreached = () => Promise.reject(new Error("not asked by this check"));

/** A deployment whose origin and whose dispatch answer as they should, but for the overrides. */
function world(overrides: {
  readonly status?: Response;
  readonly dispatch?: Response;
  readonly given?: string;
  readonly reachable?: boolean;
}): World {
  const { status = Response.json(STATUS), dispatch = new Response(null, { status: 403 }) } = overrides;
  return {
    projectId: "demo",
    origin: "https://demo.web.app",
    now: () => new Date("2026-03-01T10:00:00Z"),
    request: async (url) => (String(url).startsWith("https://demo.web.app") ? status : dispatch),
    environment: async (name) =>
      name === "jobs" ? { DISPATCH_URL: overrides.given ?? "https://dispatch.run.app" } : undefined,
    addressOf: () => "",
    addressesOf: async () => ["https://dispatch.run.app"],
    isReachable: () => overrides.reachable ?? true,
    adminToken: unreached,
    bucketAddress: () => "",
    holds: unreached,
    queueState: unreached,
    deadMessages: unreached,
  };
}
const waysIn = async (at: World) => (await checks["ways in"]?.look(at))?.problems;

test("the ways in are well when the status is ours and dispatch asks for a token", async () => {
  assert.deepEqual(await waysIn(world({})), []);
});

test("a page that is not the status of jobs is no way in", async () => {
  const page = new Response("<h1>Welcome</h1>", { headers: { "content-type": "text/html" } });
  for (const status of [page, Response.json({}), Response.json(STATUS, { status: 500 })])
    assert.match(
      (await waysIn(world({ status })))?.join() ?? "",
      /\/v1\/status does not answer as jobs does/,
    );
});

test("something else that answers at dispatch's address is not dispatch", async () => {
  for (const status of [200, 404, 502])
    assert.deepEqual(await waysIn(world({ dispatch: new Response("hello", { status }) })), [
      "dispatch does not answer at https://dispatch.run.app: is it deployed?",
    ]);
});

test("a function with internal ingress is judged by its address alone", async () => {
  const dispatch = new Response("not found", { status: 404 });
  assert.deepEqual(await waysIn(world({ dispatch, reachable: false })), []);
  assert.match(
    (await waysIn(world({ dispatch, reachable: false, given: "https://other.run.app" })))?.join() ?? "",
    /^jobs has https:\/\/other\.run\.app as DISPATCH_URL, which is not dispatch's address/,
  );
});
