import { z } from "@hono/zod-openapi";
import { type ChangingDeps, changing } from "#shared/changes/changing.ts";
import type { Kinds } from "#shared/kinds/index.ts";
import { errors } from "#shared/platform/errors.ts";
import { json, jsonBody } from "#shared/platform/http/content.ts";
import { route } from "#shared/platform/http/route.ts";
import { sendStored } from "#shared/platform/http/storedAnswer.ts";
import { titleSchema } from "#shared/platform/http/title.ts";
import { idempotencyHeader } from "#shared/platform/idempotency/header.ts";
import { idempotent, type StoredAnswer } from "#shared/platform/idempotency/sql.ts";
import type { NewId } from "#shared/platform/ids.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { requireSpace } from "#shared/spaces/membership.ts";
import { spaceField } from "#shared/spaces/spaceParameter.ts";
import { spaceState } from "#shared/spaces/spaceState.ts";
import { avatarsSchema, placedSchema, requireUsable } from "./placed.ts";
import { vrVideoSchema } from "./vrVideo.ts";
import { insertAvatars } from "./vrVideoRows.ts";

const createVrVideoBody = z
  .strictObject({
    title: titleSchema,
    scene: placedSchema,
    avatars: avatarsSchema,
    ...spaceField,
  })
  .openapi("CreateVrVideo");
type CreateVrVideo = z.infer<typeof createVrVideoBody>;

/**
 * Creates a VR video in a space of the caller's, once per `Idempotency-Key`.
 * @returns 201 and the VR video
 * @throws `not_found` for a space that the caller is not in; `forbidden`; `resource_unknown` for a resource that can't be used there; `idempotency_key_reused`
 */
export async function createVrVideo(
  input: { userId: string; key: string | undefined; body: CreateVrVideo },
  deps: ChangingDeps & { readonly kinds: Kinds; readonly newId: NewId },
): Promise<StoredAnswer> {
  const now = deps.clock();
  return changing(deps, (sql, changes) =>
    idempotent(
      sql,
      { caller: input.userId, route: "POST /v1/vr-videos", key: input.key, body: input.body, now },
      async () => {
        const { spaceId } = await requireSpace(sql, { ...input, spaceId: input.body.spaceId }, "submit");
        if ((await spaceState(sql, spaceId)) !== "living") throw errors.notFound();
        await requireUsable(sql, spaceId, input.body, deps.kinds);
        const id = deps.newId();
        await insert(sql, { id, spaceId, userId: input.userId, now, body: input.body });
        changes.push({ spaceId, type: "vr_video", id, op: "put" });
        const { title, scene, avatars } = input.body;
        const view = { id, spaceId, title, scene, avatars, createdAt: now.toISOString() };
        return { status: 201, headers: { location: `/v1/vr-videos/${id}` }, body: JSON.stringify(view) };
      },
    ),
  );
}

export const createVrVideoRoute = route(
  {
    operationId: "createVrVideo",
    access: "account",
    method: "post",
    path: "/v1/vr-videos",
    summary: "Put a scene and avatars together",
    request: { headers: idempotencyHeader, body: jsonBody(createVrVideoBody) },
    responses: { 201: json(vrVideoSchema, "The VR video.") },
    errors: ["not_found", "forbidden", "resource_unknown", "idempotency_key_reused"],
  },
  createVrVideo,
  async (c, perform) => {
    const key = c.req.valid("header")["idempotency-key"];
    return sendStored(c, await perform({ userId: c.var.account.userId, key, body: c.req.valid("json") }));
  },
);

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
  await insertAvatars(sql, video.id, avatars);
}
