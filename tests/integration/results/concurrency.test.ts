/** Many events at once, slow readers, and a database that goes away: on real stores, without a process being restarted. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { createDatabase, startPostgres } from "#local/postgres/cluster.ts";
import { migrate } from "#local/postgres/migrate.ts";
import { freePort } from "#local/processes/ports.ts";
import { TEMPLATE } from "#local/testing/addresses.ts";
import { openTestRun } from "#local/testing/start.ts";
import { continueErasure } from "#shared/erasure/continueErasure.ts";
import { requestErasure } from "#shared/erasure/requestErasure.ts";
import { randomId } from "#shared/platform/ids.ts";
import { silentLogger } from "#shared/platform/log/logger.ts";
import { UNLIMITED } from "#shared/platform/timeLimit.ts";
import { reconcileResults } from "#shared/results/reconcile.ts";
import type { Result } from "#shared/results/resultDocument.ts";
import { type SyncDeps, syncResult } from "#shared/results/syncResult.ts";
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
import { intercepted, wrappedFirestore } from "./wrappedFirestore.ts";

let world: ResultsWorld;
let home: Family;
before(async () => {
  world = await resultsWorld();
  home = await family(world);
});
after(() => world.drop());

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The same dependencies for a slow instance: it has read the document and then is held up, so that others overtake it. */
function slow(deps: SyncDeps, milliseconds: number): SyncDeps {
  const firestore = wrappedFirestore(deps.firestore, (document) =>
    intercepted(document, {
      get: async () => {
        const snapshot = await document.get();
        await pause(milliseconds);
        return snapshot;
      },
    }),
  );
  return { ...deps, firestore };
}

/** Redelivers until the handler returns, as a trigger with retry does. */
async function deliver(jobId: string, deps: SyncDeps): Promise<number> {
  for (let failures = 0; ; failures++) {
    try {
      await syncResult(jobId, deps);
      return failures;
    } catch {
      await pause(Math.min(500, 20 * 2 ** failures));
    }
  }
}

const step = fc.record({
  operation: fc.constantFrom("write", "write", "spoil", "delete"),
  delays: fc.array(fc.nat(60), { minLength: 1, maxLength: 3 }),
});
const histories = fc.array(fc.array(step, { minLength: 1, maxLength: 6 }), { minLength: 12, maxLength: 12 });

test("concurrent, repeated, overtaken deliveries end with SQL as the documents are", async () => {
  await fc.assert(
    fc.asyncProperty(histories, async (histories) => {
      const ended = await Promise.all(histories.map(live));
      for (const { jobId, title, state } of ended) {
        const sql = await sqlOf(world, jobId);
        assert.deepEqual([sql.state, sql.hidden === false ? sql.title : undefined], [state, title]);
      }
    }),
    { numRuns: 8, endOnFailure: true },
  );
  const { checked, mended, failed } = await reconcileResults(world.depsOf("sweep"));
  assert.deepEqual({ mended, failed }, { mended: 0, failed: 0 });
  assert.ok(checked >= 96);
  const { rows } = await world.backend.pool.query(
    "SELECT event ->> 'jobId' FROM outbox GROUP BY 1 HAVING count(*) > 1",
  );
  assert.deepEqual(rows, []);
});

/** Lives through one document's history; every operation's event is delivered some times while the next ones happen. */
async function live(steps: ReadonlyArray<{ operation: string; delays: number[] }>) {
  const result = await resultOf(world, home);
  const document = world.store.firestore.doc(`results/${result.jobId}`);
  const deliveries: Array<Promise<unknown>> = [];
  let end: { title: string | undefined; state: string } = { title: undefined, state: "gone" };
  for (const [index, { operation, delays }] of steps.entries()) {
    const title = `Version ${index}`;
    if (operation === "delete") await document.delete();
    else await document.set({ ...result, title, ...(operation === "spoil" ? { kind: "unheard of" } : {}) });
    end = {
      title: operation === "write" ? title : undefined,
      state: { write: "synced", spoil: "quarantined", delete: "gone" }[operation] ?? "",
    };
    deliveries.push(...delays.map((delay) => deliver(result.jobId, slow(world.deps, delay))));
  }
  await Promise.all(deliveries);
  return { jobId: result.jobId, ...end };
}

test("one result delivered fifty times at once is written once and makes one event", async () => {
  const result = await resultOf(world, home);
  await writeResult(world, result.jobId, result);
  const outcomes = await Promise.all(Array.from({ length: 50 }, () => syncResult(result.jobId, world.deps)));
  assert.equal(outcomes.filter((outcome) => outcome === "synced").length, 1);
  assert.equal(outcomes.filter((outcome) => outcome === "unchanged").length, 49);
  const { rowCount } = await world.backend.pool.query("SELECT 1 FROM outbox WHERE event ->> 'jobId' = $1", [
    result.jobId,
  ]);
  assert.equal(rowCount, 1);
});

test("Postgres away for a while under load: nothing is lost, nothing is doubled", async (t) => {
  const { run, dir } = openTestRun();
  t.after(() => run.stop());
  const options = { dataDir: join(dir, "postgres"), port: await freePort() };
  const cluster = await startPostgres(run, options);
  await createDatabase(cluster, TEMPLATE);
  await migrate(cluster.url(TEMPLATE));
  const url = cluster.url(TEMPLATE);
  const pool = testPool(url, 2);
  t.after(() => pool.close());
  const deps = { ...world.deps, db: pool };
  const spaceId = randomId();
  await pool.query("INSERT INTO users (id, role) VALUES ($1, 'care_recipient')", [spaceId]);
  await pool.query("INSERT INTO spaces (id, type, owner_id, created_at) VALUES ($1, 'care', $1, now())", [
    spaceId,
  ]);

  const results: Result[] = [];
  const deliveries: Array<Promise<number>> = [];
  const write = async (count: number) => {
    for (let i = 0; i < count; i++) {
      const result = await resultOf(world, { spaceId, giverId: spaceId });
      results.push(result);
      await writeResult(world, result.jobId, result);
      deliveries.push(deliver(result.jobId, deps), deliver(result.jobId, deps));
    }
  };
  await write(20);
  process.kill(cluster.process.pid, "SIGKILL"); // in the middle of what the twenty are doing
  await cluster.process.exited;
  await write(20);
  await pause(1_000);
  await startPostgres(run, options);
  await write(20);
  const failures = (await Promise.all(deliveries)).reduce((sum, each) => sum + each, 0);

  assert.ok(failures > 0, "Postgres was never missed");
  const { rows } = await pool.query<{ job_id: string; events: string }>(
    `SELECT r.job_id, (SELECT count(*) FROM outbox o WHERE o.event ->> 'jobId' = r.job_id) AS events
     FROM resources r JOIN resource_files f ON f.resource_id = r.id ORDER BY r.job_id`,
  );
  assert.deepEqual(
    rows.map((row) => row.job_id),
    results.map((result) => result.jobId).toSorted(),
  );
  assert.ok(rows.every((row) => row.events === "1"));
});

test("a space erased while its results arrive and are reconciled leaves nothing", async () => {
  const lost = await family(world);
  const results = await Promise.all(Array.from({ length: 24 }, () => resultOf(world, lost)));
  const arriving = results.map(async (result, index) => {
    await pause(10 * index);
    await writeResult(world, result.jobId, index % 3 === 0 ? { ...result, title: index } : result);
    await deliver(result.jobId, slow(world.deps, (index * 7) % 50));
  });
  const erasing = pause(120).then(() =>
    requestErasure(
      { userId: lost.recipientId, sessionId: "s", requestId: "r" },
      { db: world.backend.as("groups"), clock: () => new Date(), raiseFeeds: async () => {} },
    ),
  );
  await Promise.all([...arriving, erasing, pause(60).then(() => reconcileResults(world.depsOf("sweep")))]);
  const erasure = {
    db: world.backend.as("groups"),
    firestore: world.store.firestore,
    uploads: world.objects,
    resources: world.objects,
    firebase: { remove: async () => {} },
    clock: () => new Date(),
    log: silentLogger,
  };
  await continueErasure(lost.recipientId, erasure, UNLIMITED);
  await Promise.all(results.map((result) => deliver(result.jobId, world.deps)));
  for (const { jobId } of results) {
    const { state, title } = await sqlOf(world, jobId);
    assert.equal(title, undefined);
    assert.ok(state === "erased" || state === "gone", state);
    assert.equal((await world.store.firestore.doc(`results/${jobId}`).get()).exists, false);
    assert.equal((await world.store.firestore.doc(`quarantine/${jobId}`).get()).exists, false);
  }
  assert.deepEqual(
    world.objects.names().filter((name) => name.includes(lost.spaceId)),
    [],
  );
  const report = await reconcileResults(world.depsOf("sweep"));
  assert.deepEqual([report.mended, report.failed], [0, 0]);
});

test("reconciling beside live writes mends nothing wrongly and leaves no difference", async () => {
  let writing = true;
  const deliveries: Array<Promise<number>> = [];
  const results = await Promise.all(Array.from({ length: 30 }, () => resultOf(world, home)));
  const writers = results.map(async (result, index) => {
    for (let version = 0; version < 6; version++) {
      if ((index + version) % 5 === 4) await world.store.firestore.doc(`results/${result.jobId}`).delete();
      else await writeResult(world, result.jobId, { ...result, title: `Version ${version}` });
      if ((index + version) % 2) deliveries.push(deliver(result.jobId, world.deps));
    }
    deliveries.push(deliver(result.jobId, world.deps));
  });
  const failures = (async () => {
    let failed = 0;
    while (writing) failed += (await reconcileResults(world.depsOf("sweep"))).failed;
    return failed;
  })();
  await Promise.all(writers);
  await Promise.all(deliveries);
  writing = false;
  assert.equal(await failures, 0);
  for (const { jobId } of results) {
    const document = (await world.store.firestore.doc(`results/${jobId}`).get()).data();
    assert.equal((await sqlOf(world, jobId)).title, document?.title);
  }
  assert.equal((await reconcileResults(world.depsOf("sweep"))).mended, 0);
});
