/** Samples: jobs and uploads of administrators, by the same operations as those of families, in a space without members. */
import { createRoute, z } from "@hono/zod-openapi";
import { access } from "#shared/platform/http/access.ts";
import type { App } from "#shared/platform/http/appEnv.ts";
import { sendStored } from "#shared/platform/http/storedAnswer.ts";
import { idempotencyKeySchema } from "#shared/platform/idempotency/sql.ts";
import { submitBody, submitJob } from "#shared/queue/submit.ts";
import { SAMPLES_SPACE } from "#shared/results/resultDocument.ts";
import { createUpload, createUploadBody } from "#shared/uploads/createUpload.ts";
import type { AdminDeps } from "./deps.ts";

const signedRequest = z.object({ url: z.url(), headers: z.record(z.string(), z.string()) });

const postSample = createRoute({
  ...access("admin"),
  method: "post",
  path: "/v1/admin/samples",
  summary: "Submit a job whose result everyone sees",
  request: {
    headers: z.object({ "idempotency-key": idempotencyKeySchema.optional() }),
    body: { required: true, content: { "application/json": { schema: submitBody } } },
  },
  responses: {
    202: {
      description: "Taken; the job as `POST /v1/jobs` answers it.",
      content: {
        "application/json": { schema: z.looseObject({ id: z.string(), resourceId: z.string() }) },
      },
    },
  },
});

const postUpload = createRoute({
  ...access("admin"),
  method: "post",
  path: "/v1/admin/uploads",
  summary: "Sign the URL of one upload for a sample",
  request: { body: { required: true, content: { "application/json": { schema: createUploadBody } } } },
  responses: {
    201: {
      description: "Where and how to send the bytes.",
      content: {
        "application/json": {
          schema: signedRequest.extend({
            id: z.string(),
            method: z.enum(["PUT", "POST"]),
            expiresAt: z.iso.datetime(),
            resumable: signedRequest,
          }),
        },
      },
    },
  },
});

export function sampleRoutes(app: App, deps: () => AdminDeps): void {
  app.openapi(postSample, async (c) => {
    const answer = await submitJob(
      {
        userId: c.var.service.subject,
        spaceId: SAMPLES_SPACE,
        route: "POST /v1/admin/samples",
        key: c.req.valid("header")["idempotency-key"],
        body: c.req.valid("json"),
      },
      deps().submit,
    );
    return sendStored(c, answer);
  });

  app.openapi(postUpload, async (c) => {
    const created = await createUpload(
      { ...c.req.valid("json"), spaceId: SAMPLES_SPACE, userId: c.var.service.subject },
      deps().upload,
    );
    return c.json(
      {
        ...created,
        headers: { ...created.headers },
        resumable: { ...created.resumable, headers: { ...created.resumable.headers } },
      },
      201,
    );
  });
}
