import { z } from "@hono/zod-openapi";
import { type ChangingDeps, changing } from "#shared/changes/changing.ts";
import type { Kinds } from "#shared/kinds/index.ts";
import { errors } from "#shared/platform/errors.ts";
import { json, jsonBody } from "#shared/platform/http/content.ts";
import { idParam } from "#shared/platform/http/idParam.ts";
import { ifMatchHeader, readIfMatch, taggedHeaders } from "#shared/platform/http/ifMatch.ts";
import { route } from "#shared/platform/http/route.ts";
import { titleSchema } from "#shared/platform/http/title.ts";
import type { NewId } from "#shared/platform/ids.ts";
import { requireMember } from "#shared/spaces/membership.ts";
import { avatarsSchema, placedSchema, requireUsable } from "./placed.ts";
import { type VrVideo, viewVrVideo, vrVideoSchema } from "./vrVideo.ts";
import { changeIf, vrVideoOf } from "./vrVideoRows.ts";

const changeVrVideoBody = z
  .strictObject({
    title: titleSchema.optional(),
    scene: placedSchema.optional(),
    avatars: avatarsSchema
      .optional()
      .describe("Take the place of all avatars that are shown; one that can't be shown at the moment stays."),
  })
  .refine(
    (change) => Object.values(change).some((part) => part !== undefined),
    "expected title, scene or avatars",
  )
  .openapi("ChangeVrVideo");
type ChangeVrVideo = z.infer<typeof changeVrVideoBody>;

/**
 * Saves what was moved about in a VR video of a space of this person's.
 * @param input.ifMatch the request's header
 * @throws `precondition_required`, `invalid_request` for the header, or for more than ten avatars with those that can't be shown at the moment; `not_found`; `forbidden`; `changed_meanwhile`, and then nothing was changed;
 *   `resource_unknown` for a resource that can't be used there
 */
export async function changeVrVideo(
  input: { userId: string; id: string; ifMatch: string | undefined; change: ChangeVrVideo },
  deps: ChangingDeps & { readonly kinds: Kinds; readonly newId: NewId },
): Promise<{ video: VrVideo; version: string }> {
  const { userId, id, change } = input;
  const precondition = readIfMatch(input.ifMatch);
  const row = await changing(deps, async (sql, changes) => {
    const before = await vrVideoOf(sql, userId, id);
    if (!before) throw errors.notFound();
    await requireMember(sql, { userId, spaceId: before.space_id }, "submit");
    // Before the VR video's row, as deleting a resource locks them too.
    await requireUsable(sql, before.space_id, change, deps.kinds);
    const changed = await changeIf(sql, { id, change, version: deps.newId(), precondition });
    const found = await vrVideoOf(sql, userId, id);
    if (!found) throw errors.notFound();
    if (!changed) throw errors.changedMeanwhile();
    changes.push({ spaceId: found.space_id, type: "vr_video", id, op: "put" });
    return found;
  });
  return { video: viewVrVideo(row), version: row.version };
}

export const changeVrVideoRoute = route(
  {
    operationId: "changeVrVideo",
    access: "account",
    method: "patch",
    path: "/v1/vr-videos/{id}",
    summary: "Save a VR video's title, or where its scene and avatars stand",
    request: { params: idParam, headers: ifMatchHeader, body: jsonBody(changeVrVideoBody) },
    responses: { 200: json(vrVideoSchema, "The VR video as it is now, with its new ETag.") },
    errors: ["not_found", "forbidden", "resource_unknown", "changed_meanwhile", "precondition_required"],
  },
  changeVrVideo,
  async (c, perform) => {
    const { video, version } = await perform({
      userId: c.var.account.userId,
      ifMatch: c.req.valid("header")["if-match"],
      change: c.req.valid("json"),
      ...c.req.valid("param"),
    });
    return c.json(video, 200, taggedHeaders(version));
  },
);
