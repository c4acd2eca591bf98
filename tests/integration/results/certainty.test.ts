import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Version } from "#shared/platform/firestore/version.ts";
import { needsCertainty } from "#shared/results/decide.ts";
import { syncResult } from "#shared/results/syncResult.ts";
import { family, type ResultsWorld, resultOf, resultsWorld, sqlOf, writeResult } from "./harness.ts";

let world: ResultsWorld;
before(async () => {
  world = await resultsWorld();
});
after(() => world.drop());

/** An absence whose read was given a time after writes that came later: as the emulator does under load. */
async function readRanAhead(jobId: string): Promise<void> {
  await world.backend.pool.query(
    `INSERT INTO result_versions (job_id, version, state) VALUES ($1, now() + interval '1 minute', 'gone')
     ON CONFLICT (job_id) DO UPDATE SET version = excluded.version, state = excluded.state`,
    [jobId],
  );
}

test("a document that is there is synced, though SQL believes that it went later; its deletion then counts as ever", async () => {
  const result = await resultOf(world, await family(world));
  await readRanAhead(result.jobId);
  await writeResult(world, result.jobId, result);
  assert.equal(await syncResult(result.jobId, world.deps), "synced");
  assert.equal(await syncResult(result.jobId, world.deps), "unchanged");
  assert.equal((await sqlOf(world, result.jobId)).title, result.title);

  await world.store.firestore.doc(`results/${result.jobId}`).delete();
  assert.equal(await syncResult(result.jobId, world.deps), "gone");
  assert.equal((await sqlOf(world, result.jobId)).state, "gone");
});

test("an absence that was overtaken by a write drops nothing: it is looked at again while the result is locked", async () => {
  const result = await resultOf(world, await family(world));
  await writeResult(world, result.jobId, result);
  await syncResult(result.jobId, world.deps);
  const { firestore } = world.store;
  const document = firestore.doc(`results/${result.jobId}`);
  await document.delete();
  const absent = await document.get();
  await document.set({ ...result, title: "Written after that look" });

  let looks = 0;
  // The first look is the one from before the write; every later one is the store's own.
  const stale = Object.create(firestore) as typeof firestore; // everything but `doc` is the real client's
  stale.doc = (path: string) =>
    Object.assign(Object.create(firestore.doc(path)), {
      get: async () => (path === document.path && looks++ === 0 ? absent : firestore.doc(path).get()),
    });
  assert.equal(await syncResult(result.jobId, { ...world.deps, firestore: stale }), "synced");
  assert.equal(looks, 2);
  assert.equal((await sqlOf(world, result.jobId)).title, "Written after that look");
});

test("only an absence, and a presence older than a known absence, need a second look; what is sealed needs none", () => {
  const [early, late] = ["2026-01-01T00:00:00.000001Z", "2026-01-01T00:00:00.000002Z"] as [Version, Version]; // as versionOf writes them
  const known = (state: "synced" | "gone" | "quarantined" | "sealed", version: Version) => ({
    state,
    version,
  });
  assert.equal(needsCertainty(undefined, { present: true, version: early }), false);
  assert.equal(needsCertainty(known("synced", early), { present: true, version: late }), false);
  assert.equal(needsCertainty(known("synced", late), { present: true, version: early }), false);
  assert.equal(needsCertainty(known("gone", late), { present: true, version: early }), true);
  assert.equal(needsCertainty(known("gone", early), { present: true, version: late }), false);
  assert.equal(needsCertainty(known("synced", early), { present: false, version: late }), true);
  assert.equal(needsCertainty(known("gone", early), { present: false, version: late }), false);
  assert.equal(needsCertainty(known("sealed", early), { present: true, version: late }), false);
  assert.equal(needsCertainty(known("sealed", early), { present: false, version: late }), false);
});
