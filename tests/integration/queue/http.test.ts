import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { after, before, beforeEach, test } from "node:test";
import { http as serve } from "@google-cloud/functions-framework";
import { getTestServer } from "@google-cloud/functions-framework/testing";
import { engineApp } from "#functions/engine/routes.ts";
import { jobsApp } from "#functions/jobs/routes.ts";
import { type QueueStatus, statusReader } from "#functions/jobs/status.ts";
import { openStreams } from "#functions/streams/openStreams.ts";
import { streamsApp } from "#functions/streams/routes.ts";
import { kinds } from "#shared/kinds/index.ts";
import { errors } from "#shared/platform/errors.ts";
import type { App } from "#shared/platform/http/appEnv.ts";
import { httpFunction } from "#shared/platform/http/function.ts";
import type { HttpDeps } from "#shared/platform/http/httpDeps.ts";
import { randomId } from "#shared/platform/ids.ts";
import { silentLogger } from "#shared/platform/log/logger.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { changeJob } from "#shared/queue/changeJob.ts";
import { readResult } from "#shared/results/readResult.ts";
import { rewriteFor } from "#tools/build/firebaseJson.ts";
import { ENGINE, type QueueHarness, queueHarness, SPACE, USER } from "./harness.ts";

const STRANGER = "s".repeat(26);
const STREAMS = 6;
let queue: QueueHarness;
let jobs: App;
let streams: App;
/** What `watchEnd` reads. */
let watcher = { live: true, member: true };
let engine: App;
before(async () => {
  queue = await queueHarness();
  const groups: Record<string, string> = { [USER]: SPACE, [STRANGER]: "x".repeat(26) };
  // Only `shared/spaces/membership.ts` and `watchEnd` ask it; the rows are of the shape that they ask for.
  const sql = {
    query: async (text: string, [userId = "", named]: unknown[]) => {
      if (text.includes("FROM sessions")) return { rows: [watcher] };
      const spaceId = groups[String(userId)];
      const isMeant = spaceId !== undefined && (typeof named !== "string" || named === spaceId);
      return { rows: isMeant ? [{ spaceId, type: "care", role: "giver" }] : [] };
    },
  } as unknown as Sql;
  const http: HttpDeps = {
    log: silentLogger,
    newId: randomId,
    edge: "none",
    verifyAccessToken: async (token: string) => {
      if (!/^[0-9a-z]{26}$/.test(token)) throw errors.unauthenticated("no");
      return { userId: token, sessionId: "session", role: null };
    },
    verifyServiceToken: async (token: string) => {
      if (token !== "engine") throw errors.tokenInvalid("no");
      return { email: ENGINE, subject: "1" };
    },
  };
  const { firestore, kinds } = queue.deps;
  const status = statusReader({ firestore, kinds, clock: () => queue.now, log: silentLogger });
  const inputs = {
    inputKey: randomBytes(32),
    retentionDays: 7,
    bytesPerSpace: undefined,
    objects: queue.uploads,
    fetches: queue.deps.tasks,
  };
  jobs = jobsApp(() => ({ ...queue.deps, http, sql, status, inputs }));
  const open = openStreams({ perAccount: STREAMS, perInstance: STREAMS });
  const listening = async () => queue.firestore;
  streams = streamsApp(() => ({ ...queue.deps, http, sql, open, listening }));
  engine = engineApp(() => ({ ...queue.deps, http }));
});
after(() => queue.backend.drop());
beforeEach(() => queue.backend.clear());

interface Call {
  readonly token?: string | undefined;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}
function call(app: App, method: string, path: string, { token, headers, body }: Call = {}) {
  const request = {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
  return app.request(path, request, {});
}
/** What an answer holds; a test that reads it says what it expects there. */
async function read<T>(answer: Response | Promise<Response>): Promise<T> {
  return (await (await answer).json()) as T;
}
async function refuses(answer: Response | Promise<Response>, status: number, code: string): Promise<void> {
  const response = await answer;
  assert.equal(response.headers.get("content-type"), "application/problem+json");
  const problem = await read<{ code: string }>(response);
  assert.deepEqual([response.status, problem.code], [status, code], JSON.stringify(problem));
}
interface Leases {
  readonly leases: { readonly leaseId: string; readonly job: { readonly id: string } }[];
}
const leaseRequest = { engineId: "e1", kinds: ["scene"], max: 1, leaseSeconds: 60 };
const engineCall = (path: string, body: unknown, headers = {}) =>
  call(engine, "POST", `/v1/engine/leases${path}`, { token: "engine", body, headers });

test("202 with a Location; a repetition gets the same bytes; GET shows the same job", async () => {
  const video = await queue.upload();
  const body = { kind: "scene", title: " The sea ", params: { location: "outdoor" }, inputs: { video } };
  const headers = { "idempotency-key": "k" };
  const first = await call(jobs, "POST", "/v1/jobs", { token: USER, body, headers });
  assert.equal(first.status, 202);
  const text = await first.text();
  const again = await call(jobs, "POST", "/v1/jobs", { token: USER, body, headers });
  assert.equal(await again.text(), text);
  assert.equal(again.headers.get("location"), first.headers.get("location"));
  const shown = await call(jobs, "GET", first.headers.get("location") ?? "", { token: USER });
  assert.deepEqual(await shown.json(), JSON.parse(text));
  const { id, title, eventsUrl } = JSON.parse(text);
  assert.deepEqual([title, eventsUrl], ["The sea", `https://events.example/v1/jobs/${id}/events`]);
});

test("malformed submissions are problems that name the field, unknown ones too", async () => {
  const video = await queue.upload();
  const good = { kind: "scene", title: "t", params: {}, inputs: { video } };
  const submit = (body: unknown) => call(jobs, "POST", "/v1/jobs", { token: USER, body });
  await refuses(submit({ ...good, priority: 1 }), 400, "invalid_request");
  await refuses(submit({ ...good, title: "a\u0000b" }), 400, "invalid_request");
  await refuses(submit({ ...good, title: "   " }), 400, "invalid_request");
  await refuses(submit({ ...good, params: { location: "mars" } }), 400, "invalid_request");
  await refuses(submit({ ...good, params: { depth: 1 } }), 400, "invalid_request");
  await refuses(submit({ ...good, kind: "constructor" }), 400, "unknown_kind");
  await refuses(submit([]), 400, "invalid_request");
  await refuses(call(jobs, "POST", "/v1/jobs", { body: good }), 401, "unauthenticated");
  await refuses(call(jobs, "POST", "/v1/jobs", { token: randomId(), body: good }), 401, "token_invalid");
  assert.equal((await queue.firestore.collection("jobs").count().get()).data().count, 0);
});

test("a stranger gets 404 for each thing, as for what isn't there, and changes nothing", async () => {
  const { id } = await queue.submit();
  const before = await queue.job(id);
  for (const [method, path] of [
    ["GET", ""],
    ["GET", "/events"],
    ["POST", "/cancel"],
    ["POST", "/retry"],
  ] as const) {
    const app = path === "/events" ? streams : jobs;
    await refuses(call(app, method, `/v1/jobs/${id}${path}`, { token: STRANGER }), 404, "not_found");
    await refuses(call(app, method, `/v1/jobs/${randomId()}${path}`, { token: USER }), 404, "not_found");
    await refuses(call(app, method, `/v1/jobs/..%2f${id}${path}`, { token: USER }), 404, "not_found");
  }
  const list = await call(jobs, "GET", "/v1/jobs", { token: STRANGER });
  assert.deepEqual(await list.json(), { items: [], nextCursor: null });
  assert.deepEqual(await queue.job(id), before);
});

test("the list is newest first, pages don't repeat a job, one state can be asked for", async () => {
  const ids: string[] = [];
  for (let index = 0; index < 5; index++) {
    queue.pass(index % 2);
    ids.push((await queue.submit()).id);
  }
  const page = async (query: string) => {
    const answer = await call(jobs, "GET", `/v1/jobs?${query}`, { token: USER });
    assert.equal(answer.status, 200);
    const { items, nextCursor } = await read<{ items: { id: string }[]; nextCursor: string | null }>(answer);
    return { ids: items.map((item) => item.id), nextCursor };
  };
  const first = await page("limit=2");
  queue.pass(1);
  await queue.submit();
  const second = await page(`limit=2&cursor=${first.nextCursor}`);
  const third = await page(`limit=2&cursor=${second.nextCursor}`);
  assert.deepEqual([...first.ids, ...second.ids, ...third.ids].sort(), [...ids].sort());
  assert.equal(third.nextCursor, null);
  await changeJob(ids[0] ?? "", { type: "cancel" }, queue.deps);
  assert.deepEqual((await page("state=cancelled")).ids, [ids[0]]);
  await refuses(call(jobs, "GET", "/v1/jobs?cursor=x", { token: USER }), 400, "invalid_request");
  await refuses(call(jobs, "GET", "/v1/jobs?limit=0", { token: USER }), 400, "invalid_request");
});

test("every lease route checks the lease before the body; a bad body changes nothing", async () => {
  const { id } = await queue.submit();
  const [lease] = (await read<Leases>(engineCall("", leaseRequest))).leases;
  assert.ok(lease);
  const routes = ["renew", "outputs", "complete", "fail", "release"];
  const before = await queue.job(id);
  for (const route of routes) {
    await refuses(engineCall(`/${lease.leaseId}/${route}`, { nonsense: true }), 400, "invalid_request");
    await refuses(engineCall(`/${id}.1.${"0".repeat(26)}/${route}`, { nonsense: true }), 409, "lease_lost");
    await refuses(engineCall(`/x/${route}`, { nonsense: true }), 409, "lease_lost");
    const path = `/v1/engine/leases/${lease.leaseId}/${route}`;
    await refuses(call(engine, "POST", path, { body: {} }), 401, "unauthenticated");
    await refuses(call(engine, "POST", path, { token: "phone", body: {} }), 401, "token_invalid");
  }
  assert.deepEqual(await queue.job(id), before);
});

test("an engine may ask for known kinds, allowed lengths and numbers, nothing else", async () => {
  await queue.submit();
  await refuses(engineCall("", { ...leaseRequest, kinds: ["portrait"] }), 400, "unknown_kind");
  await refuses(engineCall("", { ...leaseRequest, leaseSeconds: 29 }), 400, "invalid_request");
  await refuses(engineCall("", { ...leaseRequest, leaseSeconds: 3601 }), 400, "invalid_request");
  await refuses(engineCall("", { ...leaseRequest, max: 0 }), 400, "invalid_request");
  await refuses(engineCall("", { ...leaseRequest, max: 1000 }), 400, "invalid_request");
  await refuses(engineCall("", leaseRequest, { "idempotency-key": "two words" }), 400, "invalid_request");
  assert.deepEqual((await read<Leases>(engineCall("", { ...leaseRequest, kinds: ["avatar"] }))).leases, []);
});

test("outputs and complete hold the kind's rules: names, types, sizes, sums, data", async () => {
  const { id } = await queue.submit();
  const leaseId = (await read<Leases>(engineCall("", leaseRequest))).leases[0]?.leaseId;
  const outputs = (file: object) => engineCall(`/${leaseId}/outputs`, { files: [file] });
  const glb = { name: "scene.glb", contentType: "model/gltf-binary", size: 4 };
  await refuses(outputs({ ...glb, name: "../scene.glb" }), 400, "invalid_request");
  await refuses(outputs({ ...glb, name: "__proto__" }), 400, "invalid_request");
  await refuses(outputs({ ...glb, contentType: "text/html" }), 400, "invalid_request");
  await refuses(outputs({ ...glb, size: 2 ** 40 }), 400, "invalid_request");
  const signed = (await read<{ files: { name: string; method: string }[] }>(outputs(glb))).files[0];
  assert.deepEqual([signed?.name, signed?.method], ["scene.glb", "PUT"]);

  const complete = (body: unknown) => engineCall(`/${leaseId}/complete`, body);
  const files = [{ name: "scene.glb", crc32c: "AAAAAA==" }];
  await refuses(complete({ files: [] }), 422, "output_missing");
  await refuses(complete({ files }), 422, "output_missing");
  const { spaceId } = await queue.job(id);
  const stored = queue.resources.put(`spaces/${spaceId}/jobs/${id}/1/scene.glb`, Buffer.from("glTF"));
  await refuses(complete({ files: [{ name: "scene.glb", crc32c: "BBBBBB==" }] }), 422, "output_missing");
  const right = { name: "scene.glb", crc32c: stored.crc32c };
  await refuses(complete({ files: [right, right] }), 422, "outputs_rejected");
  await refuses(complete({ files: [right, { name: "poster.jpg", crc32c: "x" }] }), 422, "output_missing");
  for (const data of [
    { bounds: [[0], [1]] },
    { text: "a\u0000b" },
    { text: "\ud800" },
    { __name__: 1 },
    { "": 1 },
    { large: "x".repeat(64 * 1024) },
  ]) {
    await refuses(complete({ files: [right], data }), 400, "invalid_request");
  }
  const infinite = `{"files": ${JSON.stringify([right])}, "data": {"n": 1e400}}`;
  const path = `/v1/engine/leases/${leaseId}/complete`;
  const headers = { authorization: "Bearer engine", "content-type": "application/json" };
  await refuses(engine.request(path, { method: "POST", headers, body: infinite }), 400, "invalid_request");
  assert.equal((await queue.job(id)).state, "running");
  const done = await complete({ files: [right], data: { views: [{ at: [0, 1] }] } });
  assert.equal(done.status, 200);
  const again = await complete({ files: [right], data: { something: "else" } });
  assert.deepEqual(await again.json(), await done.json());
  const result = (await queue.firestore.doc(`results/${id}`).get()).data();
  assert.deepEqual(result?.data, { views: [{ at: [0, 1] }] });
  assert.ok(readResult(id, result, kinds).ok, "sync can read it");
});

test("a completion for a space erased meanwhile is refused and leaves no result", async () => {
  const { id } = await queue.submit();
  const [lease] = await queue.lease();
  await queue.firestore.doc(`tombstones/${SPACE}`).set({ erasedAt: queue.now });
  await assert.rejects(queue.complete(lease?.leaseId ?? ""), /erased/);
  assert.equal((await queue.firestore.doc(`results/${id}`).get()).exists, false);
  await queue.firestore.doc(`jobs/${id}`).delete();
  await refuses(engineCall(`/${lease?.leaseId}/complete`, { files: [] }), 409, "lease_lost");
});

test("status shows engines and lines to everyone, without names", async () => {
  await queue.submit();
  await queue.submit();
  await queue.lease({ engineId: "busy" });
  await queue.lease({ engineId: "idle", kinds: ["avatar"] });
  queue.pass(10);
  const answer = await call(jobs, "GET", "/v1/status");
  const status = await read<QueueStatus>(answer);
  assert.deepEqual(status.engines, { idle: 1, busy: 1, silent: 0 });
  assert.deepEqual(status.kinds.scene, { waiting: 1, running: 1, paused: 0 });
  assert.deepEqual(Object.keys(status).sort(), ["at", "engines", "kinds"]);
  assert.match(answer.headers.get("cache-control") ?? "", /max-age/);
  queue.pass(200);
  const later = await read<QueueStatus>(call(jobs, "GET", "/v1/status"));
  assert.deepEqual(later.engines, { idle: 0, busy: 0, silent: 2 });
});

interface Heard {
  readonly id: string;
  readonly state: string;
  readonly position: number | null;
}
/** Reads a stream until it ends; `each` may act on what was heard, and stop reading by returning true. */
async function listen(
  id: string,
  lastEventId?: string,
  each: (heard: Heard) => Promise<unknown> = async () => {},
): Promise<{ heard: Heard[]; status: number; text: string }> {
  const answer = await call(streams, "GET", `/v1/jobs/${id}/events`, {
    token: USER,
    headers: lastEventId === undefined ? {} : { "last-event-id": lastEventId },
  });
  const heard: Heard[] = [];
  let text = "";
  let rest = "";
  for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    const blocks = (rest + chunk).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const data = /^data: (.*)$/m.exec(block)?.[1];
      const eventId = /^id: (.*)$/m.exec(block)?.[1];
      if (data === undefined || eventId === undefined) continue;
      const { state, position } = JSON.parse(data);
      heard.push({ id: eventId, state, position });
      if ((await each({ id: eventId, state, position })) === true)
        return { heard, status: answer.status, text };
    }
  }
  return { heard, status: answer.status, text };
}

test("the stream sends each state once, with ids, and ends with the job", async () => {
  const { id } = await queue.submit();
  let leaseId = "";
  const { heard, text } = await listen(id, undefined, async ({ state }) => {
    if (state === "queued") leaseId = (await queue.lease())[0]?.leaseId ?? "";
    if (state === "running") await queue.complete(leaseId);
  });
  const states = heard.map(({ state }) => state);
  assert.equal(states[0], "queued");
  assert.equal(states.at(-1), "succeeded");
  assert.ok(states.includes("running"));
  assert.equal(new Set(heard.map((event) => event.id)).size, heard.length);
  assert.match(text, /^retry: 1000\n\n/);
});

test("a resumed stream repeats nothing and loses nothing; an ended job is 204", async () => {
  const { id } = await queue.submit();
  const first = await listen(id, undefined, async () => true);
  const last = first.heard[0]?.id;
  const [lease] = await queue.lease();
  await queue.complete(lease?.leaseId ?? "");
  const second = await listen(id, last);
  assert.deepEqual(
    second.heard.map(({ state }) => state),
    ["succeeded"],
  );
  const third = await listen(id, second.heard[0]?.id);
  assert.deepEqual([third.status, third.heard], [204, []]);
});

test("with every place of streams taken, jobs are still submitted and read", async () => {
  const { id } = await queue.submit();
  // As functions-framework runs them, each in an instance of its own; a path leads to the function that Hosting would choose.
  const origins: Record<string, string> = {};
  for (const [name, app] of Object.entries({ jobs, streams })) {
    serve(name, httpFunction(app));
    const server = getTestServer(name).listen(0, "127.0.0.1");
    await once(server, "listening");
    after(() => server.close().closeAllConnections());
    // A TCP server's address is of this shape.
    origins[name] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
  const leaving = new AbortController();
  const ask = (method: string, path: string, body?: unknown) =>
    fetch(`${origins[rewriteFor(path) ?? ""]}${path}`, {
      method,
      headers: { authorization: `Bearer ${USER}`, "content-type": "application/json" },
      signal: leaving.signal,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const events = `/v1/jobs/${id}/events`;
  for (let opened = 0; opened < STREAMS; opened++) {
    const answer = await ask("GET", events);
    const first = await answer.body?.getReader().read();
    assert.match(Buffer.from(first?.value ?? []).toString(), /^retry/);
  }
  await refuses(ask("GET", events), 429, "rate_limited");
  assert.equal((await ask("HEAD", events)).status, 200);
  const video = await queue.upload();
  const body = { kind: "scene", title: "t", params: { location: "indoor" }, inputs: { video } };
  assert.equal((await ask("POST", "/v1/jobs", body)).status, 202);
  assert.equal((await ask("GET", `/v1/jobs/${id}`)).status, 200);
  leaving.abort();
});

test("a stream isn't opened after the end of its session, or of the membership", async () => {
  const { id } = await queue.submit();
  const ask = () => call(streams, "GET", `/v1/jobs/${id}/events`, { token: USER });
  watcher = { live: false, member: true };
  await refuses(ask(), 401, "token_invalid");
  // Left between the look for the job and this: the session is alive, and the phone has no reason to refresh.
  watcher = { live: true, member: false };
  await refuses(ask(), 404, "not_found");
  watcher = { live: true, member: true };
});

test("the place in line is sent when other jobs move it, without a change of the job", async () => {
  await queue.submit();
  queue.pass(1);
  const { id } = await queue.submit();
  const { heard } = await listen(id, undefined, async ({ position }) => {
    if (position === 2) await queue.lease();
    return position === 1;
  });
  assert.deepEqual(
    heard.map(({ position }) => position),
    [2, 1],
  );
});
