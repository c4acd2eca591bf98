/** What a change of a resource is to the members of spaces: the resource itself, and VR videos that it lets be seen or not. */
import type { Change } from "../changes/change.ts";
import type { Sql } from "../platform/sql/pool.ts";

/** A resource's row, as far as who sees it depends on it. */
export interface SeenResource {
  readonly id: string;
  /** Null for a sample: it is in no space, so in no log. */
  readonly spaceId: string | null;
  readonly hidden: boolean;
}

/** A resource before a change, and the VR videos that it is part of. */
export interface Shown {
  readonly resource: SeenResource;
  readonly videos: readonly VideoOf[];
}

interface VideoOf {
  readonly id: string;
  readonly spaceId: string;
  /** As its scene, without which it isn't shown; otherwise as an avatar. */
  readonly isScene: boolean;
}

/**
 * What is there of a result before a change, locked until the transaction ends: VR videos that are being made of the resource are waited
 * for, and seen; new ones wait.
 * @returns undefined when the result has no resource
 */
export async function shownOf(sql: Sql, jobId: string): Promise<Shown | undefined> {
  const { rows } = await sql.query<{ [Field in keyof SeenResource]: SeenResource[Field] }>(
    `SELECT id, space_id AS "spaceId", hidden FROM resources WHERE job_id = $1 FOR UPDATE`,
    [jobId],
  );
  const [resource] = rows;
  if (!resource) return undefined;
  const { rows: videos } = await sql.query<{ [Field in keyof VideoOf]: VideoOf[Field] }>(
    `SELECT id, space_id AS "spaceId", true AS "isScene" FROM vr_videos WHERE scene_id = $1
     UNION
     SELECT v.id, v.space_id, false FROM vr_video_avatars a JOIN vr_videos v ON v.id = a.vr_video_id
     WHERE a.avatar_id = $1`,
    [resource.id],
  );
  return { resource, videos };
}

/**
 * The changes that members see when a resource becomes another than it was.
 * @param before undefined when there was none
 * @param after undefined when there is none any more
 */
export function changesOfResource(before: Shown | undefined, after: SeenResource | undefined): Change[] {
  const was = before?.resource;
  const changes: Change[] = [];
  const of = (spaceId: string, id: string, op: Change["op"], type: Change["type"] = "resource") =>
    changes.push({ spaceId, type, id, op });
  if (was && isShownIn(was, was.spaceId) && !(after?.id === was.id && isShownIn(after, was.spaceId)))
    if (was.spaceId !== null) of(was.spaceId, was.id, "delete");
  if (after && after.spaceId !== null && !after.hidden) of(after.spaceId, after.id, "put");
  for (const video of before?.videos ?? []) {
    const isShown = after !== undefined && after.id === was?.id && isUsableIn(after, video.spaceId);
    const wasShown = was !== undefined && isUsableIn(was, video.spaceId);
    if (isShown === wasShown && after !== undefined) continue;
    // It goes with its scene, and outlives its avatars.
    of(video.spaceId, video.id, video.isScene && !isShown ? "delete" : "put", "vr_video");
  }
  return changes;
}

function isShownIn({ spaceId, hidden }: SeenResource, space: string | null): boolean {
  return !hidden && spaceId === space;
}

/** Whether a VR video of this space may show the resource. */
function isUsableIn({ spaceId, hidden }: SeenResource, space: string): boolean {
  return !hidden && (spaceId === null || spaceId === space);
}
