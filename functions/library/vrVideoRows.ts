/**
 * The SQL of VR videos; always through the membership of the person who asks. One whose scene can't be shown at the moment isn't
 * shown either, and an avatar that can't be shown is left out.
 */
import { versionColumn } from "#shared/platform/firestore/version.ts";
import type { Keyset } from "#shared/platform/http/cursor.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";

interface Transform {
  readonly position: [number, number, number];
  readonly rotation: [number, number, number, number];
  readonly scale: [number, number, number];
}

export interface VrVideoRow {
  readonly id: string;
  readonly title: string;
  readonly scene_id: string;
  readonly scene_transform: Transform;
  readonly created_at: Date;
  /** To the microsecond, for cursors. */
  readonly created_at_text: string;
  readonly avatars: Array<{ resourceId: string; transform: Transform }>;
}

const SELECT = `
  SELECT v.id, v.title, v.scene_id, v.scene_transform, v.created_at,
    ${versionColumn("v.created_at")} AS created_at_text,
    (SELECT coalesce(json_agg(json_build_object('resourceId', a.avatar_id, 'transform', a.transform) ORDER BY a.position), '[]')
       FROM vr_video_avatars a JOIN resources r ON r.id = a.avatar_id
       WHERE a.vr_video_id = v.id AND NOT r.hidden AND (r.space_id IS NULL OR r.space_id = v.space_id)) AS avatars
  FROM vr_videos v
    JOIN space_members m ON m.space_id = v.space_id
    JOIN resources s ON s.id = v.scene_id AND NOT s.hidden AND (s.space_id IS NULL OR s.space_id = v.space_id)
  WHERE m.user_id = $1`;

export async function vrVideoOf(sql: Sql, userId: string, id: string): Promise<VrVideoRow | undefined> {
  const { rows } = await sql.query<VrVideoRow>(`${SELECT} AND v.id = $2`, [userId, id]);
  return rows[0];
}

/** A page, newest first: up to `limit + 1` rows after `after`. */
export async function vrVideosOf(
  sql: Sql,
  userId: string,
  page: { limit: number; after: Keyset | undefined },
): Promise<VrVideoRow[]> {
  const { rows } = await sql.query<VrVideoRow>(
    `${SELECT} AND ($2::timestamptz IS NULL OR (v.created_at, v.id) < ($2::timestamptz, $3))
     ORDER BY v.created_at DESC, v.id DESC LIMIT $4`,
    [userId, page.after?.[0] ?? null, page.after?.[1] ?? null, page.limit + 1],
  );
  return rows;
}
