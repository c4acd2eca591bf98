/** A space's feed in Firestore follows its change log: at most once a second, and after any crash. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Firestore } from "@google-cloud/firestore";
import { deleteResource } from "#functions/library/deleteResource.ts";
import { watchChanges } from "#functions/streams/watchChanges.ts";
import { raiseLateFeeds } from "#functions/sweep/changeRepairs.ts";
import type { MemoryObjects } from "#local/testing/memoryObjects.ts";
import { changing } from "#shared/changes/changing.ts";
import { feedRaiser, type RaiseFeeds, raiseFeed, takeTurn } from "#shared/changes/raiseFeeds.ts";
import type { FunctionName } from "#shared/manifest.ts";
import { randomId } from "#shared/platform/ids.ts";
import { silentLogger } from "#shared/platform/log/logger.ts";
import { resourceIdOf } from "#shared/results/resultDocument.ts";
import { syncResult } from "#shared/results/syncResult.ts";
import {
  type Family,
  family,
  type ResultsWorld,
  resultOf,
  resultsWorld,
  writeResult,
} from "../results/harness.ts";
import { intercepted, wrappedFirestore } from "../results/wrappedFirestore.ts";

let world: ResultsWorld;
let now: Date;
before(async () => {
  world = await resultsWorld(() => now);
  await world.store.firestore.doc("feeds/first").get(); // connected, so that no write waits for that
});
after(() => world.drop());

async function space(): Promise<Family> {
  now = new Date("2026-03-01T10:00:00Z");
  return family(world);
}
const later = (seconds: number) => {
  now = new Date(now.getTime() + seconds * 1000);
};
const nothing: RaiseFeeds = async () => {};

/** One change of the space, as a function would write it. */
async function write(
  { spaceId }: Family,
  raiseFeeds: RaiseFeeds,
  name: FunctionName = "library",
): Promise<void> {
  const deps = { db: world.backend.as(name), clock: () => now, raiseFeeds };
  await changing(deps, async (_sql, changes) => {
    changes.push({ spaceId, type: "resource", id: randomId(), op: "put" });
  });
}
const sweepDeps = () => ({
  db: world.backend.as("sweep"),
  firestore: world.store.firestore,
  clock: () => now,
});
/** @param seconds longer than a busy machine takes: what isn't written in time is left to sweep, and most tests are about the writer */
const raiserOf = (
  firestore: Firestore = world.store.firestore,
  lastTurn: "wait" | "later" = "later",
  seconds = 60,
) => {
  const deps = { db: world.backend.as("library"), firestore, clock: () => now, log: silentLogger };
  return feedRaiser(deps, lastTurn, seconds);
};
const feed = async ({ spaceId }: Family) =>
  (await world.store.firestore.doc(`feeds/${spaceId}`).get()).get("seq");
const seqOf = async ({ spaceId }: Family) =>
  Number((await world.backend.pool.query("SELECT seq FROM spaces WHERE id = $1", [spaceId])).rows[0]?.seq);
const late = async ({ spaceId }: Family) =>
  (await world.backend.pool.query("SELECT FROM late_feeds WHERE space_id = $1", [spaceId])).rowCount === 1;

/** Firestore that counts the feeds it writes, and does something in place of writing one. */
function counting(instead?: () => Promise<never>) {
  const counted = { writes: 0 };
  const firestore = wrappedFirestore(world.store.firestore, (document) => {
    const set = document.set.bind(document);
    const counts = async (...args: Parameters<typeof set>) => {
      counted.writes += 1;
      return instead ? instead() : set(...args);
    };
    return new Proxy(document, {
      get: (target, name) => (name === "set" ? counts : Reflect.get(target, name, target)),
    });
  });
  return { counted, firestore };
}

test("a change raises the feed, and nothing is late then", async () => {
  const home = await space();
  await write(home, raiserOf());
  assert.deepEqual([await feed(home), await late(home)], [1, false]);
});

test("a crash between commit and feed is mended by the next urgent run", async () => {
  const home = await space();
  await write(home, nothing);
  await write(home, nothing);
  assert.deepEqual([await feed(home), await late(home)], [undefined, true]);
  later(4);
  // The writer itself may still be at it.
  assert.equal((await raiseLateFeeds(sweepDeps())).raised, 0);
  later(1);
  assert.deepEqual(await raiseLateFeeds(sweepDeps()), { raised: 1, errors: [], cut: false });
  assert.deepEqual([await feed(home), await late(home)], [2, false]);
  later(60);
  assert.equal((await raiseLateFeeds(sweepDeps())).raised, 0);
});

test("a crash after the feed was raised, and before that was noted, is harmless", async () => {
  const home = await space();
  await write(home, nothing);
  await world.store.firestore.doc(`feeds/${home.spaceId}`).set({ seq: 1 });
  later(60);
  assert.equal((await raiseLateFeeds(sweepDeps())).raised, 1);
  assert.deepEqual([await feed(home), await late(home)], [1, false]);
});

test("a late raise lowers no feed; one that was overtaken leaves the rest to sweep", async () => {
  const home = await space();
  for (let count = 0; count < 3; count++) await write(home, nothing);
  await raiseFeed(home.spaceId, 3, sweepDeps());
  await raiseFeed(home.spaceId, 2, sweepDeps());
  assert.deepEqual([await feed(home), await late(home)], [3, false]);
  await write(home, nothing);
  await raiseFeed(home.spaceId, 3, sweepDeps());
  assert.deepEqual([await feed(home), await late(home)], [3, true]);
});

test("of fifty writers on five instances one raises within a second, the last turn all", async () => {
  const home = await space();
  const { counted, firestore } = counting();
  const instances = Array.from({ length: 5 }, () => raiserOf(firestore, "wait"));
  // The clock stands, so no instance has a turn at the second's end.
  await Promise.all(Array.from({ length: 50 }, (_, index) => write(home, instances[index % 5] ?? nothing)));
  assert.deepEqual([counted.writes, await late(home)], [1, true]);
  later(1);
  const turns = await Promise.all(Array.from({ length: 5 }, () => takeTurn(home.spaceId, sweepDeps())));
  assert.deepEqual(
    turns.filter((seq) => seq !== undefined),
    [50],
  );
});

test("a function that waits takes one turn for all its changes at the second's end", async () => {
  const home = await space();
  const { counted, firestore } = counting();
  const raise = raiserOf(firestore, "wait");
  await write(home, raise);
  const waiting = [write(home, raise), write(home, raise)];
  while ((await seqOf(home)) < 3) await new Promise((resolve) => setTimeout(resolve, 5));
  later(1);
  await Promise.all(waiting);
  assert.deepEqual([counted.writes, await feed(home), await late(home)], [2, 3, false]);
});

test("Firestore that never answers holds no lock: writes go on, sweep raises", async () => {
  const home = await space();
  const { counted, firestore } = counting(() => new Promise<never>(() => {}));
  const raise = raiserOf(firestore, "later", 2);
  const first = write(home, raise);
  while (counted.writes === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  // The first writer waits for Firestore.
  for (let count = 0; count < 20; count++) await write(home, raise, "sync");
  const { rows } = await world.backend.pool.query(
    "SELECT seq::int FROM spaces WHERE id = $1 FOR UPDATE NOWAIT",
    [home.spaceId],
  );
  assert.deepEqual(rows, [{ seq: 21 }]);
  await first;
  later(60);
  await raiseLateFeeds(sweepDeps());
  assert.equal(await feed(home), 21);
});

/** Storage whose writes and removals are never answered, until it thaws. */
function frozenStorage() {
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
  const { promise: never, reject } = Promise.withResolvers<never>();
  const freeze = () => {
    reach();
    return never;
  };
  const objects = intercepted(world.objects, { write: freeze, remove: freeze });
  return { objects, reached, thaw: () => reject(new Error("thawed")) };
}

test("Storage that never answers holds no lock: writes of its space go on", async () => {
  const home = await space();
  const result = await resultOf(world, home);
  await writeResult(world, result.jobId, result);
  await syncResult(result.jobId, world.deps);
  const large = { ...result, junk: "x".repeat(300_000) };
  const id = resourceIdOf(result.jobId);
  const uses: ((objects: MemoryObjects) => Promise<unknown>)[] = [
    async (objects) => {
      await writeResult(world, result.jobId, large); // into quarantine, with its payload in Storage
      await syncResult(result.jobId, { ...world.deps, objects });
    },
    (objects) => deleteResource({ userId: home.giverId, id }, { ...world.depsOf("library"), objects }),
  ];
  for (const use of uses) {
    const { objects, reached, thaw } = frozenStorage();
    const using = use(objects).catch(() => {}); // what thaws fails, and is done again
    await reached;
    const before = await seqOf(home);
    for (let count = 0; count < 20; count++) await write(home, nothing, count % 2 ? "sync" : "library");
    const { rows } = await world.backend.pool.query(
      "SELECT seq::int FROM spaces WHERE id = $1 FOR UPDATE NOWAIT",
      [home.spaceId],
    );
    assert.deepEqual(rows, [{ seq: before + 20 }]);
    thaw();
    await using;
  }
});

test("a space that is gone has no log and no late feed", async () => {
  const home = await space();
  await write(home, nothing);
  await world.backend.pool.query("DELETE FROM spaces WHERE id = $1", [home.spaceId]);
  await write(home, raiserOf());
  const { rows } = await world.backend.pool.query(
    "SELECT (SELECT count(*) FROM changes WHERE space_id = $1)::int AS changes, (SELECT count(*) FROM late_feeds WHERE space_id = $1)::int AS late",
    [home.spaceId],
  );
  assert.deepEqual(rows, [{ changes: 0, late: 0 }]);
});

test("a stream follows the feed, resumes by number, and ends with the membership", async () => {
  const home = await space();
  await write(home, raiserOf());
  const over = new AbortController();
  const deps = { sql: world.backend.as("streams"), listening: async () => world.store.firestore };
  const watched = { userId: home.giverId, spaceId: home.spaceId };
  // So long that only the feed can wake it.
  const stream = watchChanges({ ...watched, after: 0 }, over.signal, deps, 60_000);
  assert.equal((await stream.next()).value?.id, "1");
  const second = stream.next();
  later(1);
  await write(home, raiserOf());
  assert.deepEqual([(await second).value?.id, (await second).value?.event], ["2", "change"]);
  const end = stream.next();
  over.abort();
  assert.equal((await end).done, true);

  const next = new AbortController();
  const resumed = watchChanges({ ...watched, after: 1 }, next.signal, deps, 20);
  assert.equal((await resumed.next()).value?.id, "2");
  // Its feed isn't raised: the log is asked all the same.
  const third = resumed.next();
  await write(home, nothing);
  assert.equal((await third).value?.id, "3");
  const gone = resumed.next();
  await world.backend.pool.query("DELETE FROM space_members WHERE user_id = $1", [home.giverId]);
  assert.equal((await gone).done, true);
  assert.equal(next.signal.aborted, false);
});

test("a feed ahead of a log that was restored from a backup has no one ask on and on", async () => {
  const home = await space();
  const feedDocument = world.store.firestore.doc(`feeds/${home.spaceId}`);
  await feedDocument.set({ seq: 100 });
  await write(home, nothing);
  const rise = async () => {
    for (let count = 0; count < 3; count++) await feedDocument.get(); // time to ask, for one who does
    await write(home, nothing);
    await feedDocument.set({ seq: 101 });
  };
  let reads = 0;
  const sql = intercepted(world.backend.as("streams"), {
    query: (...args: Parameters<typeof world.db.query>) => {
      reads += 1;
      // The feed rises only when it has been heard and the log asked for it: then nothing but the rise can wake the stream.
      if (reads === 2) void rise();
      return world.backend.as("streams").query(...args);
    },
  });
  const over = new AbortController();
  const deps = { sql, listening: async () => world.store.firestore };
  const watched = { userId: home.giverId, spaceId: home.spaceId, after: 0 };
  const stream = watchChanges(watched, over.signal, deps, 60_000);
  assert.equal((await stream.next()).value?.id, "1");
  assert.equal((await stream.next()).value?.id, "2");
  assert.ok(reads <= 3, `the log was read ${reads} times`);
  over.abort();
  await stream.return(undefined);
});
