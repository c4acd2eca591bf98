/** The SQL of results. All of it runs inside the transaction of one result, which holds that result's lock. */
import { type Result, resourceIdOf } from "../documents/result.ts";
import type { Sql } from "../sql/pool.ts";
import type { Known } from "./decide.ts";
import { sqlGroupOf } from "./readResult.ts";
import type { Version } from "./version.ts";

const VERSION_TEXT = `to_char(version AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

/** Lets one transaction at a time decide about a result, also before it has a row. */
export async function lockResult(sql: Sql, jobId: string): Promise<void> {
  await sql.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 1))", [jobId]);
}

export async function knownVersion(sql: Sql, jobId: string): Promise<Known | undefined> {
  const { rows } = await sql.query<{ version: Version; state: Known["state"] }>(
    `SELECT ${VERSION_TEXT} AS version, state FROM result_versions WHERE job_id = $1`,
    [jobId],
  );
  return rows[0];
}

export async function setVersion(
  sql: Sql,
  jobId: string,
  known: Known,
  groupId: string | null,
): Promise<void> {
  await sql.query(
    `INSERT INTO result_versions (job_id, version, state, group_id) VALUES ($1, $2, $3, $4)
     ON CONFLICT (job_id) DO UPDATE SET
       version = excluded.version, state = excluded.state, group_id = coalesce(excluded.group_id, result_versions.group_id)`,
    [jobId, known.version, known.state, groupId],
  );
}

/** Makes the resource's rows what the result says. A creator who was erased is left out. */
export async function putResource(sql: Sql, result: Result): Promise<void> {
  const id = resourceIdOf(result.jobId);
  await sql.query(
    `INSERT INTO resources (id, job_id, group_id, kind, title, params, data, created_by, lease_number, completed_at, hidden)
     VALUES ($1, $2, $3, $4, $5, $6, $7, (SELECT id FROM users WHERE id = $8), $9, $10, false)
     ON CONFLICT (id) DO UPDATE SET
       group_id = excluded.group_id, kind = excluded.kind, title = excluded.title, params = excluded.params,
       data = excluded.data, created_by = excluded.created_by, lease_number = excluded.lease_number,
       completed_at = excluded.completed_at, hidden = false`,
    [
      id,
      result.jobId,
      sqlGroupOf(result),
      result.kind,
      result.title,
      JSON.stringify(result.params),
      result.data === null ? null : JSON.stringify(result.data),
      result.createdBy,
      result.leaseNumber,
      result.completedAt,
    ],
  );
  await sql.query("DELETE FROM resource_files WHERE resource_id = $1", [id]);
  await sql.query(
    `INSERT INTO resource_files (resource_id, name, object, content_type, size, crc32c, generation)
     SELECT $1, f.name, f.object, f."contentType", f.size, f.crc32c, f.generation
     FROM jsonb_to_recordset($2::jsonb)
       AS f (name text, object text, "contentType" text, size bigint, crc32c text, generation text)`,
    [id, JSON.stringify(result.files)],
  );
}

export async function hideResource(sql: Sql, jobId: string): Promise<void> {
  await sql.query("UPDATE resources SET hidden = true WHERE job_id = $1", [jobId]);
}

export async function dropResource(sql: Sql, jobId: string): Promise<void> {
  await sql.query("DELETE FROM resources WHERE job_id = $1", [jobId]);
}

/** Notes that the document and the objects of a sealed result have to go. */
export async function noteRemoval(sql: Sql, jobId: string, groupId: string, now: Date): Promise<void> {
  await sql.query(
    "INSERT INTO removals (job_id, object_prefix, requested_at) VALUES ($1, $2, $3) ON CONFLICT (job_id) DO NOTHING",
    [jobId, `groups/${groupId}/jobs/${jobId}/`, now],
  );
}
