import { z } from "@hono/zod-openapi";
import { json, jsonBody } from "#shared/platform/http/content.ts";
import { route } from "#shared/platform/http/route.ts";
import { sendStored } from "#shared/platform/http/storedAnswer.ts";
import { idempotencyHeader } from "#shared/platform/idempotency/header.ts";
import type { StoredAnswer } from "#shared/platform/idempotency/sql.ts";
import { type SubmitBody, type SubmitDeps, submitBody, submitJob } from "#shared/queue/submit.ts";
import { SAMPLES_SPACE } from "#shared/results/resultDocument.ts";

/**
 * Takes a job of an administrator, by the same operation as those of families, in a space without members.
 * @returns 202 with the job; for a repeated key the first answer, byte for byte
 * @throws what `submitJob` throws
 */
export function submitSample(
  { administrator, key, body }: { administrator: string; key: string | undefined; body: SubmitBody },
  { submit }: { readonly submit: SubmitDeps },
): Promise<StoredAnswer> {
  const route = "POST /v1/admin/samples";
  return submitJob({ userId: administrator, spaceId: SAMPLES_SPACE, route, key, body }, submit);
}

export const submitSampleRoute = route(
  {
    operationId: "submitSample",
    access: "admin",
    method: "post",
    path: "/v1/admin/samples",
    summary: "Submit a job whose result everyone sees",
    request: { headers: idempotencyHeader, body: jsonBody(submitBody) },
    responses: {
      202: json(
        z.looseObject({ id: z.string(), resourceId: z.string() }),
        "Taken; the job as `POST /v1/jobs` answers it.",
      ),
    },
    errors: ["unknown_kind", "idempotency_key_reused", "upload_unknown", "upload_rejected"],
  },
  submitSample,
  async (c, perform) => {
    const key = c.req.valid("header")["idempotency-key"];
    const administrator = c.var.service.subject;
    return sendStored(c, await perform({ administrator, key, body: c.req.valid("json") }));
  },
);
