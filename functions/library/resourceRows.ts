/**
 * The SQL of resources. Who may see what is part of each statement: a person's own space by its membership, and samples; and nothing
 * whose document can't be read at the moment.
 */
import type { FileRole } from "#shared/kinds/kind.ts";
import { versionColumn } from "#shared/platform/firestore/version.ts";
import type { Keyset } from "#shared/platform/http/cursor.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";

export interface ResourceRow {
  readonly id: string;
  readonly job_id: string;
  readonly space_id: string | null;
  readonly kind: string;
  readonly title: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly data: Readonly<Record<string, unknown>> | null;
  readonly completed_at: Date;
  /** `completed_at` to the microsecond, for cursors. */
  readonly completed_at_text: string;
  readonly files: ReadonlyArray<{
    name: string;
    role: FileRole;
    object: string;
    generation: string;
    contentType: string;
    size: number;
  }>;
}

const COLUMNS = `
  r.id, r.job_id, r.space_id, r.kind, r.title, r.params, r.data, r.completed_at,
  ${versionColumn("r.completed_at")} AS completed_at_text,
  (SELECT coalesce(json_agg(json_build_object(
            'name', f.name, 'role', f.role, 'object', f.object, 'generation', f.generation, 'contentType', f.content_type,
            'size', f.size) ORDER BY f.name), '[]')
     FROM resource_files f WHERE f.resource_id = r.id) AS files`;

const VISIBLE =
  "(NOT r.hidden AND (r.space_id IS NULL OR r.space_id = (SELECT m.space_id FROM space_members m WHERE m.user_id = $1)))";

/** One resource that this person may see, or undefined. */
export async function visibleResource(
  sql: Sql,
  userId: string,
  id: string,
): Promise<ResourceRow | undefined> {
  const { rows } = await sql.query<ResourceRow>(
    `SELECT ${COLUMNS} FROM resources r WHERE ${VISIBLE} AND r.id = $2`,
    [userId, id],
  );
  return rows[0];
}

/** Of these ids, those this person may see, with their kinds; they stay until the transaction ends. */
export async function visibleKinds(
  sql: Sql,
  userId: string,
  ids: readonly string[],
): Promise<Map<string, string>> {
  const { rows } = await sql.query<{ id: string; kind: string }>(
    `SELECT r.id, r.kind FROM resources r WHERE ${VISIBLE} AND r.id = ANY($2) ORDER BY r.id FOR KEY SHARE OF r`,
    [userId, ids],
  );
  return new Map(rows.map((row) => [row.id, row.kind]));
}

/** A page, newest first: up to `limit + 1` rows after `after`. */
export async function visibleResources(
  sql: Sql,
  userId: string,
  page: { limit: number; after: Keyset | undefined; kind: string | undefined },
): Promise<ResourceRow[]> {
  const { rows } = await sql.query<ResourceRow>(
    `SELECT ${COLUMNS} FROM resources r
     WHERE ${VISIBLE}
       AND ($2::timestamptz IS NULL OR (r.completed_at, r.id) < ($2::timestamptz, $3))
       AND ($4::text IS NULL OR r.kind = $4)
     ORDER BY r.completed_at DESC, r.id DESC
     LIMIT $5`,
    [userId, page.after?.[0] ?? null, page.after?.[1] ?? null, page.kind ?? null, page.limit + 1],
  );
  return rows;
}
