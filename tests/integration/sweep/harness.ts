/** The repairs of `sweep` on a Firestore and a database of their own, with as many connections as its instance has. */
import type { RepairDeps } from "#functions/sweep/repairs.ts";
import { type TestDatabase, testDatabase } from "#local/testing/backends.ts";
import { functions } from "#shared/manifest.ts";
import { randomId } from "#shared/platform/ids.ts";
import { silentLogger } from "#shared/platform/log/logger.ts";
import type { Database } from "#shared/platform/sql/pool.ts";
import type { SyncDeps } from "#shared/results/syncResult.ts";
import { type QueueHarness, queueHarness } from "../queue/harness.ts";

export interface SweepHarness {
  /** Its clock is the clock of all repairs. */
  readonly queue: QueueHarness;
  readonly backend: TestDatabase;
  readonly db: Database;
  readonly sync: SyncDeps;
  readonly deps: RepairDeps;
  /** Removes everything, and sets the clock to its beginning. */
  clear(): Promise<void>;
  drop(): Promise<void>;
}

export async function sweepHarness(): Promise<SweepHarness> {
  const [queue, backend] = await Promise.all([queueHarness(), testDatabase()]);
  const db = backend.as("sweep", functions.sweep.sqlPool);
  const { clock, kinds, firestore, publisher, tasks } = queue.deps;
  const common = { db, firestore, kinds, clock, log: silentLogger };
  const sync: SyncDeps = {
    ...common,
    objects: queue.resources,
    publish: async () => {},
    raiseFeeds: async () => {},
  };
  const deps: RepairDeps = {
    ...sync,
    publisher,
    tasks,
    fetches: tasks,
    newId: randomId,
    uploads: queue.uploads,
    queue: queue.deps,
    auditRetentionDays: 100,
    erasure: {
      ...common,
      uploads: queue.uploads,
      resources: queue.resources,
      firebase: { remove: async () => {} },
    },
  };
  return {
    queue,
    backend,
    db,
    sync,
    deps,
    async clear() {
      queue.now = new Date("2026-03-01T10:00:00Z");
      queue.published.length = 0;
      await queue.backend.clear();
      for (const store of [queue.uploads, queue.resources])
        for (const name of store.names()) await store.remove(name);
      await backend.pool.query("TRUNCATE walks, result_versions, users CASCADE");
    },
    async drop() {
      await Promise.all([queue.backend.drop(), backend.drop()]);
    },
  };
}
