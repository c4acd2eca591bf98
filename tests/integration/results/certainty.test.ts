import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Version } from "#shared/platform/firestore/version.ts";
import { needsCertainty } from "#shared/results/decide.ts";
import { syncResult } from "#shared/results/syncResult.ts";
import { family, type ResultsWorld, resultOf, resultsWorld, sqlOf, writeResult } from "./harness.ts";
import { intercepted, wrappedFirestore } from "./wrappedFirestore.ts";

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

test("a document that is there is synced, though SQL has a later absence", async () => {
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

test("an absence overtaken by a write drops nothing: it is read again under the lock", async () => {
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
  const stale = wrappedFirestore(firestore, (reference) =>
    intercepted(reference, {
      get: async () => (reference.path === document.path && looks++ === 0 ? absent : reference.get()),
    }),
  );
  assert.equal(await syncResult(result.jobId, { ...world.deps, firestore: stale }), "synced");
  assert.equal(looks, 2);
  assert.equal((await sqlOf(world, result.jobId)).title, "Written after that look");
});

test("only an absence, or a presence older than a known one, needs a second read", () => {
  const [early, late] = ["2026-01-01T00:00:00.000001Z", "2026-01-01T00:00:00.000002Z"] as [Version, Version]; // in the form of versionOf
  const known = (state: "synced" | "gone" | "quarantined" | "erased", version: Version) => ({
    state,
    version,
  });
  assert.equal(needsCertainty(undefined, { finding: "readable", version: early }), false);
  assert.equal(needsCertainty(known("synced", early), { finding: "readable", version: late }), false);
  assert.equal(needsCertainty(known("synced", late), { finding: "readable", version: early }), false);
  assert.equal(needsCertainty(known("gone", late), { finding: "readable", version: early }), true);
  assert.equal(needsCertainty(known("gone", early), { finding: "readable", version: late }), false);
  assert.equal(needsCertainty(known("synced", early), { finding: "absent", version: late }), true);
  assert.equal(needsCertainty(known("gone", early), { finding: "absent", version: late }), false);
  assert.equal(needsCertainty(known("erased", early), { finding: "readable", version: late }), false);
  assert.equal(needsCertainty(known("erased", early), { finding: "absent", version: late }), false);
});
