import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "@hono/zod-openapi";
import { errors } from "../errors.ts";
import { json, jsonBody } from "./content.ts";
import { idParam } from "./idParam.ts";
import { lazyRoute, route } from "./route.ts";
import { callerOf, PERSON, REQUEST_ID, testHttp } from "./testing/caller.ts";

const ID = "0123456789abcdefghjkmnpqrs";

/** A route with everything that a route can have. */
const rename = route(
  {
    operationId: "rename",
    access: "account",
    method: "post",
    path: "/v1/things/{id}/rename",
    summary: "Rename a thing",
    request: {
      params: idParam,
      body: jsonBody(z.strictObject({ title: z.string().optional() }), { required: false }),
    },
    responses: { 200: json(z.object({ title: z.string() }), "The thing.") },
    errors: ["not_found", "erased"],
  },
  async (input: { id: string; title: string | undefined }, deps: { things: Map<string, string> }) => {
    if (!deps.things.has(input.id)) throw errors.notFound();
    if (input.title !== undefined) deps.things.set(input.id, input.title);
    return { title: deps.things.get(input.id) ?? "" };
  },
  async (c, perform) =>
    c.json(await perform({ id: c.req.valid("param").id, title: c.req.valid("json").title }), 200),
);
const path = `/v1/things/${ID}/rename`;
const withThings = () => {
  const things = new Map([[ID, "old"]]);
  return { things, ask: callerOf(rename, { things }) };
};

test("a request that fits gets the operation's answer; no cache keeps it", async () => {
  const { ask, things } = withThings();
  const answer = await ask("POST", path, { body: { title: "new" } });
  assert.deepEqual([answer.status, answer.json], [200, { title: "new" }]);
  assert.equal(answer.headers.get("cache-control"), "no-store");
  assert.equal(answer.headers.get("x-request-id"), REQUEST_ID);
  assert.equal(things.get(ID), "new");
});

test("an error is a problem document with its code, and the request's id", async () => {
  const { ask } = withThings();
  const answer = await ask("POST", path.replace(ID, ID.replace("0", "1")), { body: {} });
  assert.equal(answer.headers.get("content-type"), "application/problem+json");
  assert.deepEqual(answer.json, {
    type: "/docs#problem-not_found",
    title: "Not found",
    status: 404,
    detail: "nothing is here for this caller",
    code: "not_found",
    requestId: REQUEST_ID,
  });
});

test("what can't be an id of ours is 404, and the operation is not reached", async () => {
  const { ask, things } = withThings();
  for (const id of ["x", "%00", "..", `${ID}-`]) {
    const answer = await ask("POST", `/v1/things/${encodeURIComponent(id)}/rename`, {
      body: { title: "new" },
    });
    assert.deepEqual([answer.status, answer.json.code], [404, "not_found"], id);
  }
  assert.deepEqual([...things.values()], ["old"]);
});

test("a body that doesn't fit is 400 and names each field, and nothing changes", async () => {
  const { ask, things } = withThings();
  const answer = await ask("POST", path, { body: { title: 1, size: 2 } });
  assert.equal(answer.status, 400);
  assert.deepEqual(
    answer.json.errors.map((issue: { path: string }) => issue.path),
    ["title", ""],
  );
  assert.equal(things.get(ID), "old");
});

test("an empty body of any type counts as left out, where it may be left out", async () => {
  const { ask } = withThings();
  for (const headers of [{}, { "content-type": "application/json" }, { "content-type": "text/plain" }]) {
    const answer = await ask("POST", path, { headers });
    assert.deepEqual([answer.status, answer.json], [200, { title: "old" }]);
  }
});

test("JSON is taken in any spelling of its type and of UTF-8, and in no other", async () => {
  const { ask } = withThings();
  const statusOf = async (type: string) =>
    (await ask("POST", path, { text: '{"title":"new"}', headers: { "content-type": type } })).status;
  for (const type of [
    "application/json",
    "Application/JSON",
    "application/json; charset=utf8",
    'application/json;charset="UTF-8"',
    "application/json; version=1 ; charset=utf-8",
  ])
    assert.equal(await statusOf(type), 200, type);
  for (const type of [
    "text/plain",
    "application/json; charset=latin1",
    "application/jsonp",
    "application/xml",
  ])
    assert.equal(await statusOf(type), 415, type);
});

test("malformed JSON and a body in another encoding are problems, and nothing changes", async () => {
  const { ask, things } = withThings();
  const malformed = await ask("POST", path, { text: '{"title":' });
  assert.deepEqual([malformed.status, malformed.json.code], [400, "invalid_request"]);
  const zipped = await ask("POST", path, { text: "{}", headers: { "content-encoding": "gzip" } });
  assert.deepEqual([zipped.status, zipped.json.code], [415, "unsupported_media_type"]);
  const large = await ask("POST", path, { text: `{"title":"${"x".repeat(256 * 1024)}"}` });
  assert.deepEqual([large.status, large.json.code], [413, "body_too_large"]);
  assert.equal(things.get(ID), "old");
});

test("who isn't let in gets 401 before the request is judged", async () => {
  const { ask } = withThings();
  const none = await ask("POST", "/v1/things/x/rename", { body: { title: 1 }, token: null });
  assert.deepEqual([none.status, none.json.code], [401, "unauthenticated"]);
  assert.equal(none.headers.get("www-authenticate"), "Bearer");
  const bad = await ask("POST", path, { token: "bad" });
  assert.deepEqual([bad.status, bad.json.code], [401, "token_invalid"]);
});

test("a wrong method is 405 with what the path takes; a path of no route is 404", async () => {
  const { ask } = withThings();
  const wrong = await ask("GET", path);
  assert.deepEqual([wrong.status, wrong.json.code], [405, "method_not_allowed"]);
  assert.equal(wrong.headers.get("allow"), "POST, OPTIONS");
  const options = await ask("OPTIONS", path, { token: null });
  assert.deepEqual([options.status, options.headers.get("allow")], [204, "POST, OPTIONS"]);
  for (const method of ["GET", "OPTIONS", "POST"]) {
    const none = await ask(method, `${path}/more`);
    assert.deepEqual([none.status, none.json.code], [404, "not_found"]);
  }
});

test("an undeclared error is a 500 where that is refused, and logged elsewhere", async () => {
  const throwing = rename.performing(async () => {
    throw errors.leaseLost("the lease is over");
  });
  const refused = await callerOf(throwing, {})("POST", path);
  assert.deepEqual([refused.status, refused.json.code], [500, "internal"]);
  assert.match(refused.json.detail, /rename doesn't declare the error lease_lost/);

  const logged: unknown[] = [];
  const log = {
    ...testHttp.log,
    error: (event: string, fields?: object) => logged.push({ event, ...fields }),
  };
  const http = { ...testHttp, log: { ...log, with: () => log }, refuseUndeclaredErrors: false };
  const answered = await callerOf(throwing, {}, http)("POST", path);
  assert.deepEqual([answered.status, answered.json.code], [409, "lease_lost"]);
  assert.deepEqual(logged, [{ event: "error_undeclared", operationId: "rename", code: "lease_lost" }]);
});

test("an error of no code is a bare 500, and what it says is not answered", async () => {
  const broken = rename.performing(async () => {
    throw new Error("password=hunter2");
  });
  const answer = await callerOf(broken, {})("POST", path);
  assert.deepEqual([answer.status, answer.json.code], [500, "internal"]);
  assert.doesNotMatch(answer.text, /hunter2/);
});

test("a route's errors are its operation's and those of access, body and input", () => {
  assert.deepEqual(
    [...rename.errors].sort(),
    [
      "body_too_large",
      "erased",
      "internal",
      "invalid_request",
      "not_found",
      "rate_limited",
      "token_invalid",
      "unauthenticated",
      "unavailable",
      "unsupported_media_type",
    ].sort(),
  );
});

test("the operation is given who calls", async () => {
  let input: unknown;
  const seen = rename.performing(async (given) => {
    input = given;
    return { title: "" };
  });
  await callerOf(seen, {})("POST", path, { body: { title: "new" }, token: PERSON });
  assert.deepEqual(input, { id: ID, title: "new" });
});

test("a request without the address that EDGE promises is logged once, at its severity", async () => {
  const logged: unknown[] = [];
  const log = {
    ...testHttp.log,
    warn: (...line: unknown[]) => logged.push(line),
    error: (...line: unknown[]) => logged.push(line),
  };
  for (const edge of ["hosting", "loadBalancer", "none"] as const) {
    const ask = callerOf(
      rename,
      { things: new Map() },
      { ...testHttp, edge, log: { ...log, with: () => log } },
    );
    const phoneMissing = { "x-forwarded-for": "192.0.2.1", "x-forwarded-host": "reverie.example" };
    for (const headers of [{}, {}, phoneMissing, phoneMissing]) await ask("POST", path, { headers });
  }
  assert.deepEqual(logged, [
    ["caller_address_coarse", { reason: "forwarded_for" }],
    ["caller_address_coarse", { reason: "phone" }],
    ["client_address_missing", {}],
  ]);
});

test("a route that is loaded at its first call answers as others, and is loaded once", async () => {
  let loads = 0;
  const things = new Map([[ID, "old"]]);
  const ask = callerOf(
    lazyRoute(rename.definition, async () => {
      loads++;
      return rename;
    }),
    { things },
  );
  assert.equal(loads, 0);
  const [renamed, refused, unknown] = await Promise.all([
    ask("POST", path, { body: { title: "new" } }),
    ask("POST", path, { body: { title: 1 } }),
    ask("POST", path.replace(ID, ID.replace("0", "1")), { body: {} }),
  ]);
  assert.deepEqual([renamed.status, renamed.json, things.get(ID)], [200, { title: "new" }, "new"]);
  assert.deepEqual([refused.status, refused.json.code], [400, "invalid_request"]);
  assert.deepEqual([unknown.status, unknown.json.code], [404, "not_found"]);
  assert.equal((await ask("POST", path, { token: "bad" })).json.code, "token_invalid");
  assert.equal(loads, 1);
});
