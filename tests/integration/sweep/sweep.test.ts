/** `sweep`: what it repairs and removes, and what it leaves. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, beforeEach, test } from "node:test";
import { purgeNotifications } from "#functions/sweep/notificationRepairs.ts";
import { ingestPendingUploads } from "#functions/sweep/pendingUploads.ts";
import { purgeSpaces } from "#functions/sweep/purgeSpaces.ts";
import { type RepairDeps, repairsOf } from "#functions/sweep/repairs.ts";
import { runRepairs } from "#functions/sweep/runRepairs.ts";
import { removeStrayObjects } from "#functions/sweep/strayObjects.ts";
import { removeExpiredUploads, removeStrayUploads } from "#functions/sweep/uploadRepairs.ts";
import type { TestDatabase } from "#local/testing/backends.ts";
import { plusSeconds } from "#shared/platform/clock.ts";
import { purgeIdempotencyKeys } from "#shared/platform/idempotency/sql.ts";
import { randomId } from "#shared/platform/ids.ts";
import { silentLogger } from "#shared/platform/log/logger.ts";
import { audit } from "#shared/platform/sql/auditLog.ts";
import { UNLIMITED } from "#shared/platform/timeLimit.ts";
import { jobSchema } from "#shared/queue/jobDocument.ts";
import { type SyncDeps, syncResult } from "#shared/results/syncResult.ts";
import { createUpload } from "#shared/uploads/createUpload.ts";
import { type QueueHarness, SPACE } from "../queue/harness.ts";
import { family, resultOf, sqlOf, writeResult } from "../results/harness.ts";
import { type SweepHarness, sweepHarness } from "./harness.ts";

/** The beginning of an MP4: a box of type ftyp with the brand isom. */
const MP4 = Buffer.concat([
  Buffer.from("000000186674797069736f6d0000020069736f6d6d703431", "hex"),
  Buffer.alloc(40),
]);

const LIMITS = { atOnce: 4, graceSeconds: 10, maxSeconds: 60, log: silentLogger };

let harness: SweepHarness;
let queue: QueueHarness;
let backend: TestDatabase;
let sync: SyncDeps;
let deps: RepairDeps;
before(async () => {
  harness = await sweepHarness();
  ({ queue, backend, sync, deps } = harness);
});
beforeEach(() => harness.clear());
after(() => harness.drop());

test("with nothing to repair everything is well, also three times at once", async () => {
  const runs = await Promise.all([1, 2, 3].map(() => runRepairs(repairsOf(deps), LIMITS)));
  for (const run of runs) {
    assert.deepEqual(
      run.repairs.filter((repair) => !repair.ok),
      [],
    );
    assert.equal(run.left, 0);
    assert.ok(run.repairs.length >= 18);
  }
});

test("the README says what each repair is for, by its name, in the order of the run", () => {
  const table = readFileSync(new URL("../../../functions/sweep/README.md", import.meta.url), "utf8");
  const named = [...table.matchAll(/^\| `(\w+)` \|/gm)].map((line) => line[1]);
  assert.deepEqual(
    named,
    repairsOf(deps).map((repair) => repair.name),
  );
});

test("one run repairs what crashes left: row, removal, unpublished event, ended lease", async () => {
  const home = await family({ backend });
  const world = { objects: queue.resources, store: queue.backend, backend };
  const [lost, removed] = [await resultOf(world, home), await resultOf(world, home)];
  for (const result of [lost, removed]) {
    await writeResult(world, result.jobId, result);
    await syncResult(result.jobId, sync);
  }
  await backend.pool.query("DELETE FROM resources");
  await backend.pool.query("UPDATE result_versions SET state = 'erased' WHERE job_id = $1", [removed.jobId]);
  await backend.pool.query("INSERT INTO removals (job_id, object_prefix, requested_at) VALUES ($1, $2, $3)", [
    removed.jobId,
    `spaces/${home.spaceId}/jobs/${removed.jobId}/`,
    queue.now,
  ]);
  const job = await queue.submit();
  await queue.lease({ seconds: 60 });
  queue.pass(3600);
  const report = await runRepairs(repairsOf(deps), { ...LIMITS, atOnce: 1 });
  assert.deepEqual(
    report.repairs.filter((repair) => !repair.ok),
    [],
  );
  const did = Object.fromEntries(report.repairs.map((repair) => [repair.name, repair.did]));
  assert.deepEqual(did.publish_outbox, { published: 2 });
  assert.deepEqual(did.finish_removals, { finished: 1 });
  assert.equal(did.reconcile_results?.mended, 1);
  assert.equal(did.end_expired_leases?.repaired, 1);
  assert.equal((await sqlOf(world, lost.jobId)).title, lost.title);
  assert.equal((await queue.firestore.doc(`results/${removed.jobId}`).get()).exists, false);
  assert.equal((await queue.job(job.id)).state, "queued");
});

test("objects that no result or lease names are removed; young ones stay", async () => {
  const home = await family({ backend });
  const world = { objects: queue.resources, store: queue.backend, backend };
  const shown = await resultOf(world, home);
  await writeResult(world, shown.jobId, shown);
  await syncResult(shown.jobId, sync);
  const aside = await resultOf(world, home);
  await writeResult(world, aside.jobId, { ...aside, title: 7 });
  await syncResult(aside.jobId, sync);

  const running = await queue.submit();
  await queue.lease({ seconds: 30 });
  queue.pass(60);
  await runRepairs(
    repairsOf(deps).filter((repair) => repair.name === "end_expired_leases"),
    LIMITS,
  );
  await queue.lease();
  assert.equal((await queue.job(running.id)).leaseNumber, 2);
  const kept = [
    shown.files[0]?.object,
    aside.files[0]?.object,
    `spaces/${SPACE}/jobs/${running.id}/2/scene.glb`,
  ];
  const gone = [
    `spaces/${SPACE}/jobs/${running.id}/1/scene.glb`,
    `spaces/${SPACE}/jobs/${randomId()}/1/scene.glb`,
    `spaces/${home.spaceId}/jobs/${shown.jobId}/7/scene.glb`,
    "spaces/what/is/this",
  ];
  for (const name of [kept[2], ...gone]) queue.resources.put(name ?? "", Buffer.from("x"));
  queue.resources.put("quarantine/x.json", Buffer.from("{}"));

  const young = {
    db: harness.db,
    firestore: queue.firestore,
    objects: queue.resources,
    clock: () => new Date(3_600_000),
  };
  assert.equal((await removeStrayObjects(young)).did.removed, 0);
  let [place, looked, removed]: [string | undefined, number, number] = [undefined, 0, 0];
  do {
    const page = await removeStrayObjects({ ...young, clock: () => queue.now }, place, UNLIMITED, 2);
    place = page.next ?? undefined;
    looked += page.did.looked ?? 0;
    removed += page.did.removed ?? 0;
  } while (place !== undefined);
  assert.deepEqual([looked, removed], [7, 4]);
  assert.deepEqual(queue.resources.names(), [...kept, "quarantine/x.json"].toSorted());
});

test("an upload whose event was lost gets its verdict, and its job; others wait", async () => {
  const pending = { state: "pending", received: null, size: MP4.length, createdAt: queue.now } as const;
  const ids = [await queue.upload(pending), await queue.upload(pending), await queue.upload(pending)];
  const [arrived = "", refused = "", missing = ""] = ids;
  const jobs = await Promise.all(ids.map((video) => queue.submit({ body: { inputs: { video } } })));
  queue.uploads.put(`spaces/${SPACE}/uploads/${arrived}`, MP4);
  queue.uploads.put(`spaces/${SPACE}/uploads/${refused}`, Buffer.from("words"));
  const states = () => Promise.all(jobs.map(async ({ id }) => (await queue.job(id)).state));
  const run = () =>
    runRepairs(
      repairsOf(deps).filter((repair) => repair.name === "ingest_pending_uploads"),
      LIMITS,
    );

  queue.pass(299);
  await run();
  assert.deepEqual(await states(), ["awaiting_upload", "awaiting_upload", "awaiting_upload"]);
  queue.pass(301);
  const { repairs } = await run();
  assert.deepEqual(repairs[0]?.did, { looked: 3, ingested: 2 });
  assert.deepEqual(await states(), ["queued", "failed", "awaiting_upload"]);
  assert.deepEqual(queue.uploads.names(), [`spaces/${SPACE}/uploads/${arrived}`]);
  assert.equal((await queue.firestore.doc(`uploads/${missing}`).get()).get("state"), "pending");
});

test("pending uploads are walked page by page, and one that fails stops no other", async () => {
  const pending = { state: "pending", received: null, size: MP4.length, createdAt: queue.now } as const;
  const ids = [await queue.upload(pending), await queue.upload(pending), await queue.upload(pending)].sort();
  for (const id of ids) queue.uploads.put(`spaces/${SPACE}/uploads/${id}`, MP4);
  await queue.firestore.doc(`uploads/${ids[0]}`).update({ size: "large" });
  queue.pass(300);
  const ingestion = { ...deps, objects: queue.uploads, notifyJobs: async () => {} };
  const first = await ingestPendingUploads(ingestion, {}, UNLIMITED, 2);
  assert.deepEqual([first.looked, first.ingested, first.errors.length], [2, 1, 1]);
  assert.equal(first.next, `2026-03-01T10:00:00.000Z ${ids[1]}`);
  const second = await ingestPendingUploads(ingestion, { place: first.next ?? "" }, UNLIMITED, 2);
  assert.deepEqual([second.looked, second.ingested, second.errors.length, second.next], [1, 1, 0, null]);
});

test("uploads past their time are removed, except those that an open job needs", async () => {
  const put = (id: string) => queue.uploads.put(`spaces/${SPACE}/uploads/${id}`, Buffer.from("x"));
  const [needed, over, fresh] = [
    await queue.upload(),
    await queue.upload(),
    await queue.upload({ expiresAt: plusSeconds(queue.now, 30 * 86_400) }),
  ];
  const job = await queue.submit({ body: { inputs: { video: needed } } });
  for (const id of [needed, over, fresh]) put(id);
  const stray = randomId();
  put(stray);
  queue.uploads.put("what/is/this", Buffer.from("x"));
  queue.pass(7 * 86_400 + 60);

  assert.deepEqual((await removeExpiredUploads(deps)).did, { looked: 2, removed: 1, extended: 1 });
  assert.deepEqual((await removeExpiredUploads(deps)).did, { looked: 0, removed: 0, extended: 0 });
  const { did, next } = await removeStrayUploads(deps);
  assert.deepEqual([did, next], [{ looked: 4, removed: 2 }, null]);
  assert.deepEqual(
    queue.uploads.names(),
    [needed, fresh].map((id) => `spaces/${SPACE}/uploads/${id}`).toSorted(),
  );
  assert.equal((await queue.firestore.doc(`uploads/${over}`).get()).exists, false);

  // Its document may go by Firestore's own hand; the object stays while the job is open.
  await queue.firestore.doc(`uploads/${needed}`).delete();
  assert.equal((await removeStrayUploads(deps)).did.removed, 0);
  const ended = jobSchema.parse((await queue.firestore.doc(`jobs/${job.id}`).get()).data());
  await queue.firestore.doc(`jobs/${job.id}`).set({ ...ended, state: "cancelled", finishedAt: queue.now });
  assert.equal((await removeStrayUploads(deps)).did.removed, 1);
});

test("an upload goes after the setting's days, and not while an open job needs it", async () => {
  const video = { contentType: "video/mp4", size: MP4.length, spaceId: SPACE, userId: "u" };
  for (const retentionDays of [2, 9]) {
    const uploading = { ...queue.deps, objects: queue.uploads, retentionDays, bytesPerSpace: undefined };
    const needed = await createUpload(video, uploading);
    const free = await createUpload(video, uploading);
    await queue.submit({ body: { inputs: { video: needed.id } } });
    const left = async () => {
      await removeExpiredUploads(deps);
      const documents = [needed, free].map(({ id }) => queue.firestore.doc(`uploads/${id}`).get());
      return (await Promise.all(documents)).map(({ exists }) => exists);
    };
    queue.pass(retentionDays * 86_400 - 1);
    assert.deepEqual(await left(), [true, true]);
    queue.pass(1);
    assert.deepEqual(await left(), [true, false]);
  }
});

test("lines of the audit log go after the setting's days, younger ones stay", async () => {
  const days = (count: number) => plusSeconds(queue.now, count * 86_400);
  for (const [at, sessionId] of [[days(0), randomId()] as const, [days(2), randomId()] as const])
    await audit(backend.pool, { action: "signed_in", sessionId }, at);
  const settings = { ...deps, auditRetentionDays: 30 };
  const purge = repairsOf(settings).filter(({ name }) => name === "purge_accounts");
  const kept = async () => (await backend.pool.query("SELECT 1 FROM audit_log")).rowCount;
  for (const [passed, left] of [
    [29, 2],
    [2, 1],
    [2, 0],
  ] as const) {
    queue.pass(passed * 86_400);
    await runRepairs(purge, LIMITS);
    assert.equal(await kept(), left);
  }
});

test("uploads and jobs of the last hour are looked at often, older ones by slow walks", async () => {
  const pending = { state: "pending", received: null, size: MP4.length } as const;
  const submit = (video: string) => queue.submit({ body: { inputs: { video } } });
  const arrive = (video: string) => queue.uploads.put(`spaces/${SPACE}/uploads/${video}`, MP4);
  const [old, notified] = [await queue.upload(pending), await queue.upload(pending)];
  const oldJobs = [await submit(old), await submit(notified)];
  queue.pass(3601);
  const fresh = await queue.upload({ ...pending, createdAt: queue.now });
  const freshJob = await submit(fresh);
  queue.pass(301);
  for (const video of [old, fresh]) arrive(video);
  // Its verdict was committed, and the job did not learn of it.
  await queue.firestore.doc(`uploads/${notified}`).update({
    state: "received",
    received: { generation: "1", size: MP4.length, crc32c: "AAAAAA==", contentType: "video/mp4" },
  });
  const run = (schedule: string) =>
    runRepairs(
      repairsOf(deps).filter((repair) => repair.schedule === schedule),
      LIMITS,
    );
  const states = () => Promise.all([...oldJobs, freshJob].map(async ({ id }) => (await queue.job(id)).state));

  await run("urgent");
  assert.deepEqual(await states(), ["awaiting_upload", "awaiting_upload", "queued"]);
  await run("slow");
  assert.deepEqual(await states(), ["queued", "queued", "queued"]);
});

test("expired uploads are walked in pages: what stays is looked at once in a walk", async () => {
  const ids: string[] = [];
  for (const seconds of [1, 2, 3, 4, 5])
    ids.push(await queue.upload({ expiresAt: plusSeconds(queue.now, seconds) }));
  queue.pass(3); // two stay for a while
  const looked: unknown[] = [];
  let place: string | undefined;
  do {
    const page = await removeExpiredUploads(deps, place, UNLIMITED, 2);
    looked.push(page.did);
    place = page.next ?? undefined;
  } while (place !== undefined);
  assert.deepEqual(looked, [
    { looked: 2, removed: 2, extended: 0 },
    { looked: 2, removed: 1, extended: 0 },
    { looked: 1, removed: 0, extended: 0 },
  ]);
  assert.equal((await queue.firestore.collection("uploads").get()).size, 2);
});

test("a statement of retention deletes a bounded number of rows; the next run goes on", async () => {
  const { pool } = backend;
  await pool.query(
    `INSERT INTO users (id, email, email_verified, created_at) VALUES ('giver', 'giver@example.com', true, now());
     INSERT INTO invitations (id, giver_id, recipient_key, mail_state, created_at, expires_at)
       SELECT lpad(n::text, 26, 'i'), 'giver', decode(repeat('00', 32), 'hex'), 'sent', '2025-01-01', '2025-01-02' FROM generate_series(1, 5) AS n;
     INSERT INTO daily_counts (giver_key, what, recipient_key, day, count)
       SELECT decode(repeat('00', 32), 'hex'), 'invite', ''::bytea, '2025-01-01'::date + n, 1 FROM generate_series(1, 5) AS n;
     INSERT INTO notifications (event_id, event, user_id, received_at)
       SELECT 'event' || n, '{}', 'giver', '2025-01-01' FROM generate_series(1, 5) AS n;
     INSERT INTO outbox (id, event, created_at, published_at)
       SELECT 'event' || n, '{}', '2025-01-01', '2025-01-01' FROM generate_series(1, 5) AS n;
     INSERT INTO idempotency_keys (caller, route, key, body_hash, status, headers, body, expires_at)
       SELECT 'giver', 'POST /', n::text, decode(repeat('00', 32), 'hex'), 200, '{}', '{}', '2025-01-01' FROM generate_series(1, 5) AS n;`,
  );
  const rounds = async (purge: (limit: number) => Promise<number>) => [
    await purge(2),
    await purge(2),
    await purge(2),
    await purge(2),
  ];
  const { db } = harness;
  assert.deepEqual(await rounds((limit) => purgeSpaces(db, queue.now, limit)), [4, 4, 2, 0]);
  assert.deepEqual(await rounds((limit) => purgeNotifications(db, queue.now, limit)), [4, 4, 2, 0]);
  assert.deepEqual(await rounds((limit) => purgeIdempotencyKeys(db, queue.now, limit)), [2, 2, 1, 0]);
});
