/** The SQL of results. All writes run inside the transaction of one result, which holds that result's lock. */

import { type Version, versionColumn } from "../platform/firestore/version.ts";
import type { Sql } from "../platform/sql/pool.ts";
import type { Known } from "./decide.ts";
import { type Result, resourceIdOf, SAMPLES_SPACE } from "./resultDocument.ts";
import { wordsOf } from "./titleWords.ts";

/** Lets one transaction at a time decide about a result, also before it has a row. An erasure takes this lock as well. */
export async function lockResult(sql: Sql, jobId: string): Promise<void> {
  await sql.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [
    JSON.stringify(["result", jobId]),
  ]);
}

export interface KnownRow extends Known {
  readonly spaceId: string | null;
  readonly notified: boolean;
  /** Differs after every write of the row, also one that changes nothing. */
  readonly mark: string;
}

/**
 * What SQL knows of a result.
 * @param lock keeps the row as it is until the transaction ends
 */
export async function knownResult(sql: Sql, jobId: string, lock?: "lock"): Promise<KnownRow | undefined> {
  const { rows } = await sql.query<{
    version: Version;
    state: Known["state"];
    spaceId: string | null;
    notified: boolean;
    mark: string;
  }>(
    `SELECT ${versionColumn("version")} AS version, state, space_id AS "spaceId", notified_at IS NOT NULL AS notified, xmin::text AS mark
     FROM result_versions WHERE job_id = $1${lock ? " FOR UPDATE" : ""}`,
    [jobId],
  );
  return rows[0];
}

/** @param spaceId undefined leaves the one that is known */
export async function setKnown(
  sql: Sql,
  jobId: string,
  known: Known,
  spaceId: string | null | undefined,
): Promise<void> {
  await sql.query(
    `INSERT INTO result_versions (job_id, version, state, space_id) VALUES ($1, $2, $3, $4)
     ON CONFLICT (job_id) DO UPDATE SET
       version = excluded.version, state = excluded.state,
       space_id = CASE WHEN $5 THEN excluded.space_id ELSE result_versions.space_id END`,
    [jobId, known.version, known.state, spaceId ?? null, spaceId !== undefined],
  );
}

export async function markNotified(sql: Sql, jobId: string, now: Date): Promise<void> {
  await sql.query("UPDATE result_versions SET notified_at = $2 WHERE job_id = $1", [jobId, now]);
}

/**
 * Makes the resource's rows what the result says. A title that a person gave stays. A creator who was erased is left out. A row of the
 * job under another id goes.
 */
export async function putResource(sql: Sql, result: Result): Promise<void> {
  const id = resourceIdOf(result.jobId);
  // The creator's row is locked: without, one erased in between would make the insert fail for good instead of leaving it out.
  const { rows } = await sql.query<{ id: string }>("SELECT id FROM users WHERE id = $1 FOR KEY SHARE", [
    result.createdBy,
  ]);
  await sql.query("DELETE FROM resources WHERE job_id = $1 AND id <> $2", [result.jobId, id]);
  const { rows: put } = await sql.query<{ title: string }>(
    `INSERT INTO resources (id, job_id, space_id, kind, title, params, data, created_by, lease_number, completed_at, hidden)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, false)
     ON CONFLICT (id) DO UPDATE SET
       job_id = excluded.job_id, space_id = excluded.space_id, kind = excluded.kind, title = excluded.title, params = excluded.params,
       data = excluded.data, created_by = excluded.created_by, lease_number = excluded.lease_number,
       completed_at = excluded.completed_at, hidden = false, version = gen_random_uuid()
     RETURNING coalesce(given_title, title) AS title`,
    [
      id,
      result.jobId,
      sqlSpaceOf(result),
      result.kind,
      result.title,
      JSON.stringify(result.params),
      result.data === null ? null : JSON.stringify(result.data),
      rows[0]?.id ?? null,
      result.leaseNumber,
      result.completedAt,
    ],
  );
  await putTitleWords(sql, id, put[0]?.title ?? result.title);
  await sql.query("DELETE FROM resource_files WHERE resource_id = $1", [id]);
  await sql.query(
    `INSERT INTO resource_files (resource_id, name, role, object, content_type, size, crc32c, generation)
     SELECT $1, f.name, f.role, f.object, f."contentType", f.size, f.crc32c, f.generation
     FROM jsonb_to_recordset($2::jsonb)
       AS f (name text, role text, object text, "contentType" text, size bigint, crc32c text, generation text)`,
    [id, JSON.stringify(result.files)],
  );
}

/** Makes a resource be found by the words of this title, and by no others. */
export async function putTitleWords(sql: Sql, resourceId: string, title: string): Promise<void> {
  await sql.query("DELETE FROM resource_words WHERE resource_id = $1", [resourceId]);
  await sql.query(
    `INSERT INTO resource_words (shelf, word, resource_id, completed_at)
     SELECT coalesce(r.space_id, $3), w.word, r.id, r.completed_at FROM resources r, unnest($2::text[]) AS w (word) WHERE r.id = $1`,
    [resourceId, wordsOf(title), SAMPLES_SPACE],
  );
}

export async function hideResource(sql: Sql, jobId: string): Promise<void> {
  await sql.query("UPDATE resources SET hidden = true WHERE job_id = $1", [jobId]);
}

export async function dropResource(sql: Sql, jobId: string): Promise<void> {
  await sql.query("DELETE FROM resources WHERE job_id = $1", [jobId]);
}

/** The space a result belongs to in SQL: null for a sample. */
export function sqlSpaceOf(result: Pick<Result, "spaceId">): string | null {
  return result.spaceId === SAMPLES_SPACE ? null : result.spaceId;
}
