/** A result as SQL holds it, whole, in a form that can be compared with its document. */
import { isDeepStrictEqual } from "node:util";
import { microsecondsOf, type Version, versionColumn } from "../platform/firestore/version.ts";
import type { Sql } from "../platform/sql/pool.ts";
import type { Known } from "./decide.ts";
import type { Observation } from "./observation.ts";
import { projected, projectionOf } from "./projections/index.ts";
import { type Result, resourceIdOf } from "./resultDocument.ts";
import { sqlSpaceOf } from "./resultRows.ts";

interface Content {
  readonly id: string;
  readonly spaceId: string | null;
  readonly kind: string;
  readonly title: string;
  readonly params: unknown;
  readonly data: unknown;
  readonly createdBy: string | null;
  readonly leaseNumber: number;
  /** To the microsecond. */
  readonly completedAt: string;
  /** In order of their names' bytes. */
  readonly files: unknown[];
  /** What the kind's projection keeps; null when nothing is. */
  readonly projected: unknown;
}

export interface StoredResult {
  readonly jobId: string;
  readonly known: Known;
  readonly hidden: boolean;
  /** Undefined when there is no resource. */
  readonly content: Content | undefined;
}

/**
 * - `missing`: the document is there, SQL doesn't have it, or its place in quarantine is empty.
 * - `stale`: SQL has an earlier version.
 * - `changed`: SQL has its version with another content, or a version that never was.
 * - `invented`: SQL, or the quarantine, has it and there is no document.
 * - `recovered`: it was quarantined and can be read now.
 * - `erased`: it was deleted on purpose, yet something of it is there.
 */
export type Difference = "missing" | "stale" | "changed" | "invented" | "recovered" | "erased";

/**
 * What differs between SQL and a document, or undefined when SQL is as the document says.
 * @param livesOn whether a person that it names (`peopleOf`) still has an account: one who was erased is left out in SQL
 */
export function differenceOf(
  stored: StoredResult | undefined,
  observation: Observation,
  livesOn: (userId: string) => boolean,
): Difference | undefined {
  if (observation.finding === "absent") return differenceFromNothing(stored);
  if (!stored) return "missing";
  const { known, content } = stored;
  if (known.state === "erased") return "erased";
  if (known.version < observation.version) return "stale";
  if (known.version > observation.version) return "changed";
  if (observation.finding === "unreadable") {
    return known.state === "quarantined" && (content === undefined || stored.hidden) ? undefined : "changed";
  }
  if (known.state === "quarantined") return "recovered";
  if (content === undefined) return "missing";
  const same = known.state === "synced" && !stored.hidden && isAs(content, observation.result, livesOn);
  return same ? undefined : "changed";
}

function differenceFromNothing(stored: StoredResult | undefined): Difference | undefined {
  if (stored?.content !== undefined) return "invented";
  return stored?.known.state === "synced" || stored?.known.state === "quarantined" ? "invented" : undefined;
}

function isAs(content: Content, result: Result, livesOn: (userId: string) => boolean): boolean {
  const projection = projectionOf(result);
  const expected: Content = {
    id: resourceIdOf(result.jobId),
    spaceId: sqlSpaceOf(result),
    kind: result.kind,
    title: result.title,
    params: result.params,
    data: result.data,
    createdBy: livesOn(result.createdBy) ? result.createdBy : null,
    leaseNumber: result.leaseNumber,
    completedAt: microsecondsOf(result.completedAt),
    files: byName(result.files),
    projected: projection && livesOn(projection.personOf(result)) ? projection.rowsOf(result) : null,
  };
  // Through JSON, as SQL got it; the order of fields doesn't matter to the comparison, nor to Postgres.
  return isDeepStrictEqual(JSON.parse(JSON.stringify(expected)), {
    ...content,
    files: byName(content.files),
  });
}

function byName(files: readonly unknown[]): unknown[] {
  const name = (file: unknown) => JSON.stringify((file as { name?: unknown } | null)?.name ?? null); // only a sort key
  return [...files].sort((a, b) => (name(a) < name(b) ? -1 : 1));
}

/** Who made a result, and who it is about. */
export function peopleOf(result: Result): string[] {
  const projection = projectionOf(result);
  return [result.createdBy, ...(projection ? [projection.personOf(result)] : [])];
}

const STORED = `
  SELECT v.job_id AS "jobId", ${versionColumn("v.version")} AS version, v.state, coalesce(r.hidden, false) AS hidden,
    CASE WHEN r.id IS NOT NULL THEN json_build_object(
      'id', r.id, 'spaceId', r.space_id, 'kind', r.kind, 'title', r.title, 'params', r.params, 'data', r.data,
      'createdBy', r.created_by, 'leaseNumber', r.lease_number, 'completedAt', ${versionColumn("r.completed_at")},
      'files', (SELECT coalesce(json_agg(json_build_object(
          'name', f.name, 'role', f.role, 'object', f.object, 'contentType', f.content_type, 'size', f.size, 'crc32c', f.crc32c,
          'generation', f.generation)), '[]')
        FROM resource_files f WHERE f.resource_id = r.id)) END AS content
  FROM result_versions v LEFT JOIN resources r ON r.job_id = v.job_id`;

interface Row {
  jobId: string;
  version: Version;
  state: Known["state"];
  hidden: boolean;
  content: Omit<Content, "projected"> | null;
}

/** One result, inside its transaction. */
export async function storedResult(sql: Sql, jobId: string): Promise<StoredResult | undefined> {
  const { rows } = await sql.query<Row>(`${STORED} WHERE v.job_id = $1`, [jobId]);
  return (await fromRows(sql, rows))[0];
}

/** All results after an id, in the order of their ids' bytes, a page of rows in memory at a time. */
export async function* storedResults(
  sql: Sql,
  after: string,
  pageSize: number,
): AsyncGenerator<StoredResult> {
  for (let last = after; ; ) {
    const { rows } = await sql.query<Row>(`${STORED} WHERE v.job_id > $1 ORDER BY v.job_id LIMIT $2`, [
      last,
      pageSize,
    ]);
    yield* await fromRows(sql, rows);
    const end = rows.at(-1);
    if (!end || rows.length < pageSize) return;
    last = end.jobId;
  }
}

async function fromRows(sql: Sql, rows: readonly Row[]): Promise<StoredResult[]> {
  const kept = await projected(
    sql,
    rows.flatMap(({ content }) => content ?? []),
  );
  return rows.map(({ jobId, version, state, hidden, content }) => ({
    jobId,
    known: { version, state },
    hidden,
    content: content ? { ...content, projected: kept.get(content.id) ?? null } : undefined,
  }));
}
