/**
 * The SQL of resources. One resource is found by the person's memberships; a list is of one of the person's spaces. Samples are everyone's. Nothing is shown whose document can't be read at the moment.
 */
import type { FileRole } from "#shared/kinds/kind.ts";
import { versionColumn } from "#shared/platform/firestore/version.ts";
import type { Keyset } from "#shared/platform/http/cursor.ts";
import type { Precondition } from "#shared/platform/http/ifMatch.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { SAMPLES_SPACE } from "#shared/results/resultDocument.ts";
import { beginningWith } from "#shared/results/titleWords.ts";
import { requestedSpace } from "#shared/spaces/membership.ts";

export interface ResourceFileRow {
  readonly name: string;
  readonly role: FileRole;
  readonly object: string;
  readonly generation: string;
  readonly contentType: string;
  readonly size: number;
}

export interface ResourceRow {
  readonly id: string;
  readonly space_id: string | null;
  readonly kind: string;
  /** What a person gave, or else what the result says. */
  readonly title: string;
  readonly version: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly data: Readonly<Record<string, unknown>> | null;
  readonly completed_at: Date;
  /** `completed_at` to the microsecond, for cursors. */
  readonly completed_at_text: string;
  readonly files: readonly ResourceFileRow[];
}

const COLUMNS = `
  r.id, r.space_id, r.kind, coalesce(r.given_title, r.title) AS title, r.version, r.params, r.data, r.completed_at,
  ${versionColumn("r.completed_at")} AS completed_at_text,
  (SELECT coalesce(json_agg(json_build_object(
            'name', f.name, 'role', f.role, 'object', f.object, 'generation', f.generation, 'contentType', f.content_type,
            'size', f.size) ORDER BY f.name), '[]')
     FROM resource_files f WHERE f.resource_id = r.id) AS files`;

/** Of the person `$1`'s spaces, and the samples. */
const VISIBLE = `(NOT r.hidden AND (r.space_id IS NULL
    OR EXISTS (SELECT FROM space_members m WHERE m.user_id = $1 AND m.space_id = r.space_id)))`;

/** One resource that this person may see, or undefined. */
export async function visibleResource(
  sql: Sql,
  userId: string,
  id: string,
): Promise<ResourceRow | undefined> {
  return (await visibleOf(sql, userId, [id]))[0];
}

/** Of these ids, those this person may see. */
export async function visibleOf(sql: Sql, userId: string, ids: readonly string[]): Promise<ResourceRow[]> {
  const { rows } = await sql.query<ResourceRow>(
    `SELECT ${COLUMNS} FROM resources r WHERE ${VISIBLE} AND r.id = ANY($2)`,
    [userId, ids],
  );
  return rows;
}

/** Of these ids, those of this space and the samples, with their kinds; they stay until the transaction ends. */
export async function usableKinds(
  sql: Sql,
  spaceId: string,
  ids: readonly string[],
): Promise<Map<string, string>> {
  const { rows } = await sql.query<{ id: string; kind: string }>(
    `SELECT r.id, r.kind FROM resources r WHERE NOT r.hidden AND (r.space_id IS NULL OR r.space_id = $1) AND r.id = ANY($2) ORDER BY r.id FOR KEY SHARE OF r`,
    [spaceId, ids],
  );
  return new Map(rows.map((row) => [row.id, row.kind]));
}

/** Whose list it is, and of which space: without one, of the person's care group, or else their personal space. */
interface Reader {
  readonly userId: string;
  readonly spaceId?: string | undefined;
}

interface Page {
  readonly limit: number;
  readonly after: Keyset | undefined;
  readonly kind: string | undefined;
}

/**
 * A page, newest first: up to `limit + 1` rows after `after`. The space's resources and the samples are each read from the index that has
 * them in this order, and no further than the page needs, however far down the list it is.
 * @returns undefined when the reader isn't in the space, or has none
 */
export async function resourcesIn(sql: Sql, reader: Reader, page: Page): Promise<ResourceRow[] | undefined> {
  // Bounds are always there, and a kind makes another statement, since one may be planned without its values and an OR would then keep it from the index.
  const rest = `AND NOT r.hidden AND ${isKind(page)}
    AND (r.completed_at, r.id) < (coalesce($5::timestamptz, 'infinity'), $6::text)
    ORDER BY r.completed_at DESC, r.id DESC LIMIT $3`;
  const space = requestedSpace(reader);
  const { rows } = await sql.query<ListedRow>(
    `WITH space AS MATERIALIZED (${space.text}),
     page AS (
       SELECT r.* FROM (
         (SELECT r.id, r.completed_at FROM resources r WHERE r.space_id = (SELECT space_id FROM space) ${rest})
         UNION ALL
         (SELECT r.id, r.completed_at FROM resources r WHERE r.space_id IS NULL ${rest})
       ) r ORDER BY r.completed_at DESC, r.id DESC LIMIT $3)
     SELECT ${COLUMNS} FROM space LEFT JOIN (page p JOIN resources r ON r.id = p.id) ON true
     ORDER BY p.completed_at DESC, p.id DESC`,
    [...space.values, ...pageParameters(page)],
  );
  return listed(rows);
}

/**
 * The same of those in whose titles each of these words begins a word.
 * @param words as `searchedWordsOf` gives them; at least one
 */
export async function foundResources(
  sql: Sql,
  reader: Reader,
  words: readonly string[],
  page: Page,
): Promise<ResourceRow[] | undefined> {
  const ranges = words.map(beginningWith);
  const space = requestedSpace(reader);
  const { rows } = await sql.query<ListedRow>(
    `WITH space AS MATERIALIZED (${space.text}),
     found AS MATERIALIZED (
       SELECT w.resource_id AS id, w.completed_at
       FROM unnest($7::text[], $8::text[]) AS range (low, high)
         CROSS JOIN LATERAL (
           SELECT DISTINCT w.resource_id, w.completed_at
           FROM (VALUES ((SELECT space_id FROM space)), ('${SAMPLES_SPACE}')) AS shelves (shelf)
             CROSS JOIN LATERAL (
               SELECT w.resource_id, w.completed_at FROM resource_words w
               WHERE w.shelf = shelves.shelf AND w.word >= range.low AND w.word < range.high
             ) w
         ) w
       WHERE (w.completed_at, w.resource_id) < (coalesce($5::timestamptz, 'infinity'), $6::text)
       GROUP BY w.resource_id, w.completed_at HAVING count(*) = cardinality($7::text[])
     )
     SELECT ${COLUMNS} FROM space LEFT JOIN (
       SELECT r.* FROM (SELECT id, completed_at FROM found ORDER BY completed_at DESC, id DESC) p
         -- One look-up for each row of the page: a join might read all resources instead.
         CROSS JOIN LATERAL (
           SELECT r.* FROM resources r
           WHERE r.id = p.id AND NOT r.hidden AND (r.space_id IS NULL OR r.space_id = (SELECT space_id FROM space))
             AND ${isKind(page)} OFFSET 0
         ) r
       ORDER BY p.completed_at DESC, p.id DESC LIMIT $3
     ) r ON true
     ORDER BY r.completed_at DESC, r.id DESC`,
    [...space.values, ...pageParameters(page), ranges.map(({ low }) => low), ranges.map(({ high }) => high)],
  );
  return listed(rows);
}

/** A row of a page: of an empty page the one row has no resource. A reader who isn't in the space has no row. */
type ListedRow = ResourceRow | { readonly id: null };

function listed(rows: readonly ListedRow[]): ResourceRow[] | undefined {
  return rows.length === 0 ? undefined : rows.filter((row) => row.id !== null);
}

/** Whether a resource is of the page's kind, if it has one, which is `$4`. */
function isKind({ kind }: Page): string {
  return kind === undefined ? "$4::text IS NULL" : "r.kind = $4";
}

function pageParameters({ limit, kind, after }: Page) {
  return [limit + 1, kind ?? null, after?.[0] ?? null, after?.[1] ?? null];
}

/**
 * Gives a resource of a space another title, if it is in a state that the precondition names. One statement, so of two
 * people at once who name the same state one changes it.
 * @param version the state's that it makes
 * @returns whether it did
 */
export async function renameIf(
  sql: Sql,
  change: { id: string; title: string; version: string; precondition: Precondition },
): Promise<boolean> {
  const { id, title, version, precondition } = change;
  const { rowCount } = await sql.query(
    `UPDATE resources r SET given_title = $2, version = $3
     WHERE r.id = $1 AND NOT r.hidden AND r.space_id IS NOT NULL AND ($4::text[] IS NULL OR r.version = ANY($4))`,
    [id, title, version, precondition === "any" ? null : precondition],
  );
  return rowCount === 1;
}
