/** `sync` on real Postgres and Firestore: SQL ends as the document is, in any order of events. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { versionOf } from "#shared/platform/firestore/version.ts";
import { randomId } from "#shared/platform/ids.ts";
import { quarantineSchema } from "#shared/results/quarantineDocument.ts";
import { resourceIdOf, SAMPLES_SPACE } from "#shared/results/resultDocument.ts";
import { syncResult } from "#shared/results/syncResult.ts";
import {
  type Family,
  family,
  type ResultsWorld,
  resultOf,
  resultsWorld,
  sqlOf,
  writeResult,
} from "./harness.ts";

let world: ResultsWorld;
let home: Family;
before(async () => {
  world = await resultsWorld();
  home = await family(world);
});
after(() => world.drop());

const sync = (jobId: string) => syncResult(jobId, world.deps);
const quarantined = async (jobId: string) => {
  const snapshot = await world.store.firestore.doc(`quarantine/${jobId}`).get();
  return snapshot.exists ? quarantineSchema.parse(snapshot.data()) : undefined;
};
const outbox = async (jobId: string) =>
  (await world.backend.pool.query("SELECT id FROM outbox WHERE event ->> 'jobId' = $1", [jobId])).rowCount;
const erase = (spaceId: string) =>
  world.backend.as("groups").transaction(async (sql) => {
    await sql.query("INSERT INTO tombstones (space_id, erased_at) VALUES ($1, now())", [spaceId]);
    await sql.query("DELETE FROM spaces WHERE id = $1", [spaceId]);
  });

test("a new result becomes a resource at its version, with one event in the outbox", async () => {
  const result = await resultOf(world, home);
  const written = await writeResult(world, result.jobId, result);
  assert.equal(await sync(result.jobId), "synced");
  assert.deepEqual(await sqlOf(world, result.jobId), {
    state: "synced",
    version: versionOf(written),
    title: result.title,
    hidden: false,
    files: 1,
  });
  assert.equal(await outbox(result.jobId), 1);
  assert.deepEqual(
    world.published
      .filter((event) => "jobId" in event && event.jobId === result.jobId)
      .map((event) => event.id),
    [`${result.jobId}.succeeded`],
  );
});

test("delivered twice: the second time writes nothing at all", async () => {
  const result = await resultOf(world, home);
  await writeResult(world, result.jobId, result);
  await sync(result.jobId);
  const marks =
    "SELECT xmin::text FROM result_versions WHERE job_id = $1 UNION ALL SELECT xmin::text FROM resources WHERE job_id = $1";
  const before = (await world.backend.pool.query(marks, [result.jobId])).rows;
  assert.equal(await sync(result.jobId), "unchanged");
  assert.deepEqual((await world.backend.pool.query(marks, [result.jobId])).rows, before);
  assert.equal(await outbox(result.jobId), 1);
});

test("a deleted document removes the resource; written again it is back, no event", async () => {
  const result = await resultOf(world, home);
  await writeResult(world, result.jobId, result);
  await sync(result.jobId);
  await world.store.firestore.doc(`results/${result.jobId}`).delete();
  assert.equal(await sync(result.jobId), "gone");
  const gone = await sqlOf(world, result.jobId);
  assert.deepEqual([gone.state, gone.title], ["gone", undefined]);
  assert.equal(await sync(result.jobId), "gone"); // a later observation of nothing; only the time moves on
  await writeResult(world, result.jobId, { ...result, title: "Again" });
  assert.equal(await sync(result.jobId), "synced");
  assert.equal((await sqlOf(world, result.jobId)).title, "Again");
  assert.equal(await outbox(result.jobId), 1);
});

test("an unreadable result is quarantined and hidden, until it can be read", async () => {
  const result = await resultOf(world, home);
  await writeResult(world, result.jobId, result);
  await sync(result.jobId);
  const written = await writeResult(world, result.jobId, { ...result, kind: "hologram" });
  assert.equal(await sync(result.jobId), "quarantined");
  assert.deepEqual(
    { ...(await sqlOf(world, result.jobId)), files: 1 },
    {
      state: "quarantined",
      version: versionOf(written),
      title: result.title,
      hidden: true,
      files: 1,
    },
  );
  const aside = await quarantined(result.jobId);
  assert.deepEqual(
    [aside?.code, aside?.version, aside?.spaceId],
    ["unknown_kind", versionOf(written), home.spaceId],
  );
  await writeResult(world, result.jobId, result);
  assert.equal(await sync(result.jobId), "synced");
  assert.equal((await sqlOf(world, result.jobId)).hidden, false);
  assert.equal(await quarantined(result.jobId), undefined);
});

test("an erased space stays erased: what arrives for it is removed, objects included", async () => {
  const lost = await family(world);
  const [readable, unreadable] = [await resultOf(world, lost), await resultOf(world, lost)];
  await erase(lost.spaceId);
  await writeResult(world, readable.jobId, readable);
  await writeResult(world, unreadable.jobId, { ...unreadable, title: 7 });
  for (const { jobId } of [readable, unreadable]) {
    assert.equal(await sync(jobId), "erased");
    assert.equal((await sqlOf(world, jobId)).state, "erased");
    assert.equal((await world.store.firestore.doc(`results/${jobId}`).get()).exists, false);
    assert.equal(await quarantined(jobId), undefined);
    assert.deepEqual(
      world.objects.names().filter((name) => name.includes(jobId)),
      [],
    );
  }
  await writeResult(world, readable.jobId, readable);
  assert.equal(await sync(readable.jobId), "erased");
  assert.equal((await world.store.firestore.doc(`results/${readable.jobId}`).get()).exists, false);
});

test("a sample belongs to no space and makes no event", async () => {
  const result = await resultOf(world, { spaceId: SAMPLES_SPACE, giverId: "nobody" });
  await writeResult(world, result.jobId, result);
  assert.equal(await sync(result.jobId), "synced");
  const { rows } = await world.backend.pool.query(
    "SELECT space_id, created_by FROM resources WHERE id = $1",
    [resourceIdOf(result.jobId)],
  );
  assert.deepEqual(rows, [{ space_id: null, created_by: null }]);
  assert.equal(await outbox(result.jobId), 0);
});

test("an event for a document that never was leaves a tombstone and nothing else", async () => {
  const jobId = randomId();
  assert.equal(await sync(jobId), "gone");
  assert.equal((await sqlOf(world, jobId)).state, "gone");
});

test("out of order: a slow reader of an old or deleted version changes nothing", async () => {
  for (const end of ["updated", "deleted"] as const) {
    const result = await resultOf(world, home);
    await writeResult(world, result.jobId, result);
    let goOn = () => {};
    const heldUp = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const { promise: hasRead, resolve: read } = Promise.withResolvers<void>();
    const look = async (object: string) => {
      read();
      await heldUp; // after the document was read, before anything is decided
      return world.objects.look(object);
    };
    const slow = syncResult(result.jobId, { ...world.deps, objects: { ...world.objects, look } });
    await hasRead;
    if (end === "updated") await writeResult(world, result.jobId, { ...result, title: "Newer" });
    else await world.store.firestore.doc(`results/${result.jobId}`).delete();
    await sync(result.jobId);
    const before = await sqlOf(world, result.jobId);
    goOn();
    await slow;
    assert.deepEqual(await sqlOf(world, result.jobId), before);
    assert.equal(before.title, end === "updated" ? "Newer" : undefined);
  }
});

test("an erasure is for good in the schema too: SQL by hand does not undo it", async () => {
  const result = await resultOf(world, home);
  await writeResult(world, result.jobId, result);
  await sync(result.jobId);
  const { pool } = world.backend;
  await pool.query("UPDATE result_versions SET state = 'erased' WHERE job_id = $1", [result.jobId]);
  await assert.rejects(
    pool.query("UPDATE result_versions SET state = 'synced' WHERE job_id = $1", [result.jobId]),
    /stays erased/,
  );
});
