/** Firestore and Storage that never answer hold no connection and no lock of Postgres: one connection is enough for everyone else. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Firestore } from "@google-cloud/firestore";
import { removeMember } from "#functions/groups/removeMember.ts";
import { deleteResource } from "#functions/library/deleteResource.ts";
import type { FunctionName } from "#shared/manifest.ts";
import { silentLogger } from "#shared/platform/log/logger.ts";
import { createDatabase, type Database } from "#shared/platform/sql/pool.ts";
import { mendResult } from "#shared/results/mendResult.ts";
import { type Result, resourceIdOf } from "#shared/results/resultDocument.ts";
import { lockResult } from "#shared/results/resultRows.ts";
import { type SyncDeps, syncResult } from "#shared/results/syncResult.ts";
import { mirrorMember } from "#shared/spaces/mirror.ts";
import {
  type Family,
  family,
  type ResultsWorld,
  resultOf,
  resultsWorld,
  writeResult,
} from "../results/harness.ts";
import { intercepted, wrappedFirestore } from "../results/wrappedFirestore.ts";
import { type GroupsHarness, groupsHarness } from "../spaces/harness.ts";

let world: ResultsWorld;
let groups: GroupsHarness;
let home: Family;
/** The result that the frozen call is about. */
let lastJobId = "";
before(async () => {
  [world, groups] = await Promise.all([resultsWorld(), groupsHarness()]);
  home = await family(world);
});
after(() => Promise.all([world.drop(), groups.close()]));

/** A pool of one connection, which is waited for only shortly. */
function onePool(backend: ResultsWorld["backend"], name: FunctionName): Database {
  return createDatabase(
    {
      DATABASE_URL: backend.urlOf(name),
      DATABASE_IAM: false,
      DATABASE_CA: undefined,
      DATABASE_POOL_MAX: undefined,
    },
    { connectMilliseconds: 8_000, name, max: 1, log: silentLogger },
  );
}

interface Freezer {
  /** Resolves when the call that is never answered was made. */
  readonly reached: Promise<"frozen">;
  /** Ends the frozen call, and each one after it, with an error. */
  thaw(): void;
  readonly firestore: (real: Firestore) => Firestore;
  readonly objects: (real: SyncDeps["objects"]) => SyncDeps["objects"];
}

/** @param call which call to a store is never answered, from 1, counted over all that are wrapped */
function freezer(call: number): Freezer {
  let calls = 0;
  const { promise: reached, resolve } = Promise.withResolvers<"frozen">();
  const { promise: frozen, reject } = Promise.withResolvers<never>();
  frozen.catch(() => {}); // seen by those who wait for it
  const guard = <T>(work: () => T): T => {
    calls += 1;
    if (calls < call) return work();
    resolve("frozen");
    return frozen as T; // every guarded call gives a promise
  };
  const guarded = <T extends object>(target: T, names: readonly string[]): T =>
    new Proxy(target, {
      get(_, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        if (!names.includes(String(name))) return value.bind(target);
        return (...args: unknown[]) => guard(() => value.apply(target, args));
      },
    });
  return {
    reached,
    thaw: () => reject(new Error("thawed")),
    firestore: (real) =>
      intercepted(
        wrappedFirestore(real, (document) => guarded(document, ["get", "create", "update", "delete", "set"])),
        {
          // Its documents are the real ones; freezing before, inside and after the work is what a transaction can show.
          runTransaction: (work: Parameters<Firestore["runTransaction"]>[0]) =>
            guard(() =>
              real.runTransaction(async (transaction) => {
                await guard(async () => {});
                const result = await work(guardedTransaction(transaction, guarded));
                await guard(async () => {});
                return result;
              }),
            ),
        },
      ),
    objects: (real) => guarded(real, ["look", "read", "readStart", "write", "remove"]),
  };
}

function guardedTransaction<T extends object>(
  transaction: T,
  guarded: (target: T, names: readonly string[]) => T,
): T {
  return guarded(transaction, ["get"]);
}

/** Runs an operation with each of its calls to a store frozen, one after the other; `others` must get through each time. */
async function freezeEachCall(
  operation: (freezing: Freezer) => Promise<unknown>,
  others: () => Promise<unknown>,
): Promise<number> {
  for (let call = 1; ; call++) {
    const freezing = freezer(call);
    const running = operation(freezing).then(() => "done" as const);
    if ((await Promise.race([freezing.reached, running])) === "done") return call - 1;
    try {
      await others();
    } finally {
      freezing.thaw();
      await running.catch(() => {});
    }
  }
}

const results: Readonly<Record<string, (result: Result) => Promise<unknown>>> = {
  "is new": async () => {},
  "turned unreadable and large": (result) =>
    writeResult(world, result.jobId, { ...result, junk: "x".repeat(300_000) }),
  "is gone": (result) => world.store.firestore.doc(`results/${result.jobId}`).delete(),
};

for (const [what, change] of Object.entries(results)) {
  for (const [name, operation] of Object.entries({ sync: syncResult, reconciliation: mendResult })) {
    test(`${name} of a result that ${what}: a frozen store holds nothing of SQL`, async () => {
      const db = onePool(world.backend, "sync");
      const other = onePool(world.backend, "sync");
      try {
        const frozen = await freezeEachCall(
          async (freezing) => {
            const result = await resultOf(world, home);
            await writeResult(world, result.jobId, result);
            if (what !== "is new") await syncResult(result.jobId, world.deps);
            await change(result);
            lastJobId = result.jobId;
            await operation(result.jobId, {
              ...world.deps,
              db,
              firestore: freezing.firestore(world.store.firestore),
              objects: freezing.objects(world.objects),
            });
          },
          async () => {
            await db.query("SELECT 1");
            // Another instance may decide about the same result, and write its space.
            await other.transaction(async (sql) => {
              await lockResult(sql, lastJobId);
              await sql.query("SELECT 1 FROM result_versions WHERE job_id = $1 FOR UPDATE", [lastJobId]);
              await sql.query("SELECT 1 FROM spaces WHERE id = $1 FOR UPDATE", [home.spaceId]);
            });
          },
        );
        assert.ok(frozen >= 2, `${frozen} calls were frozen`);
      } finally {
        await Promise.all([db.close(), other.close()]);
      }
    });
  }
}

test("deleting a resource: a frozen store holds nothing of SQL", async () => {
  const db = onePool(world.backend, "library");
  try {
    const frozen = await freezeEachCall(
      async (freezing) => {
        const result = await resultOf(world, home);
        await writeResult(world, result.jobId, result);
        await syncResult(result.jobId, world.deps);
        await deleteResource(
          { userId: home.giverId, id: resourceIdOf(result.jobId) },
          {
            ...world.depsOf("library"),
            db,
            firestore: freezing.firestore(world.store.firestore),
            objects: freezing.objects(world.objects),
          },
        );
      },
      () => db.query("SELECT 1"),
    );
    assert.ok(frozen >= 2, `${frozen} calls were frozen`);
  } finally {
    await db.close();
  }
});

test("joining and leaving a space: a frozen mirror holds nothing of SQL", async () => {
  const db = onePool(groups.backend, "groups");
  try {
    const frozen = await freezeEachCall(
      async (freezing) => {
        const [giver, recipient] = [await groups.person("care_giver"), await groups.person("care_recipient")];
        await groups.bound(giver, recipient);
        const firestore = freezing.firestore(groups.firestore);
        await mirrorMember(db, firestore, giver.id);
        const caller = { userId: recipient.id, sessionId: "s", requestId: "r" };
        const deps = { ...groups.deps, db, firestore: async () => firestore };
        await removeMember({ caller, memberId: giver.id }, deps);
        assert.deepEqual(await groups.mirrorOf(giver), []);
      },
      () => db.query("SELECT 1"),
    );
    assert.ok(frozen >= 6, `${frozen} calls were frozen`);
  } finally {
    await db.close();
  }
});

test("the suites' stores refuse to be called inside a transaction", async () => {
  const inside = (work: () => Promise<unknown>) => world.db.transaction(work);
  const refused = /inside a SQL transaction/;
  await assert.rejects(
    inside(() => world.store.firestore.doc("results/x").get()),
    refused,
  );
  await assert.rejects(
    inside(() => world.objects.look("x")),
    refused,
  );
  await world.db.transaction((sql) => sql.query("SELECT 1"));
});
