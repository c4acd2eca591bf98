/** A process may die between any two calls to a store, before or after the call's effect. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { finishRemovals } from "#shared/results/finishRemoval.ts";
import { reconcileResults } from "#shared/results/reconcile.ts";
import type { Result } from "#shared/results/resultDocument.ts";
import { syncResult } from "#shared/results/syncResult.ts";
import { CrashError, failing } from "./faults.ts";
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
// Reconciliation looks at everything there is, so what earlier cases left would only cost time.
beforeEach(async () => {
  await world.store.clear();
  await world.backend.pool.query("TRUNCATE result_versions, outbox CASCADE");
});

interface Case {
  readonly name: string;
  /** What is there before the event that is interrupted. */
  readonly before: (result: Result) => Promise<void>;
  readonly change: (result: Result) => Promise<void>;
  readonly group?: () => Promise<Family>;
}

const document = (jobId: string) => world.store.firestore.doc(`results/${jobId}`);
const synced = async (result: Result) => {
  await writeResult(world, result.jobId, result);
  await syncResult(result.jobId, world.deps);
};
const large = (result: Result) => ({ ...result, junk: "x".repeat(300_000) });

const cases: Case[] = [
  {
    name: "a new result",
    before: async () => {},
    change: async (result) => void (await writeResult(world, result.jobId, result)),
  },
  {
    name: "an update",
    before: synced,
    change: async (result) => void (await document(result.jobId).update({ title: "Another" })),
  },
  {
    name: "a result that turns unreadable",
    before: synced,
    change: async (result) => void (await writeResult(world, result.jobId, large(result))),
  },
  {
    name: "an unreadable result that turns readable",
    before: async (result) => {
      await writeResult(world, result.jobId, large(result));
      await syncResult(result.jobId, world.deps);
    },
    change: async (result) => void (await writeResult(world, result.jobId, result)),
  },
  {
    name: "a deletion",
    before: synced,
    change: async (result) => void (await document(result.jobId).delete()),
  },
  {
    name: "a result of an erased group",
    before: async () => {},
    change: async (result) => void (await writeResult(world, result.jobId, result)),
    group: async () => {
      const lost = await family(world);
      await world.backend.pool.query("INSERT INTO tombstones VALUES ($1, now())", [lost.spaceId]);
      await world.backend.pool.query("DELETE FROM spaces WHERE id = $1", [lost.spaceId]);
      return lost;
    },
  },
];

/** Everything of one result, wherever it is, without ids and times. */
async function everythingOf(result: Result) {
  const { version: _, ...sql } = await sqlOf(world, result.jobId);
  const aside = (await world.store.firestore.doc(`quarantine/${result.jobId}`).get()).data();
  const outbox = await world.backend.pool.query("SELECT 1 FROM outbox WHERE event ->> 'jobId' = $1", [
    result.jobId,
  ]);
  const removals = await world.backend.pool.query("SELECT 1 FROM removals WHERE job_id = $1", [result.jobId]);
  return {
    sql,
    aside: aside && [aside.code, aside.payloadObject !== null],
    payload: aside?.payloadObject ? world.objects.names().includes(aside.payloadObject) : undefined,
    document: (await document(result.jobId).get()).exists,
    objects: world.objects.names().filter((name) => name.includes(result.jobId)).length,
    outbox: outbox.rowCount,
    removals: removals.rowCount,
  };
}

for (const { name, before, change, group } of cases) {
  const make = async () => {
    const result = await resultOf(world, group ? await group() : home);
    await before(result);
    await change(result);
    return result;
  };

  test(`${name}: an interrupted sync is completed by the event's redelivery`, async () => {
    const undisturbed = await make();
    await syncResult(undisturbed.jobId, world.deps);
    const expected = await everythingOf(undisturbed);
    let crashes = 0;
    for (let call = 1, reached = true; reached; call++) {
      for (const late of [false, true]) {
        const result = await make();
        const broken = failing(world.deps, { call, after: late });
        reached = await interrupted(() => syncResult(result.jobId, broken.deps));
        if (!reached) break;
        crashes += 1;
        await syncResult(result.jobId, world.deps);
        await finishRemovals(world.depsOf("sweep"), {
          requestedBefore: new Date(Date.now() + 1000),
          limit: 100,
        });
        assert.deepEqual(
          await everythingOf(result),
          expected,
          `call ${call}, ${late ? "after" : "before"} its effect`,
        );
      }
    }
    assert.ok(crashes >= 10, `${crashes} places to crash were found`);
  });

  test(`${name}: an interrupted sync without another event is completed by reconciling`, async () => {
    const undisturbed = await make();
    await syncResult(undisturbed.jobId, world.deps);
    const expected = await everythingOf(undisturbed);
    for (let call = 1, reached = true; reached; call += 3) {
      const late = call % 2 === 1;
      const result = await make();
      reached = await interrupted(() =>
        syncResult(result.jobId, failing(world.deps, { call, after: late }).deps),
      );
      await reconcileResults(world.depsOf("sweep"));
      await finishRemovals(world.depsOf("sweep"), {
        requestedBefore: new Date(Date.now() + 1000),
        limit: 100,
      });
      assert.deepEqual(
        await everythingOf(result),
        expected,
        `call ${call}, ${late ? "after" : "before"} its effect`,
      );
      assert.equal((await reconcileResults(world.depsOf("sweep"))).mended, 0);
    }
  });
}

async function interrupted(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return false;
  } catch (error) {
    if (error instanceof CrashError) return true;
    throw error;
  }
}
