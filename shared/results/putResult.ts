/** The statements that write a result which can be read: one of many parts, since each round trip costs more than all parts together. */
import type { Change } from "../changes/change.ts";
import { type LogRow, logSql, type Recorded, recordedOf } from "../changes/recordChanges.ts";
import type { DomainEvent } from "../events/event.ts";
import type { Version } from "../platform/firestore/version.ts";
import type { Sql } from "../platform/sql/pool.ts";
import { type Result, resourceIdOf } from "./resultDocument.ts";
import { resultLock, sqlSpaceOf } from "./resultRows.ts";
import { wordsOf } from "./titleWords.ts";

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
