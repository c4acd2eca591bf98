/** What an export is made of: rows of SQL and documents of Firestore, as JSON people can read. */
import type { CollectionReference, Firestore } from "@google-cloud/firestore";
import { z } from "zod";
import { timestamp } from "#shared/platform/firestore/timestamp.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { jobsOf } from "#shared/queue/jobDocument.ts";
import { uploadsOf } from "#shared/uploads/uploadDocument.ts";

/** Items of one list that an export holds; one more is asked for, to know whether there are more. */
export const EXPORT_LIMIT = 1000;

/** Whose things: all of a group's, or those that one person made. */
export type Owner = { readonly spaceId: string } | { readonly createdBy: string };

type Item = Record<string, unknown>;
interface Resource extends Item {
  readonly files: readonly { readonly object: string; readonly generation: string }[];
}

/** SQL of the lists, by their names in the export. $1 is the person, $2 the limit. Newest first. */
const LISTS = {
  identities: `SELECT provider, email, created_at AS "createdAt", last_used_at AS "lastUsedAt"
    FROM identities WHERE user_id = $1 ORDER BY created_at DESC LIMIT $2`,
  sessions: `SELECT id, device_name AS "deviceName", device_platform AS platform, created_at AS "createdAt",
      last_used_at AS "lastUsedAt", ended_at AS "endedAt"
    FROM sessions WHERE user_id = $1 ORDER BY created_at DESC LIMIT $2`,
  devices: `SELECT id, platform, push_token AS "pushToken", updated_at AS "updatedAt"
    FROM devices WHERE user_id = $1 ORDER BY updated_at DESC LIMIT $2`,
  badges: `SELECT id, type, local_date::text AS date, earned_at AS "earnedAt"
    FROM badges WHERE user_id = $1 ORDER BY local_date DESC LIMIT $2`,
  invitations: `SELECT id, CASE WHEN giver_id = $1 THEN 'made' ELSE 'received' END AS direction,
      created_at AS "createdAt", expires_at AS "expiresAt", confirmed_at AS "confirmedAt"
    FROM invitations WHERE giver_id = $1 OR recipient_id = $1 ORDER BY created_at DESC LIMIT $2`,
  auditLog: `SELECT at, action, outcome, reason, space_id AS "spaceId"
    FROM audit_log WHERE user_id = $1 ORDER BY at DESC, id DESC LIMIT $2`,
} as const;

/** SQL of the group's things. $1 is the group or the maker, $2 the limit. */
const things = (column: "space_id" | "created_by") => ({
  resources: `SELECT id, kind, title, params, data, completed_at AS "createdAt",
      (SELECT coalesce(json_agg(json_build_object('name', name, 'contentType', content_type, 'size', size,
         'crc32c', crc32c, 'object', object, 'generation', generation) ORDER BY name), '[]')
       FROM resource_files f WHERE f.resource_id = r.id) AS files
    FROM resources r WHERE ${column} = $1 ORDER BY completed_at DESC, id DESC LIMIT $2`,
  vrVideos: `SELECT id, title, scene_id AS "sceneId", scene_transform AS "sceneTransform", created_at AS "createdAt",
      (SELECT coalesce(json_agg(json_build_object('resourceId', avatar_id, 'transform', transform) ORDER BY position), '[]')
       FROM vr_video_avatars a WHERE a.vr_video_id = v.id) AS avatars
    FROM vr_videos v WHERE ${column} = $1 ORDER BY created_at DESC, id DESC LIMIT $2`,
});

/** @param sql a transaction that sees one moment (repeatable read) */
export async function recordsOf(
  sql: Sql,
  userId: string,
  owner: Owner,
): Promise<{ lists: Record<string, Item[]>; resources: Resource[] }> {
  const lists: Record<string, Item[]> = {};
  for (const [name, text] of Object.entries(LISTS)) {
    lists[name] = (await sql.query<Item>(text, [userId, EXPORT_LIMIT + 1])).rows;
  }
  const [statements, ownerId] =
    "spaceId" in owner ? [things("space_id"), owner.spaceId] : [things("created_by"), owner.createdBy];
  const { rows: resources } = await sql.query<Resource>(statements.resources, [ownerId, EXPORT_LIMIT + 1]);
  lists.vrVideos = (await sql.query<Item>(statements.vrVideos, [ownerId, EXPORT_LIMIT + 1])).rows;
  return { lists, resources };
}

/** What an export contains of a job; the rest of the document is the line's own business. */
const jobSchema = z.object({
  kind: z.string(),
  title: z.string(),
  params: z.record(z.string(), z.unknown()),
  state: z.string(),
  createdAt: timestamp,
});

/** Jobs, and uploads that have not yet passed their retention. */
export async function documentsOf(
  firestore: Firestore,
  owner: Owner,
): Promise<{ jobs: Item[]; uploads: Resource[] }> {
  const [field, value] = "spaceId" in owner ? ["spaceId", owner.spaceId] : ["createdBy", owner.createdBy];
  // Of a job the export needs few fields, so it takes jobs that fit no newer schema, too.
  const rawJobs: CollectionReference = jobsOf(firestore).withConverter(null);
  const [jobs, uploads] = await Promise.all([
    rawJobs
      .where(field, "==", value)
      .limit(EXPORT_LIMIT + 1)
      .get(),
    uploadsOf(firestore)
      .where(field, "==", value)
      .limit(EXPORT_LIMIT + 1)
      .get(),
  ]);
  return {
    jobs: jobs.docs.map((document) => ({ id: document.id, ...jobSchema.parse(document.data()) })),
    uploads: uploads.docs.map((document) => {
      const { object, name, state, createdAt, received } = document.data();
      const files = received
        ? [
            {
              name,
              contentType: received.contentType,
              size: received.size,
              object,
              generation: received.generation,
            },
          ]
        : [];
      return { id: document.id, state, createdAt, files };
    }),
  };
}
