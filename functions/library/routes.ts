import { createRoute, z } from "@hono/zod-openapi";
import { errors } from "#shared/platform/errors.ts";
import { access } from "#shared/platform/http/access.ts";
import { type App, createApp } from "#shared/platform/http/app.ts";
import { decodeCursor, pageOf, pageQuery } from "#shared/platform/http/cursor.ts";
import { sendStored } from "#shared/platform/http/storedAnswer.ts";
import { idempotencyKeySchema } from "#shared/platform/idempotency/sql.ts";
import { ID_PATTERN } from "#shared/platform/ids.ts";
import { deleteResource } from "./deleteResource.ts";
import type { LibraryDeps } from "./deps.ts";
import { type ResourceRow, visibleResource, visibleResources } from "./resourceRows.ts";
import type { FileSigner } from "./signedFiles.ts";
import { createVrVideo, createVrVideoBody, transformSchema } from "./vrVideo.ts";
import { deleteVrVideo, type VrVideoRow, vrVideoOf, vrVideosOf } from "./vrVideoRows.ts";

const signedFile = z.object({
  name: z.string(),
  contentType: z.string(),
  size: z.number().int().describe("Bytes."),
  url: z.url().describe("Reads the file until urlsExpireAt; needs no token."),
});

const resource = z
  .object({
    id: z.string(),
    kind: z.string(),
    title: z.string(),
    params: z.record(z.string(), z.unknown()),
    data: z.record(z.string(), z.unknown()).nullable(),
    isSample: z.boolean(),
    createdAt: z.iso.datetime().describe("When the job was completed."),
    files: z.array(signedFile),
    urlsExpireAt: z.iso.datetime(),
  })
  .openapi("Resource");

const placed = z.object({ resourceId: z.string(), transform: transformSchema });
const vrVideo = z
  .object({
    id: z.string(),
    title: z.string(),
    scene: placed,
    avatars: z.array(placed),
    createdAt: z.iso.datetime(),
  })
  .openapi("VrVideo");

const idParam = z.object({ id: z.string() });
const json = <Schema extends z.ZodType>(schema: Schema) => ({ "application/json": { schema } });
const listOf = <Schema extends z.ZodType>(schema: Schema) =>
  z.object({ items: z.array(schema), nextCursor: z.string().nullable() });

const listResources = createRoute({
  ...access("account"),
  method: "get",
  path: "/v1/resources",
  summary: "The space's resources and the samples, newest first",
  request: {
    query: pageQuery.extend({
      kind: z
        .string()
        .regex(/^[\w-]{1,64}$/)
        .optional(),
    }),
  },
  responses: { 200: { description: "A page.", content: json(listOf(resource)) } },
});
const getResource = createRoute({
  ...access("account"),
  method: "get",
  path: "/v1/resources/{id}",
  summary: "One resource, with URLs to its files",
  request: { params: idParam },
  responses: { 200: { description: "The resource.", content: json(resource) } },
});
const removeResource = createRoute({
  ...access("account"),
  method: "delete",
  path: "/v1/resources/{id}",
  summary: "Delete a resource for good, with the VR videos that have it as their scene",
  request: { params: idParam },
  responses: { 204: { description: "Gone." } },
});
const postVrVideo = createRoute({
  ...access("account"),
  method: "post",
  path: "/v1/vr-videos",
  summary: "Put a scene and avatars together",
  request: {
    headers: z.object({ "idempotency-key": idempotencyKeySchema.optional() }),
    body: { required: true, content: json(createVrVideoBody) },
  },
  responses: { 201: { description: "The VR video.", content: json(vrVideo) } },
});
const listVrVideos = createRoute({
  ...access("account"),
  method: "get",
  path: "/v1/vr-videos",
  summary: "The space's VR videos, newest first",
  request: { query: pageQuery },
  responses: { 200: { description: "A page.", content: json(listOf(vrVideo)) } },
});
const getVrVideo = createRoute({
  ...access("account"),
  method: "get",
  path: "/v1/vr-videos/{id}",
  summary: "One VR video",
  request: { params: idParam },
  responses: { 200: { description: "The VR video.", content: json(vrVideo) } },
});
const removeVrVideo = createRoute({
  ...access("account"),
  method: "delete",
  path: "/v1/vr-videos/{id}",
  summary: "Delete a VR video; its resources stay",
  request: { params: idParam },
  responses: { 204: { description: "Gone." } },
});

/** The routes of `library`; `deps` is called at the first request. */
export function libraryApp(deps: () => LibraryDeps): App {
  const app = createApp(() => deps().http);

  app.openapi(listResources, async (c) => {
    const { limit, cursor, kind } = c.req.valid("query");
    const rows = await visibleResources(deps().db, c.var.account.userId, {
      limit,
      after: decodeCursor(cursor),
      kind,
    });
    const page = pageOf(
      rows,
      limit,
      (row) => [row.completed_at_text, row.id],
      (row) => viewResource(row, deps().signer),
    );
    return c.json({ items: await Promise.all(page.items), nextCursor: page.nextCursor }, 200);
  });

  app.openapi(getResource, async (c) => {
    const row = await visibleResource(deps().db, c.var.account.userId, ourId(c.req.valid("param").id));
    if (!row) throw errors.notFound();
    return c.json(await viewResource(row, deps().signer), 200);
  });

  app.openapi(removeResource, async (c) => {
    const resourceId = ourId(c.req.valid("param").id);
    await deleteResource({ userId: c.var.account.userId, resourceId }, deps());
    return c.body(null, 204);
  });

  app.openapi(postVrVideo, async (c) => {
    const key = c.req.valid("header")["idempotency-key"];
    const answer = await createVrVideo(
      { userId: c.var.account.userId, key, body: c.req.valid("json") },
      deps(),
    );
    return sendStored(c, answer);
  });

  app.openapi(listVrVideos, async (c) => {
    const { limit, cursor } = c.req.valid("query");
    const rows = await vrVideosOf(deps().db, c.var.account.userId, { limit, after: decodeCursor(cursor) });
    return c.json(
      pageOf(rows, limit, (row) => [row.created_at_text, row.id], viewVrVideo),
      200,
    );
  });

  app.openapi(getVrVideo, async (c) => {
    const row = await vrVideoOf(deps().db, c.var.account.userId, ourId(c.req.valid("param").id));
    if (!row) throw errors.notFound();
    return c.json(viewVrVideo(row), 200);
  });

  app.openapi(removeVrVideo, async (c) => {
    const gone = await deleteVrVideo(deps().db, c.var.account.userId, ourId(c.req.valid("param").id));
    if (!gone) throw errors.notFound();
    return c.body(null, 204);
  });

  return app;
}

/** @throws `not_found` for what can't be an id of ours */
function ourId(id: string): string {
  if (!ID_PATTERN.test(id)) throw errors.notFound();
  return id;
}

async function viewResource(row: ResourceRow, signer: FileSigner) {
  const { files, urlsExpireAt } = await signer.sign(row.files);
  return {
    id: row.id,
    kind: row.kind,
    title: row.title,
    params: { ...row.params },
    data: row.data === null ? null : { ...row.data },
    isSample: row.space_id === null,
    createdAt: row.completed_at.toISOString(),
    files,
    urlsExpireAt,
  };
}

function viewVrVideo(row: VrVideoRow) {
  return {
    id: row.id,
    title: row.title,
    scene: { resourceId: row.scene_id, transform: row.scene_transform },
    avatars: row.avatars,
    createdAt: row.created_at.toISOString(),
  };
}
