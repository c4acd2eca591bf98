/**
 * Every route as every kind of caller. The routes come from the API's own description, so a route that isn't visited here fails.
 * Visits go from outside to inside: the caller who may do nothing goes first, so what they did not spoil is still there for the others.
 */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { z } from "zod";
import { problemSchema } from "#shared/platform/http/problem.ts";
import { declaredCodes } from "#tools/checks/declaredCodes.ts";
import { CALLERS, type Caller, type Expected, makeWorld, type World } from "./accessWorld.ts";
import { endpoints } from "./cloud.ts";

interface Visit {
  readonly path?: string | ((caller: Caller) => string);
  readonly body?: unknown;
  readonly answers: Readonly<Record<Caller, Expected>>;
}

const cloud = endpoints();
const descriptionSchema = z.object({
  paths: z.record(
    z.string(),
    z.record(z.string(), z.object({ "x-access": z.string(), responses: z.record(z.string(), z.unknown()) })),
  ),
});
let world: World;
interface ApiRoute {
  readonly name: string;
  readonly access: string;
  /** The codes that the API's description gives for each status. */
  readonly codes: ReadonlyMap<number, readonly string[]>;
}
let routes: readonly ApiRoute[];

before(async () => {
  [world, routes] = await Promise.all([makeWorld(cloud), routesOfTheApi()]);
});

async function routesOfTheApi() {
  const { paths } = descriptionSchema.parse(await (await fetch(`${cloud.api}/v1/openapi.json`)).json());
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      access: operation["x-access"],
      codes: declaredCodes(operation.responses),
    })),
  );
}

/** For routes of accounts: others are not signed in, whichever tokens they hold. */
function account(of: {
  stranger: Expected;
  /** As the stranger unless given. */
  former?: Expected;
  outside: Expected;
  giver: Expected;
  recipient: Expected;
}): Visit["answers"] {
  return {
    "no one": 401,
    engine: 401,
    administrator: 401,
    stranger: of.stranger,
    "former giver": of.former ?? of.stranger,
    "giver of another group": of.outside,
    "recipient of another group": of.outside,
    recipient: of.recipient,
    giver: of.giver,
  };
}
const everyAccount = (status: Expected) =>
  account({ stranger: status, outside: status, giver: status, recipient: status });
/** A thing of the group: there for its members only. */
const members = (status: Expected) =>
  account({ stranger: 404, outside: 404, giver: status, recipient: status });

/** For the routes of engines or administrators: a person's token is no identity here, the other service's is one without permission. */
function service(which: "engine" | "administrator", status: Expected): Visit["answers"] {
  const people = {
    "no one": 401,
    stranger: 401,
    "former giver": 401,
    "giver of another group": 401,
    "recipient of another group": 401,
  } as const;
  const rest = { recipient: 401, giver: 401 } as const;
  return which === "engine"
    ? { ...people, ...rest, engine: status, administrator: 403 }
    : { ...people, ...rest, engine: 403, administrator: status };
}
const anyone = (status: Expected): Visit["answers"] => ({
  "no one": status,
  engine: status,
  administrator: status,
  stranger: status,
  "former giver": status,
  "giver of another group": status,
  "recipient of another group": status,
  recipient: status,
  giver: status,
});

const NOWHERE = "0".repeat(26);
const TRANSFORM = { position: [0, 0, 0], rotation: [0, 0, 0, 1], scale: [1, 1, 1] };

/** In the order in which they are made; what ends something comes late. */
function visits(w: World): Record<string, Visit> {
  const vrBody = {
    title: "Together",
    scene: { resourceId: w.sceneId, transform: TRANSFORM },
    avatars: [{ resourceId: w.avatarId, transform: TRANSFORM }],
  };
  return {
    // Anyone
    "GET /v1/auth/jwks.json": { answers: anyone(200) },
    "GET /v1/status": { answers: anyone(200) },
    "POST /v1/auth/sessions": { body: { provider: "google", idToken: "x.y.z" }, answers: anyone(401) },
    "POST /v1/auth/tokens": { body: { refreshToken: "x" }, answers: anyone(400) },
    "GET /v1/auth/google": {
      path: "/v1/auth/google?redirect_uri=https://evil.example/",
      answers: anyone(400),
    },
    "GET /v1/auth/google/callback": {
      path: "/v1/auth/google/callback?code=x&state=y",
      answers: anyone([400, 401]),
    },

    // One's own account
    "GET /v1/auth/verify": { answers: everyAccount(204) },
    "GET /v1/auth/sessions": { answers: everyAccount(200) },
    "POST /v1/auth/firebase-token": { answers: everyAccount(200) },
    "GET /v1/me": { answers: everyAccount(200) },
    "PATCH /v1/me": { body: { name: "Jiwoo" }, answers: everyAccount(200) },
    "GET /v1/me/export": { answers: everyAccount(200) },
    "PUT /v1/devices/{id}": {
      path: (caller) => `/v1/devices/phone-of-${caller.replaceAll(" ", "-")}`,
      body: { platform: "ios", pushToken: w.pushToken() },
      answers: everyAccount(204),
    },
    "DELETE /v1/devices/{id}": { path: "/v1/devices/none", answers: everyAccount([204, 404]) },

    // The care group
    "GET /v1/group": { answers: account({ stranger: 404, outside: 200, giver: 200, recipient: 200 }) },
    "POST /v1/invitations": {
      body: { recipientEmail: "nobody@example.com" },
      answers: {
        ...account({ stranger: [403, 409], former: 202, outside: [202, 403], giver: 202, recipient: 403 }),
        "giver of another group": 202,
        "recipient of another group": 403,
      },
    },
    "POST /v1/invitations/{id}/confirm": {
      path: `/v1/invitations/${w.invitationId}/confirm`,
      body: { code: "00000000" },
      answers: account({ stranger: [403, 404], outside: [403, 404], giver: 422, recipient: [403, 404] }),
    },
    "POST /v1/badges": {
      answers: {
        ...account({ stranger: 403, outside: [201, 403], giver: 403, recipient: 201 }),
        "giver of another group": 403,
        "recipient of another group": 201,
      },
    },
    "GET /v1/badges": {
      answers: account({ stranger: [200, 404, 409], outside: 200, giver: 200, recipient: 200 }),
    },

    // Uploads and jobs
    "POST /v1/uploads": {
      body: { contentType: "video/mp4", size: 5 },
      answers: everyAccount(201),
    },
    "GET /v1/uploads/{id}": { path: `/v1/uploads/${w.uploadId}`, answers: members(200) },
    "POST /v1/uploads/{id}/renew": { path: `/v1/uploads/${w.uploadId}/renew`, answers: members(200) },
    "POST /v1/jobs": {
      body: { kind: "scene", title: "Home", params: {}, inputs: { video: w.uploadId } },
      answers: account({ stranger: 422, outside: 422, giver: 202, recipient: 202 }),
    },
    "GET /v1/jobs": { answers: everyAccount(200) },
    "GET /v1/jobs/{id}": { path: `/v1/jobs/${w.jobId}`, answers: members(200) },
    "GET /v1/jobs/{id}/events": { path: `/v1/jobs/${w.endedJobId}/events`, answers: members(200) },
    "POST /v1/jobs/{id}/retry": { path: `/v1/jobs/${w.jobId}/retry`, answers: members(409) },
    "POST /v1/jobs/{id}/cancel": { path: `/v1/jobs/${w.jobId}/cancel`, answers: members(200) },

    // The library
    "GET /v1/spaces": { answers: everyAccount(200) },
    "GET /v1/spaces/{id}": { path: `/v1/spaces/${w.spaceId}`, answers: members(200) },
    "GET /v1/spaces/{id}/changes": { path: `/v1/spaces/${w.spaceId}/changes`, answers: members(200) },
    "GET /v1/spaces/{id}/events": {
      path: `${w.eventsOrigin}/v1/spaces/${w.spaceId}/events`,
      answers: members(200),
    },
    "GET /v1/resources": { answers: everyAccount(200) },
    "GET /v1/resources/{id}": { path: `/v1/resources/${w.sceneId}`, answers: members(200) },
    "GET /v1/game-sessions": { path: `/v1/game-sessions?playerId=${w.giverId}`, answers: members(200) },
    "GET /v1/progress": {
      path: `/v1/progress?playerId=${w.giverId}&game=reach&metric=score`,
      answers: members(200),
    },
    "POST /v1/vr-videos": {
      body: vrBody,
      answers: account({ stranger: 422, outside: 422, giver: 201, recipient: 201 }),
    },
    "GET /v1/vr-videos": { answers: everyAccount(200) },
    "GET /v1/vr-videos/{id}": { path: `/v1/vr-videos/${w.vrVideoId}`, answers: members(200) },
    "PATCH /v1/vr-videos/{id}": {
      path: `/v1/vr-videos/${w.vrVideoId}`,
      body: { title: "Together" },
      answers: members(200),
    },
    "PATCH /v1/resources/{id}": {
      path: `/v1/resources/${w.sceneId}`,
      body: { title: "Home" },
      answers: members(200),
    },
    "DELETE /v1/vr-videos/{id}": {
      path: `/v1/vr-videos/${w.vrVideoId}`,
      answers: account({ stranger: 404, outside: 404, recipient: 204, giver: 404 }), // the recipient was first
    },
    "DELETE /v1/resources/{id}": {
      path: `/v1/resources/${w.sceneId}`,
      answers: account({ stranger: 404, outside: 404, recipient: 204, giver: 404 }),
    },

    // Engines
    "POST /v1/engine/leases": {
      body: { engineId: "visitor", kinds: ["nothing-of-ours"], max: 1, leaseSeconds: 30 },
      answers: service("engine", [200, 400]),
    },
    ...Object.fromEntries(
      ["renew", "outputs", "complete", "fail", "release"].map((what) => [
        `POST /v1/engine/leases/{leaseId}/${what}`,
        {
          path: `/v1/engine/leases/${w.endedLeaseId}/${what}`,
          body: {},
          // The lease is judged before the body; completing with the lease that completed is no loss, so there the body is judged.
          answers: service("engine", what === "complete" ? 400 : 409),
        },
      ]),
    ),

    // Administrators
    "GET /v1/admin/quarantine": { answers: service("administrator", 200) },
    "GET /v1/admin/quarantine/{id}": {
      path: `/v1/admin/quarantine/${NOWHERE}`,
      answers: service("administrator", 404),
    },
    "POST /v1/admin/quarantine/{id}/replay": {
      path: `/v1/admin/quarantine/${NOWHERE}/replay`,
      answers: service("administrator", 404),
    },
    "GET /v1/admin/diagnosis": { answers: service("administrator", 200) },
    "POST /v1/admin/samples/files": {
      body: { name: "visit", kind: "nothing-of-ours", files: [{ name: "a", contentType: "a/b", size: 1 }] },
      answers: service("administrator", 400),
    },
    "POST /v1/admin/samples/imports": {
      body: {
        name: "visit",
        kind: "nothing-of-ours",
        title: "A",
        files: [{ name: "a", contentType: "a/b", size: 1, crc32c: "AAAAAA==" }],
      },
      answers: service("administrator", 400),
    },
    "GET /v1/admin/dead-letters": { answers: service("administrator", 200) },
    "POST /v1/admin/dead-letters/{jobId}/retry": {
      path: `/v1/admin/dead-letters/${NOWHERE}/retry`,
      answers: service("administrator", 404),
    },
    "GET /v1/admin/paused-engines": { answers: service("administrator", 200) },
    "POST /v1/admin/paused-engines/{id}/resume": {
      path: `/v1/admin/paused-engines/${NOWHERE}/resume`,
      body: { kind: "scene" },
      answers: service("administrator", 404),
    },
    "POST /v1/admin/uploads": {
      body: { contentType: "video/mp4", size: 5 },
      answers: service("administrator", 201),
    },
    "POST /v1/admin/samples": {
      body: { kind: "scene", title: "Sample", params: {}, inputs: { video: NOWHERE } },
      answers: service("administrator", 422),
    },
    "POST /v1/admin/audit": { answers: service("administrator", 200) },

    // Ends
    "DELETE /v1/group/members/{userId}": {
      path: `/v1/group/members/${w.giverId}`,
      answers: account({ stranger: 404, outside: 404, recipient: 204, giver: [204, 404] }),
    },
    "DELETE /v1/auth/sessions/{id}": {
      path: `/v1/auth/sessions/${w.giverSessionId}`,
      answers: account({ stranger: 404, outside: 404, recipient: 404, giver: 204 }),
    },
    "DELETE /v1/auth/sessions": {
      answers: account({ stranger: 204, outside: 204, recipient: 204, giver: 401 }), // the giver's session has just ended
    },
    "DELETE /v1/me": { answers: everyAccount(200) },
  };
}

test("every route is visited, and nothing is visited that isn't a route", () => {
  assert.deepEqual(Object.keys(visits(world)).sort(), routes.map((route) => route.name).sort());
});

/** What names a space, or is in it. */
function requestsTo(spaceId: string, uploadId: string, jobId: string): [string, Expected, unknown?][] {
  return [
    [`GET /v1/spaces/${spaceId}`, 200],
    [`GET /v1/spaces/${spaceId}/changes`, 200],
    [`GET /v1/jobs?spaceId=${spaceId}`, 200],
    [`GET /v1/resources?spaceId=${spaceId}`, 200],
    [`GET /v1/vr-videos?spaceId=${spaceId}`, 200],
    ["POST /v1/uploads", 201, { contentType: "video/mp4", size: 5, spaceId }],
    [
      "POST /v1/jobs",
      202,
      { kind: "scene", title: "Home", params: {}, inputs: { video: uploadId }, spaceId },
    ],
    [`GET /v1/uploads/${uploadId}`, 200],
    [`POST /v1/uploads/${uploadId}/renew`, 200],
    [`GET /v1/jobs/${jobId}`, 200],
    [`POST /v1/jobs/${jobId}/retry`, 409],
  ];
}

test("a space of each type is its members': 404 for former members and strangers", async () => {
  const { personal } = world;
  const spaces = [
    {
      members: ["recipient", "giver"],
      requests: requestsTo(world.spaceId, world.uploadId, world.jobId),
    },
    { members: ["stranger"], requests: requestsTo(personal.spaceId, personal.uploadId, personal.jobId) },
  ];
  const services: readonly Caller[] = ["no one", "engine", "administrator"];
  for (const { members, requests } of spaces)
    for (const [request, forMembers, body] of requests)
      for (const caller of CALLERS) {
        const [method = "", path = ""] = request.split(" ");
        const answer = await world.ask(caller, method, path, body);
        const expected = services.includes(caller) ? 401 : members.includes(caller) ? forMembers : 404;
        assert.equal(answer.status, expected, `${caller}: ${request}: ${answer.text.slice(0, 300)}`);
      }
});

test("each kind of caller gets at each route what is theirs, and nothing else", async (t) => {
  for (const [route, visit] of Object.entries(visits(world))) {
    await t.test(route, async () => {
      const [method = "", pattern = ""] = route.split(" ");
      for (const caller of CALLERS) {
        const path = typeof visit.path === "function" ? visit.path(caller) : (visit.path ?? pattern);
        const answer = await world.ask(caller, method, path, visit.body);
        const expected = [visit.answers[caller]].flat();
        assert.ok(
          expected.includes(answer.status),
          `${caller}: ${answer.status} instead of ${expected.join(" or ")}: ${answer.text.slice(0, 300)}`,
        );
        if (answer.status >= 400) {
          assert.match(
            answer.contentType,
            /^application\/problem\+json/,
            `${caller}: an error is a problem document`,
          );
          assert.doesNotMatch(answer.text, /\bat .+:\d+:\d+|node_modules/, `${caller}: no stack leaves`);
          const { code } = problemSchema.parse(JSON.parse(answer.text));
          const declared = routes.find(({ name }) => name === route)?.codes.get(answer.status) ?? [];
          assert.ok(declared.includes(code), `${caller}: ${code} is not in the description of ${route}`);
        }
      }
    });
  }
});

test("a bad body, a wrong method or a path that leads nowhere is a problem, too", async () => {
  const cases: [string, string, number, RequestInit][] = [
    ["malformed JSON", "/v1/auth/sessions", 400, { method: "POST", body: '{"provider":' }],
    ["no UTF-8", "/v1/auth/sessions", 400, { method: "POST", body: Buffer.from('{"a":"\xe9"}', "latin1") }],
    [
      "another charset",
      "/v1/auth/sessions",
      415,
      { method: "POST", body: "{}", headers: { "content-type": "application/json; charset=latin1" } },
    ],
    ["too large", "/v1/auth/sessions", 413, { method: "POST", body: `"${"x".repeat(300_000)}"` }],
    ["a wrong method", "/v1/auth/tokens", 405, { method: "PATCH", body: "{}" }],
    ["no such path", "/v1/nothing", 404, {}],
  ];
  for (const [name, path, status, init] of cases) {
    const answer = await fetch(cloud.api + path, {
      ...init,
      headers: { "content-type": "application/json", ...init.headers },
    });
    assert.equal(answer.status, status, name);
    assert.match(answer.headers.get("content-type") ?? "", /^application\/problem\+json/, name);
    assert.equal(problemSchema.parse(await answer.json()).status, status, name);
    if (status === 405) assert.equal(answer.headers.get("allow"), "POST, OPTIONS");
  }
});

test("a page of another origin may call nothing unless the setting names it", async () => {
  const preflight = await fetch(`${cloud.api}/v1/me`, {
    method: "OPTIONS",
    headers: {
      origin: "https://evil.example",
      "access-control-request-method": "GET",
      "access-control-request-headers": "authorization",
    },
  });
  assert.equal(preflight.status, 204);
  assert.equal(preflight.headers.get("access-control-allow-origin"), null);
});

test("the page of the API's description loads from the origin alone", async () => {
  const page = await fetch(`${cloud.api}/docs`);
  assert.equal(page.status, 200);
  assert.match(page.headers.get("content-security-policy") ?? "", /default-src 'none'/);
  const html = await page.text();
  const loaded = [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map((match) => match[1] ?? "");
  assert.ok(loaded.includes("/v1/openapi.json") && loaded.length >= 4);
  for (const path of loaded) assert.equal((await fetch(cloud.api + path)).status, 200, path);
});
