/** Reconciliation: what SQL lost, was changed by hand or invented is found and mended, and nothing else is touched. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { randomId } from "#shared/platform/ids.ts";
import { reconcileResults } from "#shared/results/reconcile.ts";
import { resourceIdOf } from "#shared/results/resultDocument.ts";
import { type Family, family, type ResultsWorld, resultOf, resultsWorld } from "./harness.ts";

/** 10,000 were tried as well; Firestore's emulator takes minutes for them. */
const RESULTS = Number(process.env.REVERIE_RECONCILE_RESULTS ?? 700);
const NOTHING = {
  missing: 0,
  stale: 0,
  changed: 0,
  invented: 0,
  recovered: 0,
  erased: 0,
  mended: 0,
  failed: 0,
};

let world: ResultsWorld;
let home: Family;
const jobIds: string[] = [];

before(async () => {
  world = await resultsWorld();
  home = await family(world);
  const writer = world.store.firestore.bulkWriter();
  for (let i = 0; i < RESULTS; i++) {
    const result = await resultOf(world, home, { title: `Result ${i}`, data: { i } });
    jobIds.push(result.jobId);
    void writer.create(world.store.firestore.doc(`results/${result.jobId}`), result);
  }
  await writer.close();
});
after(() => world.drop());

/** Every row, with the transaction that wrote it. */
const rowsWithWriters = async () =>
  (
    await world.backend.pool.query(
      `SELECT job_id, version::text, state, xmin::text AS writer, NULL AS title FROM result_versions
       UNION ALL SELECT job_id, completed_at::text, kind, xmin::text, title FROM resources ORDER BY 1, 3`,
    )
  ).rows;
/** What the library would show, byte for byte, without the mark that differs after every write. */
const contents = async () =>
  (
    await world.backend.pool.query(
      `SELECT to_jsonb(r) - 'version' AS row, (SELECT json_agg(f ORDER BY f.name) FROM resource_files f WHERE f.resource_id = r.id) AS files
       FROM resources r ORDER BY job_id`,
    )
  ).rows;

test("of an empty SQL all is missing; one run is the backfill, a second writes nothing", async () => {
  const { differences, ...report } = await reconcileResults(world.depsOf("sweep"));
  assert.deepEqual(report, {
    ...NOTHING,
    checked: RESULTS,
    missing: RESULTS,
    mended: RESULTS,
    quarantined: 0,
    nextCursor: null,
  });
  assert.equal(differences.length, Math.min(RESULTS, 1_000));
  const rows = await rowsWithWriters();
  assert.deepEqual(await reconcileResults(world.depsOf("sweep")), {
    ...NOTHING,
    checked: RESULTS,
    quarantined: 0,
    differences: [],
    nextCursor: null,
  });
  assert.deepEqual(await rowsWithWriters(), rows);
});

test("ten rows deleted, ten changed, ten invented: one run mends exactly those", async () => {
  const { pool } = world.backend;
  const before = await contents();
  const [deleted, changed] = [jobIds.slice(0, 10), jobIds.slice(10, 20)];
  await pool.query("DELETE FROM resources WHERE job_id = ANY($1)", [deleted]);
  await pool.query("DELETE FROM result_versions WHERE job_id = ANY($1)", [deleted.slice(0, 5)]);
  const damages = [
    "UPDATE resources SET title = 'Changed' WHERE job_id = $1",
    "UPDATE resources SET kind = 'avatar' WHERE job_id = $1",
    `UPDATE resources SET data = data || '{"i": -1}' WHERE job_id = $1`,
    `UPDATE resources SET params = '{}' WHERE job_id = $1`,
    "UPDATE resources SET created_by = NULL WHERE job_id = $1",
    "UPDATE resources SET hidden = true WHERE job_id = $1",
    "UPDATE resources SET completed_at = completed_at + interval '1 microsecond' WHERE job_id = $1",
    "UPDATE resource_files SET object = object || 'x' WHERE resource_id = (SELECT id FROM resources WHERE job_id = $1)",
    "DELETE FROM resource_files WHERE resource_id = (SELECT id FROM resources WHERE job_id = $1)",
    "UPDATE resources SET space_id = NULL WHERE job_id = $1",
  ];
  for (const [index, damage] of damages.entries()) await pool.query(damage, [changed[index]]);
  const invented = Array.from({ length: 10 }, () => randomId());
  for (const jobId of invented) {
    await pool.query("INSERT INTO result_versions (job_id, version, state) VALUES ($1, now(), 'synced')", [
      jobId,
    ]);
    await pool.query(
      `INSERT INTO resources (id, job_id, space_id, kind, title, params, lease_number, completed_at)
       VALUES ($1, $2, $3, 'scene', 'Never was', '{}', 1, now())`,
      [resourceIdOf(jobId), jobId, home.spaceId],
    );
  }

  const { differences, ...report } = await reconcileResults(world.depsOf("sweep"));
  assert.deepEqual(report, {
    ...NOTHING,
    checked: RESULTS + 10,
    missing: 10,
    changed: 10,
    invented: 10,
    mended: 30,
    quarantined: 0,
    nextCursor: null,
  });
  const named = (difference: string) =>
    differences
      .filter((each) => each.difference === difference)
      .map((each) => each.jobId)
      .sort();
  assert.deepEqual(named("missing"), deleted.toSorted());
  assert.deepEqual(named("changed"), changed.toSorted());
  assert.deepEqual(named("invented"), invented.toSorted());
  assert.deepEqual(await contents(), before);
  const rows = await rowsWithWriters();
  assert.equal((await reconcileResults(world.depsOf("sweep"))).mended, 0);
  assert.deepEqual(await rowsWithWriters(), rows);
});

test("in slices it comes to the same, and versions set back or ahead by hand are found", async () => {
  const before = await contents();
  const [back, ahead] = [jobIds[30] ?? "", jobIds[31] ?? ""];
  await world.backend.pool.query(
    "UPDATE result_versions SET version = version - interval '1 us' WHERE job_id = $1",
    [back],
  );
  await world.backend.pool.query(
    "UPDATE result_versions SET version = version + interval '1 year' WHERE job_id = $1",
    [ahead],
  );
  const differences: unknown[] = [];
  let checked = 0;
  for (let after: string | undefined; ; ) {
    const slice = await reconcileResults(world.depsOf("sweep"), { after, maxSeconds: 0 });
    checked += slice.checked;
    differences.push(...slice.differences);
    if (slice.nextCursor === null) break;
    after = slice.nextCursor;
  }
  assert.equal(checked, RESULTS + 10);
  assert.deepEqual(
    new Set(differences),
    new Set([
      { jobId: back, difference: "stale" },
      { jobId: ahead, difference: "changed" },
    ]),
  );
  assert.deepEqual(await contents(), before);
});

test("a result whose files hang is left and counted; those behind it are mended", async () => {
  const before = await contents();
  const lost = jobIds.slice(40, 45);
  await world.backend.pool.query("DELETE FROM resources WHERE job_id = ANY($1)", [lost]);
  const [stuck = ""] = lost.toSorted();
  const { objects } = world.deps;
  const { promise, resolve: goOn } = Promise.withResolvers<undefined>();
  const hanging: typeof objects = {
    ...objects,
    look: (object) => (object.includes(stuck) ? promise : objects.look(object)),
  };
  const deps = { ...world.depsOf("sweep"), objects: hanging };
  const { mended, failed, nextCursor } = await reconcileResults(deps, { mendSeconds: 1 });
  assert.deepEqual([mended, failed, nextCursor], [4, 1, null]);
  goOn(undefined); // it holds the result's lock until then, or until Postgres ends its transaction after 15 seconds
  await reconcileResults(world.depsOf("sweep"));
  assert.deepEqual(await contents(), before);
});
