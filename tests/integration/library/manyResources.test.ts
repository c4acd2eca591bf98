/**
 * A library of a million resources in 20,000 spaces, made in SQL: each list, search and look-up uses an index, and a page far down costs
 * as much as the first.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { QueryResultRow } from "pg";
import { z } from "zod";
import { changeVrVideo } from "#functions/library/changeVrVideo.ts";
import { getResource } from "#functions/library/getResource.ts";
import { getVrVideo } from "#functions/library/getVrVideo.ts";
import { listResources } from "#functions/library/listResources.ts";
import { listVrVideos } from "#functions/library/listVrVideos.ts";
import { renameResource } from "#functions/library/renameResource.ts";
import { createFileSigner } from "#functions/library/signedFiles.ts";
import { recording } from "#functions/library/testing/rows.ts";
import { type TestDatabase, testDatabase } from "#local/testing/backends.ts";
import { kinds } from "#shared/kinds/index.ts";
import { encodeCursor } from "#shared/platform/http/cursor.ts";
import { silentLogger } from "#shared/platform/log/logger.ts";
import type { Database, Sql } from "#shared/platform/sql/pool.ts";
import { createReadUrls } from "#shared/platform/storage/readUrls.ts";
import type { UrlSigner } from "#shared/platform/storage/urlSigner.ts";
import { storedResults } from "#shared/results/storedResult.ts";

const RESOURCES = 1_000_000;
const SPACES = RESOURCES / 50;
/** Of the first space, more than 1,000 pages of 50 of one kind too; the others share the rest. */
const LARGEST = 56_000;
const LIMIT = 50;

const id = (what: string, n: number) => `${what}${String(n).padStart(25, "0")}`;
/** The giver of the space with most, and of one like most. */
const [busy, usual] = [id("u", 1), id("u", 2)];

let backend: TestDatabase;
before(async () => {
  backend = await testDatabase();
  await fill();
});
after(() => backend.drop());

async function fill(): Promise<void> {
  const client = await backend.pool.connect();
  try {
    // Made without the checks of foreign keys, by the owner of all tables; what is made keeps to them.
    await client.query("SET session_replication_role = replica");
    // Indexes are made once over all rows, which takes less time than keeping them up row by row. What foreign keys point to stays.
    const indexes = await client.query<{ drop: string; make: string }>(
      `SELECT format(CASE WHEN con.oid IS NULL THEN 'DROP INDEX %1$s' ELSE 'ALTER TABLE %2$s DROP CONSTRAINT %1$s' END, indexrelid::regclass, indrelid::regclass) AS drop,
          CASE WHEN con.oid IS NULL THEN pg_get_indexdef(indexrelid)
            ELSE format('ALTER TABLE %s ADD CONSTRAINT %s %s', indrelid::regclass, conname, pg_get_constraintdef(con.oid)) END AS make
       FROM pg_index LEFT JOIN pg_constraint AS con ON conindid = indexrelid AND contype IN ('p', 'u')
       WHERE indrelid IN ('resources'::regclass, 'resource_files'::regclass, 'resource_words'::regclass, 'result_versions'::regclass)
         AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype = 'f')`,
    );
    for (const { drop } of indexes.rows) await client.query(drop);
    await client.query(`
      CREATE FUNCTION pg_temp.id(what text, n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS
        $$ SELECT what || lpad(n::text, 25, '0') $$;
      CREATE TEMP VIEW made AS SELECT n,
          CASE WHEN n <= ${LARGEST} THEN 1 ELSE 2 + n % (${SPACES} - 1) END AS space,
          CASE WHEN n % 1000 = 3 THEN NULL ELSE 1 END AS own,
          timestamptz '2026-01-01' + n * interval '1 second' AS at,
          CASE WHEN n % 10 = 0 THEN 'avatar' ELSE 'scene' END AS kind,
          ARRAY['garden' || n % 700, CASE WHEN n % 5000 = 7 THEN 'lighthouse' ELSE 'kitchen' END] AS words
        FROM generate_series(1, ${RESOURCES}) AS n;
      INSERT INTO users (id, email, email_verified) SELECT pg_temp.id('u', n), n || '@example.com', true FROM generate_series(1, ${SPACES}) AS n;
      INSERT INTO spaces (id, type, owner_id, created_at) SELECT pg_temp.id('s', n), 'care', pg_temp.id('u', n), now() FROM generate_series(1, ${SPACES}) AS n;
      INSERT INTO space_members (user_id, space_id, space_type, role, joined_at)
        SELECT pg_temp.id('u', n), pg_temp.id('s', n), 'care', 'giver', now() FROM generate_series(1, ${SPACES}) AS n;
      INSERT INTO result_versions (job_id, version, state, space_id)
        SELECT pg_temp.id('j', n), at, 'synced', CASE WHEN own = 1 THEN pg_temp.id('s', space) END FROM made;
      INSERT INTO resources (id, job_id, space_id, kind, title, params, lease_number, completed_at)
        SELECT pg_temp.id('r', n), pg_temp.id('j', n), CASE WHEN own = 1 THEN pg_temp.id('s', space) END, kind,
          array_to_string(words, ' '), '{}', 1, at FROM made;
      INSERT INTO resource_files (resource_id, name, role, object, content_type, size, crc32c, generation)
        SELECT pg_temp.id('r', n), 'scene.glb', 'model', 'o', 'model/gltf-binary', 1, 'AAAAAA==', '1' FROM made;
      INSERT INTO resource_words (shelf, word, resource_id, completed_at)
        SELECT CASE WHEN own = 1 THEN pg_temp.id('s', space) ELSE 'samples' END, word, pg_temp.id('r', n), at FROM made, unnest(words) AS word;
      INSERT INTO vr_videos (id, space_id, title, scene_id, scene_transform, created_at)
        SELECT pg_temp.id('v', n), pg_temp.id('s', space), 'A visit', pg_temp.id('r', n), '{}', at FROM made WHERE n <= ${LARGEST} AND own = 1;
      INSERT INTO vr_video_avatars (vr_video_id, position, avatar_id, transform)
        SELECT pg_temp.id('v', n), 0, pg_temp.id('r', n), '{}' FROM made WHERE n <= ${LARGEST} AND own = 1;`);
    await client.query("SET maintenance_work_mem = '256MB'");
    for (const { make } of indexes.rows) await client.query(make);
    await client.query("VACUUM (ANALYZE)");
  } finally {
    client.release(true);
  }
}

const planSchema = z.looseObject({
  "Node Type": z.string(),
  "Relation Name": z.string().optional(),
  "Actual Rows": z.number(),
  "Actual Loops": z.number(),
  "Rows Removed by Filter": z.number().optional(),
  "Shared Hit Blocks": z.number(),
  "Shared Read Blocks": z.number(),
  get Plans() {
    return z.array(planSchema).optional();
  },
});
type Plan = z.infer<typeof planSchema>;
const explained = z.tuple([z.object({ "QUERY PLAN": z.tuple([z.object({ Plan: planSchema })]) })]);

/** The plans of the statements that an operation makes, as they ran; what they change is rolled back. */
async function plansOf(
  work: (db: Database) => Promise<unknown>,
  role: "library" | "sweep" = "library",
): Promise<Plan[]> {
  const plans: Plan[] = [];
  const undone = new Error("rolled back");
  const real = backend.as(role);
  const watched = (sql: Sql): Database => {
    const database: Database = {
      async query<Row extends QueryResultRow>(text: string, values: readonly unknown[] = []) {
        if (!/^\s*(SELECT|WITH|INSERT|UPDATE|DELETE)/.test(text)) return sql.query<Row>(text, values);
        await sql.query("SAVEPOINT explained");
        const { rows } = await sql.query(
          `EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) ${text}`,
          values,
        );
        await sql.query("ROLLBACK TO SAVEPOINT explained");
        plans.push(explained.parse(rows)[0]["QUERY PLAN"][0].Plan);
        return sql.query<Row>(text, values);
      },
      transaction: (inner) => inner(database),
      close: async () => {},
    };
    return database;
  };
  await assert.rejects(
    real.transaction(async (sql) => {
      await work(watched(sql));
      throw undone;
    }),
    undone,
  );
  return plans;
}

function nodesOf(plan: Plan): Plan[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
}

/** Fails on a scan of a whole table, and on a node that sorts, or reads and drops, more than `rows`. */
function assertIndexed(plans: readonly Plan[], what: string, rows: number): void {
  for (const node of plans.flatMap(nodesOf)) {
    const shown = `${what}: ${JSON.stringify({ ...node, Plans: undefined })}`;
    assert.notEqual(node["Node Type"], "Seq Scan", shown);
    assert.ok((node["Rows Removed by Filter"] ?? 0) <= rows, shown);
    if (/Sort|Aggregate|Hash|Materialize|Unique/.test(node["Node Type"])) {
      const read = (node.Plans ?? []).reduce(
        (sum, child) => sum + child["Actual Rows"] * child["Actual Loops"],
        0,
      );
      assert.ok(read <= rows * Math.max(1, node["Actual Loops"]), shown);
    }
  }
}
const blocksOf = (plans: readonly Plan[]) =>
  plans.reduce((sum, plan) => sum + plan["Shared Hit Blocks"] + plan["Shared Read Blocks"], 0);

const clock = () => new Date(0);
/** Each operation is in a transaction here, so that it can be rolled back; the memory's objects would refuse to sign there. */
const urls: UrlSigner = {
  signRead: async (object) => `https://storage.example/${object}`,
  signCreate: () => assert.fail(),
  signResumable: () => assert.fail(),
};
const signer = createFileSigner(createReadUrls(urls, clock, silentLogger), clock);
const list = (userId: string, query: { cursor?: string; kind?: string; q?: string } = {}) =>
  plansOf((db) => listResources({ userId, limit: LIMIT, ...query }, { db, signer }));
const listVideos = (cursor?: string) =>
  plansOf((db) => listVrVideos({ userId: busy, limit: LIMIT, cursor }, { db }));

/** The cursor of a page, far down: after this many of the rows that the list has. */
async function cursorAt(rows: string, skipped: number): Promise<string> {
  const found = await backend.pool.query<{ at: string; id: string }>(
    `SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at, id FROM (${rows}) AS listed (at, id)
     ORDER BY at DESC, id DESC OFFSET $1 LIMIT 1`,
    [skipped - 1],
  );
  const last = found.rows[0] ?? assert.fail("the list is too short");
  return encodeCursor([last.at, last.id]);
}
const OWN_AND_SAMPLES = `SELECT completed_at, id FROM resources WHERE space_id IS NULL OR space_id = '${id("s", 1)}'`;
const DEEP = 999 * LIMIT;

test("page 1,000 of a list costs at most 1.3 times page 1, with a kind too", async () => {
  const first = await list(busy);
  const deep = await list(busy, { cursor: await cursorAt(OWN_AND_SAMPLES, DEEP) });
  assertIndexed([...first, ...deep], "a page", 3 * LIMIT);
  assert.ok(blocksOf(deep) <= 1.3 * blocksOf(first), `${blocksOf(deep)} after ${blocksOf(first)}`);

  const scenes = `${OWN_AND_SAMPLES.replace("WHERE", "WHERE kind = 'scene' AND (")})`;
  const firstScenes = await list(busy, { kind: "scene" });
  const deepScenes = await list(busy, { kind: "scene", cursor: await cursorAt(scenes, DEEP) });
  assertIndexed([...firstScenes, ...deepScenes], "a page of scenes", 3 * LIMIT);
  assert.ok(blocksOf(deepScenes) <= 1.3 * blocksOf(firstScenes));
  // Rows of no resource: the reader's space, and the one that says that they are in it.
  assertIndexed(await list(busy, { kind: "none" }), "a page of a kind that no one has", 2);
  assertIndexed(await list(usual), "a usual space's page", 3 * LIMIT);
});

test("page 1,000 of the VR videos costs at most 1.3 times page 1", async () => {
  const first = await listVideos();
  const videos = `SELECT created_at, id FROM vr_videos WHERE space_id = '${id("s", 1)}'`;
  const deep = await listVideos(await cursorAt(videos, DEEP));
  assertIndexed([...first, ...deep], "a page of VR videos", 3 * LIMIT);
  assert.ok(blocksOf(deep) <= 1.3 * blocksOf(first), `${blocksOf(deep)} after ${blocksOf(first)}`);
});

test("a search reads what begins like it in the space, and no more", async () => {
  for (const [userId, q] of [
    [busy, "light"],
    [busy, "garden12"],
    [busy, "lighthouse garden"],
    [usual, "kit"],
    [usual, "kitchen garden1"],
    [usual, "nothing"],
  ] as const) {
    const plans = await list(userId, { q });
    // A space's words are few in the usual space; all samples are searched with it.
    assertIndexed(plans, `${userId} ${q}`, q.includes(" ") ? LARGEST + RESOURCES / 500 : 4_000);
    if (q === "light" || q === "nothing") assert.ok(blocksOf(plans) < 1_000, `${q}: ${blocksOf(plans)}`);
  }
});

test("a search that finds everything costs the same on each of its pages", async () => {
  const first = await list(busy, { q: "kit" });
  const deep = await list(busy, { q: "kit", cursor: await cursorAt(OWN_AND_SAMPLES, DEEP) });
  for (const node of [...first, ...deep].flatMap(nodesOf)) assert.notEqual(node["Node Type"], "Seq Scan");
  assert.ok(blocksOf(deep) <= 1.3 * blocksOf(first), `${blocksOf(deep)} after ${blocksOf(first)}`);
});

test("each look-up and change reads a handful of pages", async () => {
  const resource = { userId: busy, id: id("r", 11) };
  const video = { userId: busy, id: id("v", 11) };
  const origin: [number, number, number] = [0, 0, 0];
  const rotation: [number, number, number, number] = [0, 0, 0, 1];
  const placed = { resourceId: resource.id, transform: { position: origin, rotation, scale: origin } };
  const newId = () => "v2";
  for (const [what, work] of [
    ["a resource", (db) => getResource(resource, { db, signer })],
    ["a VR video", (db) => getVrVideo(video, { db, signer })],
    [
      "a title",
      (db) =>
        renameResource({ ...resource, ifMatch: "*", title: "Sea" }, { ...recording, db, signer, newId }),
    ],
    [
      "a change",
      (db) =>
        changeVrVideo(
          { ...video, ifMatch: "*", change: { scene: placed } },
          { ...recording, db, kinds, newId },
        ),
    ],
  ] as readonly (readonly [string, (db: Database) => Promise<unknown>])[]) {
    const plans = await plansOf(work);
    assertIndexed(plans, what, 10);
    assert.ok(blocksOf(plans) < 200, `${what}: ${blocksOf(plans)}`);
  }
  const walked = await plansOf(async (db) => {
    for await (const { jobId } of storedResults(db, id("j", 40_000), 100)) if (jobId > id("j", 40_150)) break;
  }, "sweep");
  assertIndexed(walked, "a walk over results", 200);
});
