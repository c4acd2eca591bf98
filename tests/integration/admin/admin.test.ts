/** What an administrator asks for, over the app's own routes. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { adminApp } from "#functions/admin/routes.ts";
import { idsOfSample } from "#functions/admin/sample.ts";
import { type TestDatabase, testDatabase } from "#local/testing/backends.ts";
import { errors } from "#shared/platform/errors.ts";
import type { App } from "#shared/platform/http/appEnv.ts";
import { randomId } from "#shared/platform/ids.ts";
import { silentLogger } from "#shared/platform/log/logger.ts";
import type { Database } from "#shared/platform/sql/pool.ts";
import { resourceIdOf, SAMPLES_SPACE } from "#shared/results/resultDocument.ts";
import { type SyncDeps, syncResult } from "#shared/results/syncResult.ts";
import { type QueueHarness, queueHarness } from "../queue/harness.ts";
import { type Family, family, resultOf, writeResult } from "../results/harness.ts";

let queue: QueueHarness;
let backend: TestDatabase;
let db: Database;
let sync: SyncDeps;
let app: App;
let home: Family;
const world = () => ({ objects: queue.resources, store: queue.backend, backend });
before(async () => {
  [queue, backend] = await Promise.all([queueHarness(), testDatabase()]);
  db = backend.as("admin", 2);
  home = await family({ backend });
  const { clock, kinds, firestore } = queue.deps;
  sync = {
    db,
    firestore,
    kinds,
    clock,
    log: silentLogger,
    objects: queue.resources,
    publish: async () => {},
    raiseFeeds: async () => {},
  };
  const deps = {
    http: {
      log: silentLogger,
      newId: randomId,
      edge: "none" as const,
      refuseUndeclaredErrors: true,
      verifyServiceToken: async (token: string) => {
        if (token !== "admin") throw errors.unauthenticated("no");
        return { email: "admin@example.com", subject: "1234567890" };
      },
    },
    sync,
    submit: { ...queue.deps, openJobsPerSpace: Number.POSITIVE_INFINITY },
    upload: { ...queue.deps, objects: queue.uploads, retentionDays: 7, bytesPerSpace: undefined },
    samples: queue.deps,
  };
  app = adminApp(() => deps);
});
after(async () => {
  await Promise.all([queue.backend.drop(), backend.drop()]);
});

interface Answer {
  readonly status: number;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: compared with what is expected, field by field
  readonly json: any;
}

async function call(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const answer = await app.request(
    path,
    {
      method,
      headers: {
        authorization: "Bearer admin",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    },
    {},
  );
  const text = await answer.text();
  return { status: answer.status, text, json: text === "" ? undefined : JSON.parse(text) };
}

async function quarantined(spoilt: object = {}) {
  const result = await resultOf(world(), home);
  await writeResult(world(), result.jobId, { ...result, title: 7, ...spoilt });
  assert.equal(await syncResult(result.jobId, sync), "quarantined");
  queue.pass(1);
  return result;
}

test("only an administrator gets in", async () => {
  for (const [method, path] of [
    ["GET", "/v1/admin/quarantine"],
    ["GET", "/v1/admin/quarantine/x"],
    ["POST", "/v1/admin/quarantine/x/replay"],
    ["GET", "/v1/admin/dead-letters"],
    ["POST", "/v1/admin/dead-letters/x/retry"],
    ["GET", "/v1/admin/paused-engines"],
    ["POST", "/v1/admin/paused-engines/x/resume"],
    ["POST", "/v1/admin/samples"],
    ["POST", "/v1/admin/samples/files"],
    ["POST", "/v1/admin/samples/imports"],
    ["POST", "/v1/admin/uploads"],
    ["POST", "/v1/admin/audit"],
  ] as const) {
    const { status } = await call(method, path, undefined, { authorization: "Bearer someone" });
    assert.equal(status, 401, path);
  }
});

test("quarantined documents are listed newest first in pages, and shown whole", async () => {
  const aside = [await quarantined(), await quarantined({ junk: "x".repeat(300_000) }), await quarantined()];
  const newest = aside.map((result) => result.jobId).toReversed();
  const first = (await call("GET", "/v1/admin/quarantine?limit=2")).json;
  const second = (await call("GET", `/v1/admin/quarantine?limit=2&cursor=${first.nextCursor}`)).json;
  assert.deepEqual(
    [...first.items, ...second.items].map((item: { id: string }) => item.id),
    newest,
  );
  assert.equal(second.nextCursor, null);
  const { quarantinedAt: _, version, ...item } = first.items[0];
  assert.deepEqual(item, {
    id: newest[0],
    code: "malformed",
    detail: "title: invalid_type",
    spaceId: home.spaceId,
  });
  assert.match(version, /^\d{4}-.*\.\d{6}Z$/);
  for (const result of aside) {
    const { payload } = (await call("GET", `/v1/admin/quarantine/${result.jobId}`)).json;
    assert.equal(JSON.parse(payload).title, 7);
  }
});

test("a replay answers: still unreadable, or synced after the document was corrected", async () => {
  const result = await quarantined();
  const replay = () => call("POST", `/v1/admin/quarantine/${result.jobId}/replay`);
  assert.deepEqual((await replay()).json, { id: result.jobId, outcome: "quarantined" });
  await writeResult(world(), result.jobId, result);
  assert.deepEqual((await replay()).json, { id: result.jobId, outcome: "synced" });
  assert.equal((await replay()).status, 404);
});

test("ids that are none get 404 and no more", async () => {
  for (const id of ["nothing", "..%2F..%2Fx", "a%2Fb%2Fc", "__x__", ".", "%00", "x".repeat(2_000)]) {
    assert.equal((await call("GET", `/v1/admin/quarantine/${id}`)).status, 404, id);
    // A URL's "." is dropped before it is sent, which leaves GET's path of the id "replay".
    const replayed = id === "." ? 405 : 404;
    assert.equal((await call("POST", `/v1/admin/quarantine/${id}/replay`)).status, replayed, id);
    assert.equal((await call("POST", `/v1/admin/dead-letters/${id}/retry`)).status, 404, id);
  }
});

test("dead letters show reasons and no family's words; a retry puts one in line again", async () => {
  const failed: string[] = [];
  for (let i = 0; i < 3; i++) {
    const { id } = await queue.submit({ body: { title: "Our garden" } });
    const [lease] = await queue.lease();
    await queue.giveBack(lease?.leaseId ?? "", {
      type: "fail",
      code: "video_unreadable",
      message: "It can't be read.",
      retryable: false,
    });
    failed.unshift(id);
    queue.pass(1);
  }
  const first = (await call("GET", "/v1/admin/dead-letters?limit=2")).json;
  const second = (await call("GET", `/v1/admin/dead-letters?limit=2&cursor=${first.nextCursor}`)).json;
  assert.deepEqual(
    [...first.items, ...second.items].map((item: { id: string }) => item.id),
    failed,
  );
  assert.equal(first.items[0].error.code, "video_unreadable");
  assert.doesNotMatch(JSON.stringify(first), /garden/);

  const retried = await call("POST", `/v1/admin/dead-letters/${failed[0]}/retry`);
  assert.deepEqual([retried.status, retried.json.state, retried.json.error], [200, "queued", null]);
  assert.equal((await queue.job(failed[0] ?? "")).state, "queued");
  const again = await call("POST", `/v1/admin/dead-letters/${failed[0]}/retry`);
  assert.deepEqual([again.status, again.json.code], [409, "job_not_finished"]);
  const left = (await call("GET", "/v1/admin/dead-letters")).json;
  assert.deepEqual(
    left.items.map((item: { id: string }) => item.id),
    failed.slice(1),
  );
});

test("a sample goes the way of a family's job, once per key, without families' limits", async () => {
  const upload = await call("POST", "/v1/admin/uploads", { contentType: "video/mp4", size: 1000 });
  assert.equal(upload.status, 201);
  assert.match(upload.json.url, new RegExp(`spaces/${SAMPLES_SPACE}/uploads/`));
  await queue.firestore.doc(`uploads/${upload.json.id}`).update({
    state: "received",
    received: { generation: "1", size: 1000, crc32c: "AAAAAA==", contentType: "video/mp4" },
  });
  const body = {
    kind: "scene",
    title: "A sample",
    params: { location: "outdoor" },
    inputs: { video: upload.json.id },
  };
  const key = randomId();
  const answers = [
    await call("POST", "/v1/admin/samples", body, { "idempotency-key": key }),
    await call("POST", "/v1/admin/samples", body, { "idempotency-key": key }),
  ];
  assert.deepEqual([answers[0]?.status, answers[0]?.text], [202, answers[1]?.text]);
  const job = answers[0]?.json;
  const leases = await queue.lease({ max: 10 });
  const mine = leases.find((lease) => lease.job.id === job.id);
  await queue.complete(mine?.leaseId ?? "");
  assert.equal(await syncResult(job.id, sync), "synced");
  const { rows } = await backend.pool.query("SELECT space_id, title FROM resources WHERE id = $1", [
    job.resourceId,
  ]);
  assert.deepEqual(rows, [{ space_id: null, title: "A sample" }]);
  assert.equal(job.resourceId, resourceIdOf(job.id));

  const foreign = await queue.upload();
  const refused = await call("POST", "/v1/admin/samples", { ...body, inputs: { video: foreign } });
  assert.deepEqual([refused.status, refused.json.code], [422, "upload_unknown"]);
  assert.equal((await call("POST", "/v1/admin/samples", { ...body, extra: 1 })).status, 400);
  assert.equal((await call("POST", "/v1/admin/uploads", { contentType: "text/html", size: 1 })).status, 400);
});

test("reconciling on demand says what differed and was mended, with or without a body", async () => {
  await call("POST", "/v1/admin/audit");
  const result = await resultOf(world(), home);
  await writeResult(world(), result.jobId, result);
  const { status, json } = await call("POST", "/v1/admin/audit", {});
  assert.deepEqual(
    [status, json.missing, json.mended, json.failed, json.nextCursor, json.differences],
    [200, 1, 1, 0, null, [{ jobId: result.jobId, difference: "missing" }]],
  );
  const again = (await call("POST", "/v1/admin/audit", { cursor: null })).json;
  assert.deepEqual([again.mended, again.checked], [0, json.checked]);
  assert.equal((await call("POST", "/v1/admin/audit", { cursor: "zzzz" })).json.checked, 0);
  for (const body of [
    { cursor: "a/b" },
    { cursor: ".." },
    { cursor: "__x__" },
    { cursor: 7 },
    { all: true },
    [],
    "x",
  ])
    assert.equal((await call("POST", "/v1/admin/audit", body)).status, 400);
});

test("the diagnosis shows login, quarantine, failed jobs and reconciliation", async () => {
  await queue.backend.clear();
  await backend.pool.query("DELETE FROM walks");
  const before = await call("GET", "/v1/admin/diagnosis");
  assert.equal(before.status, 200);
  const { sql, compiledFiles, ...rest } = before.json;
  assert.match(sql.user, /^reverie-admin@/);
  assert.deepEqual([sql.roles, sql.encrypted], [["reverie_admin"], false]);
  assert.equal(typeof compiledFiles, "number");
  assert.deepEqual(rest, {
    at: queue.now.toISOString(),
    callerCountedAs: "unknown",
    quarantined: 0,
    failedJobs: 0,
    nextReconciliationAt: null,
  });

  await quarantined();
  await backend.pool.query(
    "INSERT INTO walks (name, spent_ms, next_at) VALUES ('reconcile_results', 0, '2026-01-02T03:04:05Z')",
  );
  const { json } = await call("GET", "/v1/admin/diagnosis");
  assert.deepEqual([json.quarantined, json.nextReconciliationAt], [1, "2026-01-02T03:04:05.000Z"]);
});

test("a sample's set of files becomes a resource of everyone's, once", async () => {
  const { jobId } = idsOfSample("garden");
  const bytes = Buffer.from("glTF of a garden");
  const glb = { name: "garden.glb", contentType: "model/gltf-binary", size: bytes.length };
  const png = { name: "a.png", contentType: "image/png", size: bytes.length };
  const signed = await call("POST", "/v1/admin/samples/files", {
    name: "garden",
    kind: "scene",
    files: [glb, png],
  });
  assert.equal(signed.status, 200);
  assert.deepEqual(
    signed.json.files.map(({ name, url }: Record<string, string>) => [name, new URL(url ?? "").pathname]),
    [glb, png].map(({ name }) => [name, `/spaces/samples/jobs/${jobId}/1/${name}`]),
  );

  const about = { name: "garden", kind: "scene", title: "A garden", params: { location: "outdoor" } };
  const absent = { ...glb, crc32c: "AAAAAA==" };
  const early = await call("POST", "/v1/admin/samples/imports", { ...about, files: [absent] });
  assert.deepEqual([early.status, early.json.code], [422, "output_missing"]);
  const at = (name: string) => `spaces/samples/jobs/${jobId}/1/${name}`;
  const model = { ...glb, crc32c: queue.resources.put(at(glb.name), bytes).crc32c };
  const wrong = { ...png, crc32c: queue.resources.put(at(png.name), bytes).crc32c };
  const spoilt = await call("POST", "/v1/admin/samples/imports", { ...about, files: [model, wrong] });
  assert.deepEqual([spoilt.status, spoilt.json.code], [422, "outputs_rejected"]);
  assert.match(spoilt.json.errors[0].message, /a\.png/);
  const odd = { ...about, params: { location: "moon" }, files: [model] };
  assert.equal((await call("POST", "/v1/admin/samples/imports", odd)).json.code, "invalid_request");
  assert.equal((await queue.firestore.doc(`results/${jobId}`).get()).exists, false);

  const answers = await Promise.all(
    [1, 2, 3].map(() => call("POST", "/v1/admin/samples/imports", { ...about, files: [model] })),
  );
  for (const { status, json } of answers) assert.deepEqual([status, json], [200, { id: signed.json.id }]);
  assert.equal(await syncResult(jobId, sync), "synced");
  const { rows } = await backend.pool.query("SELECT title, space_id FROM resources WHERE id = $1", [
    signed.json.id,
  ]);
  assert.deepEqual(rows, [{ title: "A garden", space_id: null }]);
  const again = await call("POST", "/v1/admin/samples/imports", { ...about, title: "Else", files: [absent] });
  assert.deepEqual([again.status, again.json], [200, { id: signed.json.id }]);
  assert.equal(await syncResult(jobId, sync), "unchanged");
});
