/** What can't be read: quarantined for each reason, seen in full, read again after a fix; and what only fails for now is thrown. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { GeoPoint, Timestamp } from "@google-cloud/firestore";
import { kindsOf } from "#shared/kinds/index.ts";
import { scene } from "#shared/kinds/scene.ts";
import { versionOf } from "#shared/platform/firestore/version.ts";
import { randomId } from "#shared/platform/ids.ts";
import { enterQuarantine } from "#shared/results/quarantine.ts";
import { quarantineSchema } from "#shared/results/quarantineDocument.ts";
import { reconcileResults } from "#shared/results/reconcile.ts";
import { SAMPLES_SPACE } from "#shared/results/resultDocument.ts";
import { syncResult } from "#shared/results/syncResult.ts";
import {
  type Family,
  family,
  type ResultsWorld,
  resultOf,
  resultsWorld,
  sqlOf,
  testPool,
  writeResult,
} from "./harness.ts";

let world: ResultsWorld;
let home: Family;
before(async () => {
  world = await resultsWorld();
  home = await family(world);
});
after(() => world.drop());
beforeEach(async () => {
  await world.store.clear();
  await world.backend.pool.query("TRUNCATE result_versions, outbox CASCADE");
});

const asideOf = async (jobId: string) => {
  const snapshot = await world.store.firestore.doc(`quarantine/${jobId}`).get();
  return snapshot.exists ? quarantineSchema.parse(snapshot.data()) : undefined;
};
const good = () => resultOf(world, home);
type Good = Awaited<ReturnType<typeof good>>;
const file = (result: Good) => result.files[0] ?? assert.fail();

const spoilt: ReadonlyArray<readonly [code: string, what: string, spoil: (result: Good) => unknown]> = [
  ["malformed", "a field of another type", (result) => ({ ...result, title: 7 })],
  ["malformed", "a field that no schema has", (result) => ({ ...result, extra: true })],
  ["malformed", "a missing field", ({ files: _, ...result }) => result],
  ["malformed", "a time that is none", (result) => ({ ...result, completedAt: "yesterday" })],
  ["malformed", "nothing at all", () => ({})],
  ["wrong_id", "another job's id", (result) => ({ ...result, jobId: randomId() })],
  ["unknown_kind", "a kind that does not exist", (result) => ({ ...result, kind: "hologram" })],
  ["params_rejected", "params of another kind", (result) => ({ ...result, params: { gender: "male" } })],
  [
    "params_rejected",
    "params with a place in them",
    (result) => ({ ...result, params: { location: new GeoPoint(1, 2) } }),
  ],
  ["data_rejected", "data that JSON can't hold", (result) => ({ ...result, data: { at: Timestamp.now() } })],
  ["data_rejected", "data with a number that is none", (result) => ({ ...result, data: { n: Number.NaN } })],
  ["data_rejected", "too much data", (result) => ({ ...result, data: { text: "x".repeat(70_000) } })],
  ["files_rejected", "no scene", (result) => ({ ...result, files: [] })],
  ["files_rejected", "a file twice", (result) => ({ ...result, files: [file(result), file(result)] })],
  [
    "files_rejected",
    "a file of another name",
    (result) => ({ ...result, files: [file(result), { ...file(result), name: "toString" }] }),
  ],
  [
    "files_rejected",
    "a file of another type",
    (result) => ({ ...result, files: [{ ...file(result), contentType: "text/html" }] }),
  ],
  [
    "files_rejected",
    "a file too large",
    (result) => ({ ...result, files: [{ ...file(result), size: 2 ** 40 }] }),
  ],
  [
    "files_rejected",
    "another space's file",
    (result) => ({
      ...result,
      files: [{ ...file(result), object: `spaces/${randomId()}/jobs/${result.jobId}/1/scene.glb` }],
    }),
  ],
  [
    "file_missing",
    "a file that isn't there",
    (result) => ({ ...result, files: [{ ...file(result), object: `${file(result).object}.old` }] }),
  ],
  [
    "file_missing",
    "a file of another generation",
    (result) => ({ ...result, files: [{ ...file(result), generation: "1" }] }),
  ],
  [
    "file_missing",
    "a file of another checksum",
    (result) => ({ ...result, files: [{ ...file(result), crc32c: "AAAAAA==" }] }),
  ],
  ["rejected_by_database", "a title with a NUL character", (result) => ({ ...result, title: "a\0b" })],
  [
    "rejected_by_database",
    "a lease number no integer column holds",
    (result) => ({ ...result, leaseNumber: 2 ** 40 }),
  ],
];

test("each reason has its code, leaves nothing to see, and the payload is kept whole", async () => {
  for (const [code, what, spoil] of spoilt) {
    const result = await good();
    const document = spoil(result) as Record<string, unknown>; // what someone may have written
    await writeResult(world, result.jobId, document);
    assert.equal(await syncResult(result.jobId, world.deps), "quarantined", what);
    const aside = await asideOf(result.jobId);
    assert.equal(aside?.code, code, what);
    assert.equal(aside?.spaceId ?? null, document.spaceId ?? null);
    assert.equal((await sqlOf(world, result.jobId)).title, undefined, what);
    const payload = JSON.parse(aside?.payload ?? "") as Record<string, unknown>; // compared with what was written
    assert.deepEqual(Object.keys(payload).sort(), Object.keys(document).sort(), what);
    assert.equal(await syncResult(result.jobId, world.deps), "unchanged", what);
  }
  const { rowCount } = await world.backend.pool.query("SELECT 1 FROM outbox");
  assert.equal(rowCount, 0, "what can't be read notifies no one");
  const { mended, quarantined } = await reconcileResults(world.depsOf("sweep"));
  assert.deepEqual({ mended, quarantined }, { mended: 0, quarantined: spoilt.length });
});

test("a result of an unknown space is quarantined, until the space is there", async () => {
  const spaceId = randomId();
  const [first, second] = [
    await resultOf(world, { ...home, spaceId }),
    await resultOf(world, { ...home, spaceId }),
  ];
  for (const result of [first, second]) {
    await writeResult(world, result.jobId, result);
    assert.equal(await syncResult(result.jobId, world.deps), "quarantined");
    assert.equal((await asideOf(result.jobId))?.code, "foreign_space");
  }
  assert.equal(
    (await reconcileResults(world.depsOf("sweep"))).mended,
    0,
    "there is nothing to mend while nothing has changed",
  );
  await world.backend.pool.query("INSERT INTO users (id, role) VALUES ($1, 'care_recipient')", [spaceId]);
  await world.backend.pool.query(
    "INSERT INTO spaces (id, type, owner_id, created_at) VALUES ($1, 'care', $1, now())",
    [spaceId],
  );
  assert.equal(
    await syncResult(first.jobId, world.deps),
    "unchanged",
    "the same version changes nothing for an event",
  );
  assert.equal(await syncResult(first.jobId, world.depsOf("admin"), "replay"), "synced");
  const { recovered } = await reconcileResults(world.depsOf("sweep"));
  assert.equal(recovered, 1);
  for (const { jobId } of [first, second]) {
    assert.equal((await sqlOf(world, jobId)).state, "synced");
    assert.equal(await asideOf(jobId), undefined);
  }
});

test("a replay after a new kind is deployed reads a quarantined version, with an event", async () => {
  const panorama = { ...scene, name: "panorama" };
  const result = { ...(await good()), kind: "panorama" };
  await writeResult(world, result.jobId, result);
  assert.equal(await syncResult(result.jobId, world.deps), "quarantined");
  const before = await sqlOf(world, result.jobId);
  assert.equal(await syncResult(result.jobId, world.depsOf("admin"), "replay"), "quarantined");
  const deployed = { ...world.deps, kinds: kindsOf(scene, panorama) };
  assert.equal(await syncResult(result.jobId, deployed, "replay"), "synced");
  const after = await sqlOf(world, result.jobId);
  assert.deepEqual([after.version, after.state, after.title], [before.version, "synced", result.title]);
  const { rowCount } = await world.backend.pool.query("SELECT 1 FROM outbox WHERE event ->> 'jobId' = $1", [
    result.jobId,
  ]);
  assert.equal(rowCount, 1);
});

test("a large payload goes to storage, until the result can be read or is gone", async () => {
  for (const end of ["readable", "gone"] as const) {
    const result = await good();
    await writeResult(world, result.jobId, {
      ...result,
      junk: "말".repeat(150_000),
      bytes: Buffer.from("b"),
      place: new GeoPoint(1, 2),
    });
    await syncResult(result.jobId, world.deps);
    const aside = await asideOf(result.jobId);
    assert.equal(aside?.payload, null);
    const object = aside?.payloadObject ?? assert.fail();
    const payload = JSON.parse((await world.objects.read(object))?.toString("utf8") ?? "") as Record<
      string,
      unknown
    >; // compared below
    assert.deepEqual([payload.bytes, payload.place], [{ $bytes: "Yg==" }, { $place: [1, 2] }]);
    if (end === "readable") await writeResult(world, result.jobId, result);
    else await world.store.firestore.doc(`results/${result.jobId}`).delete();
    await syncResult(result.jobId, world.deps);
    assert.equal(await asideOf(result.jobId), undefined);
    assert.equal(world.objects.names().includes(object), false);
  }
});

test("an id that is not one of ours is quarantined like anything else", async () => {
  for (const jobId of ["한글 id", "a%2Fb", "x".repeat(1_400), "UPPER", "a\0b"]) {
    await writeResult(world, jobId, { ...(await good()), jobId });
    assert.equal(await syncResult(jobId, world.deps), "quarantined", jobId);
    assert.equal((await asideOf(jobId))?.code, "wrong_id");
  }
  assert.equal((await reconcileResults(world.depsOf("sweep"))).mended, 0);
});

for (const tidied of ["a reconciliation", "a replay"])
  test(`an entry that a crash left goes with ${tidied} of the good document`, async () => {
    const result = await good();
    const { jobId } = result;
    const spoiled = { ...result, kind: "hologram" };
    const version = versionOf(await writeResult(world, jobId, spoiled));
    const why = { code: "unknown_kind", detail: "" } as const;
    await enterQuarantine({ jobId, version, why, data: spoiled, now: new Date() }, world.deps);
    await writeResult(world, jobId, result);
    assert.equal(await syncResult(jobId, world.deps), "synced");
    if (tidied === "a replay")
      assert.equal(await syncResult(jobId, world.depsOf("admin"), "replay"), "unchanged");
    else await reconcileResults(world.depsOf("sweep"));
    assert.equal(await asideOf(jobId), undefined);
    const { state, hidden } = await sqlOf(world, jobId);
    assert.deepEqual([state, hidden], ["synced", false]);
    const { rowCount } = await world.backend.pool.query("SELECT 1 FROM outbox");
    assert.equal(rowCount, 1, "notified once");
  });

test("a sample that can't be read is quarantined and hides the sample it was", async () => {
  const sample = await resultOf(world, { spaceId: SAMPLES_SPACE, giverId: "nobody" });
  await writeResult(world, sample.jobId, sample);
  await syncResult(sample.jobId, world.deps);
  await writeResult(world, sample.jobId, { ...sample, title: null });
  assert.equal(await syncResult(sample.jobId, world.deps), "quarantined");
  assert.equal((await sqlOf(world, sample.jobId)).hidden, true);
});

test("a store that is away quarantines nothing: the error is thrown for a redelivery", async () => {
  const result = await good();
  await writeResult(world, result.jobId, result);
  const nowhere = testPool("postgres://no-one:x@127.0.0.1:1/none");
  await assert.rejects(syncResult(result.jobId, { ...world.deps, db: nowhere }));
  const failing = { ...world.objects, look: () => Promise.reject(new Error("storage is away")) };
  await assert.rejects(syncResult(result.jobId, { ...world.deps, objects: failing }), /storage is away/);
  assert.equal(await asideOf(result.jobId), undefined);
  assert.equal((await sqlOf(world, result.jobId)).state, undefined);
  assert.equal(await syncResult(result.jobId, world.deps), "synced");
  await nowhere.close();
});

test("a result whose creator is erased meanwhile is synced without them", async () => {
  const result = await good();
  const goner = randomId();
  await world.backend.pool.query("INSERT INTO users (id) VALUES ($1)", [goner]);
  await writeResult(world, result.jobId, { ...result, createdBy: goner });
  const client = await world.backend.pool.connect();
  await client.query("BEGIN");
  await client.query("DELETE FROM users WHERE id = $1", [goner]);
  const syncing = syncResult(result.jobId, world.deps);
  await waitingForALock();
  await client.query("COMMIT");
  client.release();
  assert.equal(await syncing, "synced");
});

/** Until some transaction of this database waits for another one's lock. */
async function waitingForALock(): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (Date.now() < deadline) {
    const { rowCount } = await world.backend.pool.query(
      "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
    if (rowCount) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.fail("nothing waits");
}
