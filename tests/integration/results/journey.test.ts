/** Results on the whole local cloud: what someone else writes into Firestore reaches SQL and phones by the real triggers. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Firestore } from "@google-cloud/firestore";
import pg from "pg";
import { z } from "zod";
import { serviceAccountTokens } from "#engine/kit/idToken.ts";
import { buckets } from "#local/cloud/plan.ts";
import { type TestCloud, testCloud } from "#local/testing/backends.ts";
import { randomId } from "#shared/platform/ids.ts";
import { storageClient } from "#shared/platform/storage/client.ts";
import type { Result } from "#shared/results/resultDocument.ts";
import { eventually } from "#tests/acceptance/tools.ts";
import { workersOf } from "../workers.ts";
import { deviceOf, type Family, family } from "./harness.ts";

let cloud: TestCloud;
let firestore: Firestore;
let pool: pg.Pool;
let home: Family;
let token: string;
before(async () => {
  cloud = await testCloud();
  process.env.FIRESTORE_EMULATOR_HOST = cloud.firestore;
  process.env.STORAGE_EMULATOR_HOST = cloud.storage;
  // As the owner of the project, who writes past all functions.
  process.env.GCE_METADATA_HOST = new URL(cloud.identity).host;
  process.env.METADATA_SERVER_DETECTION = "assume-present";
  firestore = new Firestore({ projectId: cloud.projectId });
  pool = new pg.Pool({ connectionString: cloud.postgres, max: 4, allowExitOnIdle: true });
  pool.on("error", () => {}); // Postgres is killed below
  home = await family({ backend: { pool } });
  await deviceOf(pool, home.giverId, home.giverId);
  const tokens = serviceAccountTokens({
    keyFile: cloud.adminKeyFile,
    audience: cloud.api,
    clock: () => new Date(),
  });
  token = await tokens.current();
});
after(async () => {
  await pool.end();
  await firestore.terminate();
});

/** A result as an import would write it, its file included. */
async function imported(overrides: Partial<Result> = {}): Promise<Result> {
  const jobId = overrides.jobId ?? randomId();
  const object = `spaces/${home.spaceId}/jobs/${jobId}/1/scene.glb`;
  const file = storageClient(cloud.projectId).bucket(buckets.RESOURCES_BUCKET).file(object);
  await file.save("a scene", { contentType: "model/gltf-binary", resumable: false });
  const [stored] = await file.getMetadata();
  const result: Result = {
    jobId,
    kind: "scene",
    spaceId: home.spaceId,
    createdBy: home.giverId,
    title: "Imported",
    params: { location: "outdoor" },
    files: [
      {
        name: "scene.glb",
        role: "model",
        object,
        contentType: "model/gltf-binary",
        size: Number(stored.size),
        crc32c: stored.crc32c ?? "",
        generation: String(stored.generation),
      },
    ],
    data: null,
    leaseNumber: 1,
    completedAt: new Date("2026-01-01T00:00:00Z"),
    ...overrides,
  };
  await firestore.doc(`results/${jobId}`).set(result);
  return result;
}

const titlesOf = async (jobIds: readonly string[]) =>
  (
    await pool.query<{ title: string }>(
      "SELECT title FROM resources WHERE job_id = ANY($1) AND NOT hidden ORDER BY title",
      [jobIds],
    )
  ).rows.map((row) => row.title);
const notifiedOf = async (jobId: string) => {
  const messages = z
    .array(z.object({ data: z.record(z.string(), z.string()) }))
    .parse(await (await fetch(`${cloud.push}/messages?token=${home.giverId}`)).json());
  return messages.filter((message) => message.data.jobId === jobId).length;
};
async function admin(method: string, path: string): Promise<Record<string, unknown>> {
  const answer = await fetch(`${cloud.api}/v1/admin/${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
  });
  return z.record(z.string(), z.unknown()).parse(await answer.json());
}

test("an imported result reaches library and phone, follows updates and the deletion", async () => {
  const result = await imported();
  await eventually("the resource", async () => (await titlesOf([result.jobId])).length === 1);
  await eventually("the push message", async () => (await notifiedOf(result.jobId)) === 1);
  await firestore.doc(`results/${result.jobId}`).update({ title: "Renamed" });
  await eventually("the new title", async () => (await titlesOf([result.jobId]))[0] === "Renamed");
  await firestore.doc(`results/${result.jobId}`).delete();
  await eventually("that it is gone", async () => (await titlesOf([result.jobId])).length === 0);
  assert.equal(await notifiedOf(result.jobId), 1);
});

test("an event delivered twice and a document written twice leave one row as it is", async () => {
  const result = await imported();
  await eventually("the resource", async () => (await titlesOf([result.jobId])).length === 1);
  const document = firestore.doc(`results/${result.jobId}`);
  await Promise.all([document.set(result), document.set(result), document.set(result)]); // each fires the trigger again
  await document.update({ title: "Renamed by an operator" });
  await eventually(
    "the newest version",
    async () => (await titlesOf([result.jobId]))[0] === "Renamed by an operator",
  );
  const { rows } = await pool.query("SELECT count(*)::int AS n FROM resources WHERE job_id = $1", [
    result.jobId,
  ]);
  assert.deepEqual(rows, [{ n: 1 }]);
});

test("an operator's mistake is quarantined with a reason, until a replay after the fix", async () => {
  const result = await imported();
  await eventually("the resource", async () => (await titlesOf([result.jobId])).length === 1);
  await pool.query("UPDATE result_versions SET version = version + interval '1 day' WHERE job_id = $1", [
    result.jobId,
  ]);
  await pool.query("UPDATE resources SET title = 'by hand' WHERE job_id = $1", [result.jobId]);
  const { mended } = await admin("POST", "audit");
  assert.equal(mended, 1);
  assert.deepEqual(await titlesOf([result.jobId]), [result.title]);
  await firestore.doc(`results/${result.jobId}`).update({ kind: "hologram" });
  const listed = async () => JSON.stringify(await admin("GET", "quarantine"));
  await eventually("the entry in quarantine", async () => (await listed()).includes(result.jobId));
  assert.match(await listed(), /unknown_kind/);
  // The entry is written before the resource is hidden, so that a crash in between loses nothing.
  await eventually("that it is hidden", async () => (await titlesOf([result.jobId])).length === 0);
  assert.equal((await admin("POST", `quarantine/${result.jobId}/replay`)).outcome, "quarantined");
  await firestore.doc(`results/${result.jobId}`).set(result);
  await eventually("that it is back", async () => (await titlesOf([result.jobId])).length === 1);
  await eventually("that the entry is gone", async () => !(await listed()).includes(result.jobId));
});

test("workers are killed over an event: another worker receives it", async () => {
  const jobId = randomId();
  const client = await pool.connect();
  try {
    // Holds what `lockResult` locks, so that the worker that has the event waits.
    await client.query("BEGIN");
    await client.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [
      JSON.stringify(["result", jobId]),
    ]);
    await imported({ jobId });
    await eventually("a worker with the event", async () => {
      const waiting =
        "SELECT FROM pg_stat_activity WHERE application_name = 'reverie-sync' AND wait_event = 'advisory'";
      return (await pool.query(waiting)).rowCount === 1;
    });
    for (const worker of workersOf(cloud)) process.kill(worker, "SIGKILL");
  } finally {
    await client.query("ROLLBACK");
    client.release();
  }
  await eventually("the resource", async () => (await titlesOf([jobId])).length === 1);
});

test("Postgres is killed while results arrive: each is there once and notified once", async () => {
  const results: Result[] = [];
  for (let i = 0; i < 30; i++) {
    results.push(await imported({ title: `Result ${String(i).padStart(2, "0")}` }));
    if (i === 10) process.kill(cloud.pids().postgres ?? assert.fail(), "SIGKILL");
  }
  const jobIds = results.map((result) => result.jobId);
  const count = () => titlesOf(jobIds).catch(() => []); // while Postgres is away
  await eventually("all thirty", async () => (await count()).length === 30, 120_000);
  assert.deepEqual(
    await titlesOf(jobIds),
    results.map((result) => result.title),
  );
  const { rows } = await pool.query(
    "SELECT count(*)::int AS n FROM outbox WHERE event ->> 'jobId' = ANY($1)",
    [jobIds],
  );
  assert.deepEqual(rows, [{ n: 30 }]);
  for (const jobId of jobIds)
    await eventually("the push message", async () => (await notifiedOf(jobId)) >= 1, 120_000);
  assert.deepEqual(
    await Promise.all(jobIds.map(notifiedOf)),
    jobIds.map(() => 1),
  );
  const { mended, failed } = await admin("POST", "audit");
  assert.deepEqual([mended, failed], [0, 0]);
});
