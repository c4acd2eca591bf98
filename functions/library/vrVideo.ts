/** A VR video: one scene and up to ten avatars, each put somewhere. */
import { z } from "@hono/zod-openapi";
import type { Kinds } from "#shared/kinds/index.ts";
import type { Clock } from "#shared/platform/clock.ts";
import { errors, type InputIssue } from "#shared/platform/errors.ts";
import { titleSchema } from "#shared/platform/http/title.ts";
import { idempotent, type StoredAnswer } from "#shared/platform/idempotency/sql.ts";
import { ID_PATTERN, type NewId } from "#shared/platform/ids.ts";
import type { Database, Sql } from "#shared/platform/sql/pool.ts";
import { spaceOfCaller } from "#shared/spaces/spaceOfCaller.ts";
import { spaceState } from "#shared/spaces/spaceState.ts";
import { visibleKinds } from "./resourceRows.ts";

/** Farther than anyone walks in VR; keeps coordinates in the range where a headset's 32-bit floats are exact to a millimetre. */
const FARTHEST_METRES = 10_000;
const UNIT_TOLERANCE = 1e-3;

const coordinate = z.number().min(-FARTHEST_METRES).max(FARTHEST_METRES);
const factor = z.number().min(0.001).max(1_000);

/** Three numbers, as a list or by name; a list from here on. */
const triple = (number: z.ZodNumber) =>
  z.union([
    z.tuple([number, number, number]),
    z.strictObject({ x: number, y: number, z: number }).transform((v): Triple => [v.x, v.y, v.z]),
  ]);
const quaternion = z.union([
  z.tuple([z.number(), z.number(), z.number(), z.number()]),
  z
    .strictObject({ x: z.number(), y: z.number(), z: z.number(), w: z.number() })
    .transform((q): Quaternion => [q.x, q.y, q.z, q.w]),
]);
type Triple = [number, number, number];
type Quaternion = [number, number, number, number];

/** As in glTF: metres, Y up, the quaternion x, y, z, w. One number as scale is meant for all three directions. */
const givenTransform = z
  .strictObject({
    position: triple(coordinate),
    rotation: quaternion.refine(
      (q) => Math.abs(Math.hypot(...q) - 1) <= UNIT_TOLERANCE,
      "expected a unit quaternion",
    ),
    scale: z.union([triple(factor), factor.transform((s): Triple => [s, s, s])]),
  })
  .openapi("GivenTransform");

/** A transform as it is stored and answered. */
export const transformSchema = z
  .object({
    position: z.tuple([z.number(), z.number(), z.number()]),
    rotation: z.tuple([z.number(), z.number(), z.number(), z.number()]),
    scale: z.tuple([z.number(), z.number(), z.number()]),
  })
  .openapi("Transform");

const placedSchema = z.strictObject({
  resourceId: z.string().regex(ID_PATTERN, "expected a resource's id"),
  transform: givenTransform,
});

export const createVrVideoBody = z
  .strictObject({
    title: titleSchema,
    scene: placedSchema,
    avatars: z.array(placedSchema).min(1).max(10),
  })
  .openapi("CreateVrVideo");
export type CreateVrVideo = z.infer<typeof createVrVideoBody>;

/** Creates a VR video in the caller's space, once per `Idempotency-Key`. */
export async function createVrVideo(
  input: { userId: string; key: string | undefined; body: CreateVrVideo },
  deps: { db: Database; kinds: Kinds; clock: Clock; newId: NewId },
): Promise<StoredAnswer> {
  const now = deps.clock();
  return deps.db.transaction((sql) =>
    idempotent(
      sql,
      { caller: input.userId, route: "POST /v1/vr-videos", key: input.key, body: input.body, now },
      async () => {
        const space = await spaceOfCaller(sql, input.userId);
        if (!space || (await spaceState(sql, space.spaceId)) !== "living") {
          throw errors.groupRequired("join a care group first");
        }
        await requireUsable(sql, input, deps.kinds);
        const id = deps.newId();
        await insert(sql, { id, spaceId: space.spaceId, userId: input.userId, now, body: input.body });
        const { title, scene, avatars } = input.body;
        const view = { id, title, scene, avatars, createdAt: now.toISOString() };
        return { status: 201, headers: { location: `/v1/vr-videos/${id}` }, body: JSON.stringify(view) };
      },
    ),
  );
}

/** @throws `resource_unknown` naming each resource that isn't there, isn't theirs (alike), or isn't made for that place */
async function requireUsable(
  sql: Sql,
  input: { userId: string; body: CreateVrVideo },
  kinds: Kinds,
): Promise<void> {
  const { scene, avatars } = input.body;
  const found = await visibleKinds(sql, input.userId, [
    scene.resourceId,
    ...avatars.map((avatar) => avatar.resourceId),
  ]);
  const issues: InputIssue[] = [];
  const check = (resourceId: string, role: "scene" | "avatar", path: string) => {
    const kind = kinds.get(found.get(resourceId) ?? "");
    if (kind?.becomes.vrRole !== role)
      issues.push({ path, message: `expected a resource that can be the ${role}` });
  };
  check(scene.resourceId, "scene", "scene.resourceId");
  for (const [index, avatar] of avatars.entries())
    check(avatar.resourceId, "avatar", `avatars.${index}.resourceId`);
  if (issues.length > 0) throw errors.resourceUnknown("a resource can't be used here", { issues });
}

async function insert(
  sql: Sql,
  video: { id: string; spaceId: string; userId: string; now: Date; body: CreateVrVideo },
): Promise<void> {
  const { title, scene, avatars } = video.body;
  await sql.query(
    `INSERT INTO vr_videos (id, space_id, title, scene_id, scene_transform, created_by, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [
      video.id,
      video.spaceId,
      title,
      scene.resourceId,
      JSON.stringify(scene.transform),
      video.userId,
      video.now,
    ],
  );
  await sql.query(
    `INSERT INTO vr_avatars (vr_video_id, position, avatar_id, transform)
     SELECT $1, (item.ordinality - 1)::smallint, item.value ->> 'resourceId', item.value -> 'transform'
     FROM jsonb_array_elements($2::jsonb) WITH ORDINALITY AS item`,
    [video.id, JSON.stringify(avatars)],
  );
}
