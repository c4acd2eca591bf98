/** `sweep`: what it removes and what it leaves, and that a repair that fails stops no other. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, beforeEach, test } from "node:test";
import { ingestPendingUploads } from "#functions/sweep/pendingUploads.ts";
import { type RepairDeps, repairsOf } from "#functions/sweep/repairs.ts";
import { sweepApp } from "#functions/sweep/routes.ts";
import { type Repair, runRepairs } from "#functions/sweep/runRepairs.ts";
import { removeStrayObjects } from "#functions/sweep/strayObjects.ts";
import { removeExpiredUploads, removeStrayUploads } from "#functions/sweep/uploadRepairs.ts";
import { walkOn } from "#functions/sweep/walk.ts";
import { type TestDatabase, testDatabase } from "#local/testing/backends.ts";
import { plusSeconds } from "#shared/platform/clock.ts";
import { randomId } from "#shared/platform/ids.ts";
import { silentLogger } from "#shared/platform/log/logger.ts";
import type { Database } from "#shared/platform/sql/pool.ts";
import { jobSchema } from "#shared/queue/jobDocument.ts";
import { type SyncDeps, syncResult } from "#shared/results/syncResult.ts";
import { type QueueHarness, queueHarness, SPACE } from "../queue/harness.ts";
import { family, resultOf, sqlOf, testPool, writeResult } from "../results/harness.ts";

/** The beginning of an MP4: a box of type ftyp with the brand isom. */
const MP4 = Buffer.concat([
  Buffer.from("000000186674797069736f6d0000020069736f6d6d703431", "hex"),
  Buffer.alloc(40),
]);

let queue: QueueHarness;
let backend: TestDatabase;
let db: Database;
let sync: SyncDeps;
let deps: RepairDeps;
before(async () => {
  [queue, backend] = await Promise.all([queueHarness(), testDatabase()]);
  db = testPool(backend.url, 2); // as many as the instance of sweep has
  const { clock, kinds, firestore, publisher, tasks } = queue.deps;
  const common = { db, firestore, kinds, clock, log: silentLogger };
  sync = { ...common, objects: queue.resources, publish: async () => {} };
  deps = {
    ...sync,
    publisher,
    tasks,
    uploads: queue.uploads,
    queue: queue.deps,
    erasure: {
      ...common,
      uploads: queue.uploads,
      resources: queue.resources,
      firebase: { remove: async () => {} },
    },
  };
});
beforeEach(async () => {
  queue.now = new Date("2026-03-01T10:00:00Z");
  await queue.backend.clear();
  for (const store of [queue.uploads, queue.resources])
    for (const name of store.names()) await store.remove(name);
  await backend.pool.query("TRUNCATE walks, result_versions, users CASCADE");
});
after(async () => {
  await db.close();
  await Promise.all([queue.backend.drop(), backend.drop()]);
});

test("a repair that throws doesn't stop the others, and the answer names it", async () => {
  const ran: string[] = [];
  const repair = (name: string, run: Repair["run"]): Repair => ({
    name,
    run: () => {
      ran.push(name);
      return run();
    },
  });
  const repairs = [
    repair("throws", () => Promise.reject(new Error("Firestore is away"))),
    repair("works", async () => ({ did: { removed: 3 }, errors: [] })),
    repair("half", async () => ({ did: { done: 2 }, errors: [new Error("one of three")] })),
    repair("idle", async () => ({ did: {}, errors: [] })),
  ];
  const http = { log: silentLogger, newId: randomId, edge: "none" as const };
  const app = sweepApp(() => ({ http, repairs }));
  const answer = await app.request("/", { method: "POST" }, {});
  assert.equal(answer.status, 200);
  const report = JSON.parse(await answer.text()) as Awaited<ReturnType<typeof runRepairs>>; // the app's own schema
  assert.deepEqual(
    report.repairs.map(({ milliseconds: _, ...each }) => each),
    [
      { name: "throws", ok: false, did: {} },
      { name: "works", ok: true, did: { removed: 3 } },
      { name: "half", ok: false, did: { done: 2, errors: 1 } },
      { name: "idle", ok: true, did: {} },
    ],
  );
  assert.deepEqual([report.failed, report.left, ran.length], [2, 0, 4]);
  assert.equal((await runRepairs(repairs, { maxSeconds: -1, log: silentLogger })).left, 4);
  assert.equal((await app.request("/", { method: "GET" }, {})).status, 405);
});

test("with nothing to repair everything is well, also three times at once", async () => {
  const runs = await Promise.all(
    [1, 2, 3].map(() => runRepairs(repairsOf(deps), { maxSeconds: 60, log: silentLogger })),
  );
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
  const report = await runRepairs(repairsOf(deps), { maxSeconds: 60, log: silentLogger });
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

test("a walk continues where it stopped, repeats a failed slice, rests at its end", async () => {
  const seen: Array<string | undefined> = [];
  const spent: number[] = [];
  const restSeconds = (seconds: number) => {
    spent.push(seconds);
    return 3600;
  };
  const options = { db, clock: () => queue.now, restSeconds };
  const walk = (next: string | null, fails = false) =>
    walkOn("test", options, async (place) => {
      seen.push(place);
      if (fails) throw new Error("away");
      return { next, done: 1 };
    });
  assert.deepEqual(await walk("a"), { next: "a", done: 1 });
  await assert.rejects(walk("b", true));
  await walk(null);
  assert.equal(await walk("never"), undefined);
  queue.pass(3601);
  await walk(null);
  assert.deepEqual(seen, [undefined, "a", "a", undefined]);
  assert.equal(spent.length, 2, "a rest is asked for at the end of a walk only");
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
    { maxSeconds: 60, log: silentLogger },
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
    db,
    firestore: queue.firestore,
    objects: queue.resources,
    clock: () => new Date(3_600_000),
  };
  assert.equal((await removeStrayObjects(undefined, young)).removed, 0);
  let [place, looked, removed]: [string | undefined, number, number] = [undefined, 0, 0];
  do {
    const slice = await removeStrayObjects(place, { ...young, clock: () => queue.now }, 2);
    place = slice.next ?? undefined;
    looked += slice.looked;
    removed += slice.removed;
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
      { maxSeconds: 60, log: silentLogger },
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
  const first = await ingestPendingUploads(undefined, ingestion, 2);
  assert.deepEqual([first.looked, first.ingested, first.errors.length, first.next], [1, 1, 1, ids[1]]);
  const second = await ingestPendingUploads(ids[1], ingestion, 2);
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

  assert.deepEqual(await removeExpiredUploads(deps), { looked: 2, removed: 1, extended: 1 });
  assert.deepEqual(await removeExpiredUploads(deps), { looked: 0, removed: 0, extended: 0 });
  assert.deepEqual(await removeStrayUploads(undefined, deps), { looked: 4, removed: 2, next: null });
  assert.deepEqual(
    queue.uploads.names(),
    [needed, fresh].map((id) => `spaces/${SPACE}/uploads/${id}`).toSorted(),
  );
  assert.equal((await queue.firestore.doc(`uploads/${over}`).get()).exists, false);

  // Its document may go by Firestore's own hand; the object stays while the job is open.
  await queue.firestore.doc(`uploads/${needed}`).delete();
  assert.equal((await removeStrayUploads(undefined, deps)).removed, 0);
  const ended = jobSchema.parse((await queue.firestore.doc(`jobs/${job.id}`).get()).data());
  await queue.firestore.doc(`jobs/${job.id}`).set({ ...ended, state: "cancelled", finishedAt: queue.now });
  assert.equal((await removeStrayUploads(undefined, deps)).removed, 1);
});
