/** What an export is made of: rows of SQL and documents of Firestore, as JSON people can read. */
import type { CollectionReference, Firestore, QueryDocumentSnapshot } from "@google-cloud/firestore";
import { z } from "zod";
import { timestamp } from "#shared/platform/firestore/timestamp.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { jobsOf } from "#shared/queue/jobDocument.ts";
import { uploadsOf } from "#shared/uploads/uploadDocument.ts";

/** Items of one list that an export holds; one more is asked for, to know whether there are more. */
export const EXPORT_LIMIT = 1000;

/** Whose things: all of some spaces, and of other spaces that the person is in those that they made. */
export interface Owner {
  readonly createdBy: string;
  /** Of which all are meant. */
  readonly spaceIds: readonly string[];
  readonly otherSpaceIds: readonly string[];
}

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
  spaces: `SELECT s.id, s.type, s.title, m.role, m.joined_at AS "joinedAt"
    FROM space_members m JOIN spaces s ON s.id = m.space_id WHERE m.user_id = $1 ORDER BY m.joined_at DESC, s.id LIMIT $2`,
  gameSessions: `SELECT s.resource_id AS id, s.space_id AS "spaceId", s.game, s.score, s.level, s.started_at AS "startedAt",
      s.duration_seconds AS "durationSeconds", s.sample_rate_hz AS "sampleRateHz", s.coverage,
      (SELECT coalesce(json_agg(json_build_object('channel', m.channel, 'metric', m.metric, 'value', m.value, 'unit', m.unit,
         'reason', m.reason) ORDER BY m.channel, m.metric), '[]')
       FROM game_session_metrics m WHERE m.resource_id = s.resource_id AND m.channel <> '') AS metrics
    FROM game_sessions s WHERE s.player_id = $1 ORDER BY s.started_at DESC, s.resource_id DESC LIMIT $2`,
  auditLog: `SELECT at, action, outcome, reason, space_id AS "spaceId"
    FROM audit_log WHERE user_id = $1 ORDER BY at DESC, id DESC LIMIT $2`,
} as const;

/** SQL of things. $1 is the person who made them, $2 the limit, $3 the spaces of which all are meant, $4 those of which theirs are. */
const THINGS = {
  resources: `SELECT id, space_id AS "spaceId", kind, title, params, data, completed_at AS "createdAt",
      (SELECT coalesce(json_agg(json_build_object('name', name, 'contentType', content_type, 'size', size,
         'crc32c', crc32c, 'object', object, 'generation', generation) ORDER BY name), '[]')
       FROM resource_files f WHERE f.resource_id = r.id) AS files
    FROM resources r WHERE space_id = ANY($3) OR (created_by = $1 AND space_id = ANY($4)) ORDER BY completed_at DESC, id DESC LIMIT $2`,
  vrVideos: `SELECT id, space_id AS "spaceId", title, scene_id AS "sceneId", scene_transform AS "sceneTransform", created_at AS "createdAt",
      (SELECT coalesce(json_agg(json_build_object('resourceId', avatar_id, 'transform', transform) ORDER BY position), '[]')
       FROM vr_video_avatars a WHERE a.vr_video_id = v.id) AS avatars
    FROM vr_videos v WHERE space_id = ANY($3) OR (created_by = $1 AND space_id = ANY($4)) ORDER BY created_at DESC, id DESC LIMIT $2`,
};

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
  const values = [owner.createdBy, EXPORT_LIMIT + 1, owner.spaceIds, owner.otherSpaceIds];
  const { rows: resources } = await sql.query<Resource>(THINGS.resources, values);
  lists.vrVideos = (await sql.query<Item>(THINGS.vrVideos, values)).rows;
  return { lists, resources };
}

/** What an export contains of a job; the rest of the document is the line's own business. */
const jobSchema = z.object({
  spaceId: z.string(),
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
  // Of a job the export needs few fields, so it takes jobs that fit no newer schema, too.
  const rawJobs: CollectionReference = jobsOf(firestore).withConverter(null);
  const [jobs, uploads] = await Promise.all([ownedOf(rawJobs, owner), ownedOf(uploadsOf(firestore), owner)]);
  return {
    jobs: jobs.map((document) => ({ id: document.id, ...jobSchema.parse(document.data()) })),
    uploads: uploads.map((document) => {
      const { spaceId, object, name, state, createdAt, received } = document.data();
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
      return { id: document.id, spaceId, state, createdAt, files };
    }),
  };
}

/** Values that Firestore compares with in one query. Source: https://firebase.google.com/docs/firestore/query-data/queries#in_and_array-contains-any */
const MOST_IN = 30;

/** Up to one document more than an export holds, each once. */
async function ownedOf<Content>(
  collection: CollectionReference<Content>,
  { createdBy, spaceIds, otherSpaceIds }: Owner,
): Promise<QueryDocumentSnapshot<Content>[]> {
  const most = EXPORT_LIMIT + 1;
  const found = await Promise.all([
    ...inChunks(otherSpaceIds, MOST_IN).map((some) =>
      collection.where("createdBy", "==", createdBy).where("spaceId", "in", some).limit(most).get(),
    ),
    ...spaceIds.map((spaceId) => collection.where("spaceId", "==", spaceId).limit(most).get()),
  ]);
  const byId = new Map(found.flatMap(({ docs }) => docs).map((document) => [document.id, document]));
  return [...byId.values()].slice(0, most);
}

function inChunks<T>(items: readonly T[], size: number): T[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, index) => items.slice(index * size, (index + 1) * size));
}
