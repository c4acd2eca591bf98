/** Results as tests make them: spaces that live, documents as an engine or someone else would write them, and what SQL made of them. */
import type { DocumentData, Timestamp } from "@google-cloud/firestore";
import {
  type TestDatabase,
  type TestFirestore,
  testDatabase,
  testFirestore,
} from "#local/testing/backends.ts";
import { type MemoryObjects, memoryObjects } from "#local/testing/memoryObjects.ts";
import type { DomainEvent } from "#shared/events/event.ts";
import { kinds } from "#shared/kinds/index.ts";
import type { FunctionName } from "#shared/manifest.ts";
import type { Clock } from "#shared/platform/clock.ts";
import { versionColumn } from "#shared/platform/firestore/version.ts";
import { randomId } from "#shared/platform/ids.ts";
import { silentLogger } from "#shared/platform/log/logger.ts";
import { createDatabase, type Database } from "#shared/platform/sql/pool.ts";
import { type Result, resourceIdOf } from "#shared/results/resultDocument.ts";
import type { SyncDeps } from "#shared/results/syncResult.ts";
import { makePersonalSpace } from "#shared/spaces/joinSpace.ts";

export interface ResultsWorld {
  readonly backend: TestDatabase;
  readonly store: TestFirestore;
  /** Connected as `sync`. */
  readonly db: Database;
  readonly objects: MemoryObjects;
  /** Events that were published. */
  readonly published: DomainEvent[];
  /** As `sync` has them. */
  readonly deps: SyncDeps;
  /** As another function has them: on a pool of its own user. */
  depsOf(name: FunctionName): SyncDeps;
  drop(): Promise<void>;
}

export async function resultsWorld(clock: Clock = () => new Date()): Promise<ResultsWorld> {
  const [backend, store] = await Promise.all([testDatabase(), testFirestore()]);
  const db = backend.as("sync");
  const objects = memoryObjects();
  const published: DomainEvent[] = [];
  const deps: SyncDeps = {
    db,
    firestore: store.firestore,
    objects,
    kinds,
    clock,
    log: silentLogger,
    publish: async (events) => void published.push(...events),
    raiseFeeds: async () => {},
  };
  return {
    backend,
    store,
    db,
    objects,
    published,
    deps,
    depsOf: (name) => ({ ...deps, db: backend.as(name) }),
    async drop() {
      await Promise.all([backend.drop(), store.drop()]);
    },
  };
}

export function testPool(url: string, max = 8): Database {
  return createDatabase(
    { DATABASE_URL: url, DATABASE_IAM: false, DATABASE_CA: undefined, DATABASE_POOL_MAX: max },
    { connectMilliseconds: 120_000, name: "test", max, log: silentLogger },
  );
}

export interface Family {
  readonly spaceId: string;
  readonly giverId: string;
  readonly recipientId: string;
}

/** A care group of a giver and a recipient. */
export async function family({ backend }: { backend: Pick<TestDatabase, "pool"> }): Promise<Family> {
  const [spaceId, giverId, recipientId] = [randomId(), randomId(), randomId()];
  for (const [id, role] of [
    [giverId, "care_giver"],
    [recipientId, "care_recipient"],
  ] as const) {
    await backend.pool.query(
      "INSERT INTO users (id, email, email_verified, role) VALUES ($1, $2, true, $3)",
      [id, `${id}@example.com`, role],
    );
    await makePersonalSpace(backend.pool, { spaceId: randomId(), userId: id, now: new Date() });
  }
  await backend.pool.query(
    "INSERT INTO spaces (id, type, owner_id, created_at) VALUES ($1, 'care', $2, now())",
    [spaceId, recipientId],
  );
  await backend.pool.query(
    `INSERT INTO space_members (user_id, space_id, space_type, role, joined_at)
     VALUES ($1, $3, 'care', 'giver', now()), ($2, $3, 'care', 'recipient', now())`,
    [giverId, recipientId, spaceId],
  );
  return { spaceId, giverId, recipientId };
}

/** A session of a person, and a device that it registered. @returns the session's id */
export async function deviceOf(
  pool: Pick<TestDatabase["pool"], "query">,
  userId: string,
  pushToken: string,
): Promise<string> {
  const sessionId = randomId();
  await pool.query(
    "INSERT INTO sessions (id, user_id, provider, expires_at) VALUES ($1, $2, 'google', now() + interval '10 years')",
    [sessionId, userId],
  );
  await pool.query(
    `INSERT INTO devices (user_id, id, session_id, platform, push_token, updated_at)
     VALUES ($1, left($3, 64), $2, 'ios', $3, now())`,
    [userId, sessionId, pushToken],
  );
  return sessionId;
}

/** A result as `engine` writes it, with its file in the bucket. */
export async function resultOf(
  { objects }: Pick<ResultsWorld, "objects">,
  { spaceId, giverId }: Pick<Family, "spaceId" | "giverId">,
  overrides: Partial<Result> = {},
): Promise<Result> {
  const jobId = overrides.jobId ?? randomId();
  const object = `spaces/${spaceId}/jobs/${jobId}/1/scene.glb`;
  const stored = (await objects.look(object)) ?? objects.put(object, Buffer.from(jobId), "model/gltf-binary");
  return {
    jobId,
    kind: "scene",
    spaceId,
    createdBy: giverId,
    title: "Grandmother's kitchen",
    params: { location: "indoor" },
    files: [
      {
        name: "scene.glb",
        role: "model",
        object,
        contentType: "model/gltf-binary",
        size: stored.size,
        crc32c: stored.crc32c,
        generation: stored.generation,
      },
    ],
    data: { panels: 3 },
    leaseNumber: 1,
    completedAt: new Date("2026-03-01T10:00:00.123Z"),
    ...overrides,
  };
}

/** Writes a result's document as anyone may: of any form. @returns its version's time */
export async function writeResult(
  { store }: Pick<ResultsWorld, "store">,
  jobId: string,
  data: DocumentData,
): Promise<Timestamp> {
  return (await store.firestore.doc(`results/${jobId}`).set(data)).writeTime;
}

export interface SqlView {
  readonly state: string | undefined;
  readonly version: string | undefined;
  readonly title: string | undefined;
  readonly hidden: boolean | undefined;
  readonly files: number;
}

/** All that SQL holds of one result. */
export async function sqlOf({ backend }: Pick<ResultsWorld, "backend">, jobId: string): Promise<SqlView> {
  const { rows } = await backend.pool.query<SqlView>(
    `SELECT v.state, ${versionColumn("v.version")} AS version, r.title, r.hidden,
       (SELECT count(*)::int FROM resource_files f WHERE f.resource_id = r.id) AS files
     FROM (SELECT 1) AS one LEFT JOIN result_versions v ON v.job_id = $1 LEFT JOIN resources r ON r.id = $2`,
    [jobId, resourceIdOf(jobId)],
  );
  const row = rows[0];
  return {
    state: row?.state ?? undefined,
    version: row?.version ?? undefined,
    title: row?.title ?? undefined,
    hidden: row?.hidden ?? undefined,
    files: row?.files ?? 0,
  };
}
