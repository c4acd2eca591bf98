import { createRoute, z } from "@hono/zod-openapi";
import { errors } from "#shared/platform/errors.ts";
import { access } from "#shared/platform/http/access.ts";
import { type App, createApp } from "#shared/platform/http/app.ts";
import { ID_PATTERN } from "#shared/platform/ids.ts";
import { spaceOfCaller } from "#shared/spaces/spaceOfCaller.ts";
import { createUpload, createUploadBody, urlExpiryOf } from "#shared/uploads/createUpload.ts";
import { uploadsOf } from "#shared/uploads/uploadDocument.ts";
import type { UploadsDeps } from "./deps.ts";
import { addRenewUpload } from "./renewUpload.ts";
import { createdUpload } from "./signedUpload.ts";

const uploadState = z
  .object({
    state: z.enum(["pending", "received", "rejected"]),
    reason: z.object({ code: z.string(), message: z.string() }).optional(),
    expiresAt: z.iso.datetime().describe("Until when the bytes can come and the URLs can be renewed."),
    urlExpiresAt: z.iso.datetime().describe("Until when the URLs that were signed last can be used."),
  })
  .openapi("UploadState");

const createUploadRoute = createRoute({
  ...access("account"),
  method: "post",
  path: "/v1/uploads",
  summary: "Sign the URL of one upload",
  request: { body: { required: true, content: { "application/json": { schema: createUploadBody } } } },
  responses: {
    201: {
      description: "Where and how to send the bytes.",
      content: { "application/json": { schema: createdUpload } },
    },
  },
});

const uploadStateRoute = createRoute({
  ...access("account"),
  method: "get",
  path: "/v1/uploads/{id}",
  summary: "What became of an upload",
  request: { params: z.object({ id: z.string() }) },
  responses: {
    200: { description: "Its state.", content: { "application/json": { schema: uploadState } } },
  },
});

/** The routes of `uploads`; `deps` is called at the first request. */
export function uploadsApp(deps: () => UploadsDeps): App {
  const app = createApp(() => deps().http);

  app.openapi(createUploadRoute, async (c) => {
    const { userId } = c.var.account;
    const space = await spaceOfCaller(deps().sql, userId);
    if (!space) throw errors.groupRequired("join a care group first");
    const created = await createUpload({ ...c.req.valid("json"), spaceId: space.spaceId, userId }, deps());
    return c.json(created, 201, { location: `/v1/uploads/${created.id}` });
  });

  app.openapi(uploadStateRoute, async (c) => {
    const { id } = c.req.valid("param");
    if (!ID_PATTERN.test(id)) throw errors.notFound();
    const [space, snapshot] = await Promise.all([
      spaceOfCaller(deps().sql, c.var.account.userId),
      uploadsOf(deps().firestore).doc(id).get(),
    ]);
    const upload = snapshot.data();
    if (!upload || upload.spaceId !== space?.spaceId) throw errors.notFound();
    const { state, reason, expiresAt } = upload;
    return c.json(
      {
        state,
        ...(reason ? { reason } : {}),
        expiresAt: expiresAt.toISOString(),
        urlExpiresAt: urlExpiryOf(upload).toISOString(),
      },
      200,
    );
  });
  addRenewUpload(app, deps);

  return app;
}
