/** The SQL of results. All writes run inside the transaction of one result, which holds that result's lock. */

import type { Change } from "../changes/change.ts";
import { type LogRow, logSql, type Recorded, recordedOf } from "../changes/recordChanges.ts";
import type { DomainEvent } from "../events/event.ts";
import { type Version, versionColumn } from "../platform/firestore/version.ts";
import type { Sql } from "../platform/sql/pool.ts";
import type { Known } from "./decide.ts";
import { type Result, resourceIdOf, SAMPLES_SPACE } from "./resultDocument.ts";
import { wordsOf } from "./titleWords.ts";

/** Lets one transaction at a time decide about a result, also before it has a row. An erasure takes this lock as well. */
export async function lockResult(sql: Sql, jobId: string): Promise<void> {
  await sql.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [resultLock(jobId)]);
}

function resultLock(jobId: string): string {
  return JSON.stringify(["result", jobId]);
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

/** What is written of a result that can be read. */
export interface ResultToPut {
  readonly result: Result;
  readonly version: Version;
  /** Set the first time that phones are notified of it; they are once, however often its document comes, goes and changes. */
  readonly notifiedAt: Date | undefined;
  /** For the outbox. */
  readonly events: readonly DomainEvent[];
  /** What people see, if one of them gave a title. */
  readonly givenTitle: string | null;
}

/**
 * Makes a result's rows what its document says, under the result's lock, and puts its events into the outbox. A creator who was erased is
 * left out. The files and words that were there before have gone (`clearResource`).
 * @returns the events that were not in the outbox yet
 */
export async function putResult(sql: Sql, put: ResultToPut): Promise<readonly DomainEvent[]> {
  const { rows } = await sql.query<PutRow>(PUT, valuesOf(put));
  return addedOf(put, rows[0]);
}

/**
 * Writes a result that SQL knows nothing of, in one statement: what `applySeen` does in a transaction of several. It takes the same locks in
 * the same order: the result's, the space's, the version's. A result that another writer brought first is found by its key, whenever
 * that was committed, so it doesn't matter that the statement sees the database as it was before it had the lock.
 * @param changes of the result's space
 * @returns undefined when nothing was written: SQL knows the result by now, or its space doesn't live
 */
export async function putNewResult(
  sql: Sql,
  put: ResultToPut,
  changes: readonly Change[],
  now: Date,
): Promise<{ added: readonly DomainEvent[]; recorded: readonly Recorded[] } | undefined> {
  const { rows } = await sql.query<PutRow & (LogRow | { readonly seq: null })>(PUT_NEW, [
    ...valuesOf(put),
    now,
    changes.map(({ type }) => type),
    changes.map(({ id }) => id),
    changes.map(({ op }) => op),
    resultLock(put.result.jobId),
  ]);
  const [row] = rows;
  return (
    row && {
      added: addedOf(put, row),
      recorded: row.seq === null ? [] : [recordedOf(put.result.spaceId, row)],
    }
  );
}

interface PutRow {
  /** Ids of events; null for none. */
  readonly added: readonly string[] | null;
}

function addedOf({ events }: ResultToPut, row: PutRow | undefined): readonly DomainEvent[] {
  return events.filter(({ id }) => row?.added?.includes(id));
}

/** The first 16 parameters of `PUT` and `PUT_NEW`. */
function valuesOf({ result, version, notifiedAt, events, givenTitle }: ResultToPut): unknown[] {
  return [
    result.jobId,
    version,
    sqlSpaceOf(result),
    notifiedAt ?? null,
    resourceIdOf(result.jobId),
    result.kind,
    result.title,
    JSON.stringify(result.params),
    result.data === null ? null : JSON.stringify(result.data),
    result.createdBy,
    result.leaseNumber,
    result.completedAt,
    JSON.stringify(result.files),
    wordsOf(givenTitle ?? result.title),
    result.spaceId,
    JSON.stringify(events),
  ];
}

/**
 * @param isNew for a result that SQL knows nothing of
 * @param log more common table expressions
 */
function putSql(isNew: boolean, log = ""): string {
  return `WITH ${
    isNew
      ? `lock AS MATERIALIZED (
      SELECT pg_advisory_xact_lock(hashtextextended($21, 0))
    ), space AS MATERIALIZED (
      SELECT s.id FROM lock, spaces s WHERE s.id = $3 FOR KEY SHARE OF s
    ), `
      : ""
  }version AS (
      INSERT INTO result_versions (job_id, version, state, space_id, notified_at)
      SELECT $1, $2::timestamptz, 'synced', $3, $4::timestamptz
      ${
        isNew
          ? `FROM lock WHERE $3::text IS NULL OR EXISTS (SELECT FROM space)
      ON CONFLICT (job_id) DO NOTHING`
          : `ON CONFLICT (job_id) DO UPDATE SET version = excluded.version, state = excluded.state, space_id = excluded.space_id,
        notified_at = coalesce(result_versions.notified_at, excluded.notified_at)`
      }
      RETURNING job_id
    ), creator AS (
      -- Locked: without, one erased in between would make the insert fail for good instead of leaving it out.
      SELECT u.id FROM version, users u WHERE u.id = $10 FOR KEY SHARE OF u
    ), resource AS (
      INSERT INTO resources (id, job_id, space_id, kind, title, params, data, created_by, lease_number, completed_at, hidden)
      SELECT $5, job_id, $3, $6, $7, $8::jsonb, $9::jsonb, (SELECT id FROM creator), $11::integer, $12::timestamptz, false FROM version
      ON CONFLICT (id) DO UPDATE SET
        job_id = excluded.job_id, space_id = excluded.space_id, kind = excluded.kind, title = excluded.title, params = excluded.params,
        data = excluded.data, created_by = excluded.created_by, lease_number = excluded.lease_number,
        completed_at = excluded.completed_at, hidden = false, version = gen_random_uuid()
      RETURNING id, completed_at
    ), file AS (
      INSERT INTO resource_files (resource_id, name, role, object, content_type, size, crc32c, generation)
      SELECT resource.id, f.name, f.role, f.object, f."contentType", f.size, f.crc32c, f.generation
      FROM resource, jsonb_to_recordset($13::jsonb)
        AS f (name text, role text, object text, "contentType" text, size bigint, crc32c text, generation text)
    ), word AS (
      INSERT INTO resource_words (shelf, word, resource_id, completed_at)
      SELECT $15, w.word, resource.id, resource.completed_at FROM resource, unnest($14::text[]) AS w (word)
    ), event AS (
      INSERT INTO outbox (id, event, created_at)
      SELECT e ->> 'id', e, (e ->> 'at')::timestamptz FROM resource, jsonb_array_elements($16::jsonb) AS e
      ON CONFLICT (id) DO NOTHING RETURNING id
    )${log}
    SELECT (SELECT array_agg(id) FROM event) AS added${isNew ? ", log.seq, log.raises" : ""}
    FROM resource${isNew ? " LEFT JOIN log ON true" : ""}`;
}

const PUT = putSql(false);
const PUT_NEW = putSql(
  true,
  `, ${logSql({ space: "$3", now: "$17", types: "$18", ids: "$19", ops: "$20", after: "EXISTS (SELECT FROM resource)" })}`,
);

/**
 * Removes what a resource consists of before it is put again; the row of the job under another id goes whole.
 * @returns the title that a person gave
 */
export async function clearResource(sql: Sql, jobId: string): Promise<string | null> {
  const { rows } = await sql.query<{ title: string | null }>(
    `WITH stranger AS (
       DELETE FROM resources WHERE job_id = $1 AND id <> $2
     ), file AS (
       DELETE FROM resource_files WHERE resource_id = $2
     ), word AS (
       DELETE FROM resource_words WHERE resource_id = $2
     )
     SELECT given_title AS title FROM resources WHERE id = $2`,
    [jobId, resourceIdOf(jobId)],
  );
  return rows[0]?.title ?? null;
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
