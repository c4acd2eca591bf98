/**
 * The SQL of VR videos. One is found by the memberships of the person who asks; a list is of one space, which the caller of these functions
 * has found the person in. One whose scene can't be shown at the moment isn't
 * shown either, and an avatar that can't be shown is left out.
 */

import { errors } from "#shared/platform/errors.ts";
import { versionColumn } from "#shared/platform/firestore/version.ts";
import type { Keyset } from "#shared/platform/http/cursor.ts";
import type { Precondition } from "#shared/platform/http/ifMatch.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";

/** In one VR video. The database holds positions from 0 to 9. */
export const MAX_AVATARS = 10;

interface Transform {
  readonly position: [number, number, number];
  readonly rotation: [number, number, number, number];
  readonly scale: [number, number, number];
}

export interface VrVideoRow {
  readonly id: string;
  readonly space_id: string;
  readonly title: string;
  readonly scene_id: string;
  readonly scene_transform: Transform;
  readonly version: string;
  readonly created_at: Date;
  /** To the microsecond, for cursors. */
  readonly created_at_text: string;
  readonly avatars: Array<{ resourceId: string; transform: Transform }>;
}

/** Avatars of the VR video `v` that can't be shown at the moment: their positions, a digit each; null for none. */
const HIDDEN = `
    (SELECT string_agg(a.position::text, '' ORDER BY a.position)
       FROM vr_video_avatars a JOIN resources r ON r.id = a.avatar_id
       WHERE a.vr_video_id = v.id AND (r.hidden OR r.space_id <> v.space_id))`;

/** The state that a person sees: another one also when an avatar comes or goes because its resource can be shown or not. */
const VERSION = `v.version || coalesce('.' || ${HIDDEN}, '')`;

const COLUMNS = `
  v.id, v.space_id, v.title, v.scene_id, v.scene_transform, ${VERSION} AS version, v.created_at,
    ${versionColumn("v.created_at")} AS created_at_text,
    (SELECT coalesce(json_agg(json_build_object('resourceId', a.avatar_id, 'transform', a.transform) ORDER BY a.position), '[]')
       FROM vr_video_avatars a JOIN resources r ON r.id = a.avatar_id
       WHERE a.vr_video_id = v.id AND NOT r.hidden AND (r.space_id IS NULL OR r.space_id = v.space_id)) AS avatars`;

/** Of the person `$1`'s spaces. */
const OWN = `
  FROM space_members m
    JOIN vr_videos v ON v.space_id = m.space_id
    JOIN resources s ON s.id = v.scene_id AND NOT s.hidden AND (s.space_id IS NULL OR s.space_id = v.space_id)
  WHERE m.user_id = $1`;

export async function vrVideoOf(sql: Sql, userId: string, id: string): Promise<VrVideoRow | undefined> {
  const { rows } = await sql.query<VrVideoRow>(`SELECT ${COLUMNS} ${OWN} AND v.id = $2`, [userId, id]);
  return rows[0];
}

/** A page, newest first: up to `limit + 1` rows after `after`, read from the index that has them in this order. */
export async function vrVideosIn(
  sql: Sql,
  spaceId: string,
  page: { limit: number; after: Keyset | undefined },
): Promise<VrVideoRow[]> {
  const { rows } = await sql.query<VrVideoRow>(
    `SELECT ${COLUMNS}
     FROM (SELECT v.* FROM vr_videos v
           -- Apart, or the planner thinks that few have such a scene and sorts all of them.
           CROSS JOIN LATERAL (
             SELECT FROM resources s
             WHERE s.id = v.scene_id AND NOT s.hidden AND (s.space_id IS NULL OR s.space_id = v.space_id) OFFSET 0
           ) s
         WHERE v.space_id = $1
           AND (v.created_at, v.id) < (coalesce($2::timestamptz, 'infinity'), $3::text)
         ORDER BY v.created_at DESC, v.id DESC LIMIT $4) v
     ORDER BY v.created_at DESC, v.id DESC LIMIT $4`,
    [spaceId, page.after?.[0] ?? null, page.after?.[1] ?? null, page.limit + 1],
  );
  return rows;
}

/** What a change of a VR video replaces; what is undefined stays. */
export interface VrVideoChange {
  readonly title?: string | undefined;
  readonly scene?: Placed | undefined;
  readonly avatars?: readonly Placed[] | undefined;
}

interface Placed {
  readonly resourceId: string;
  readonly transform: Transform;
}

/**
 * Changes a VR video, if it is in a state that the precondition names. Of two people at once who name the same
 * state one changes it. Avatars take the place of those that are shown; one that can't be shown at the moment stays, behind them.
 * @param sql a transaction, which ends the change if this throws
 * @param version the state's that it makes
 * @returns whether it did
 * @throws `invalid_request` when the avatars and those that stay are more than ten
 */
export async function changeIf(
  sql: Sql,
  input: { id: string; change: VrVideoChange; version: string; precondition: Precondition },
): Promise<boolean> {
  const { id, change, version, precondition } = input;
  const { title, scene, avatars } = change;
  // The next statement then sees all that others did before, so what it compares is what it answers.
  await sql.query("SELECT FROM vr_videos WHERE id = $1 FOR NO KEY UPDATE", [id]);
  const { rows } = await sql.query<{ hidden: string | null }>(
    `UPDATE vr_videos v SET title = coalesce($2, v.title), scene_id = coalesce($3, v.scene_id),
       scene_transform = coalesce($4::jsonb, v.scene_transform), version = $5
     WHERE v.id = $1 AND ($6::text[] IS NULL OR ${VERSION} = ANY($6))
     RETURNING ${HIDDEN} AS hidden`,
    [
      id,
      title ?? null,
      scene?.resourceId ?? null,
      scene ? JSON.stringify(scene.transform) : null,
      version,
      precondition === "any" ? null : precondition,
    ],
  );
  const [changed] = rows;
  if (!changed) return false;
  if (avatars) await replaceAvatars(sql, id, avatars, [...(changed.hidden ?? "")].map(Number));
  return true;
}

/** @param hidden positions of those that stay */
async function replaceAvatars(
  sql: Sql,
  id: string,
  avatars: readonly Placed[],
  hidden: readonly number[],
): Promise<void> {
  const { rows } = await sql.query<Placed & { readonly position: number }>(
    `DELETE FROM vr_video_avatars WHERE vr_video_id = $1
     RETURNING position, avatar_id AS "resourceId", transform`,
    [id],
  );
  const staying = rows
    .filter(({ position }) => hidden.includes(position))
    .sort((a, b) => a.position - b.position)
    .map(({ resourceId, transform }) => ({ resourceId, transform }));
  const most = MAX_AVATARS - staying.length;
  if (avatars.length > most) {
    const message = `at most ${most}: ${staying.length} of this VR video can't be shown at the moment and stay`;
    throw errors.invalidRequest(`avatars: ${message}`, { issues: [{ path: "avatars", message }] });
  }
  await insertAvatars(sql, id, [...avatars, ...staying]);
}

/** Places avatars in a VR video that has none. */
export async function insertAvatars(sql: Sql, id: string, avatars: readonly Placed[]): Promise<void> {
  await sql.query(
    `INSERT INTO vr_video_avatars (vr_video_id, position, avatar_id, transform)
     SELECT $1, (item.ordinality - 1)::smallint, item.value ->> 'resourceId', item.value -> 'transform'
     FROM jsonb_array_elements($2::jsonb) WITH ORDINALITY AS item`,
    [id, JSON.stringify(avatars)],
  );
}
