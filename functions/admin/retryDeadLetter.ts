import { z } from "@hono/zod-openapi";
import { json } from "#shared/platform/http/content.ts";
import { idInPath } from "#shared/platform/http/idParam.ts";
import { route } from "#shared/platform/http/route.ts";
import { type RetryDeps, retryJob } from "#shared/queue/retryJob.ts";
import { type DeadLetter, deadLetterSchema, viewDeadLetter } from "./deadLetter.ts";

/**
 * Starts a job that failed for good again.
 * @throws what `retryJob` throws; `job_finished` for a job that was cancelled
 */
export async function retryDeadLetter(
  { jobId }: { jobId: string },
  { submit }: { readonly submit: RetryDeps },
): Promise<DeadLetter> {
  return viewDeadLetter({ id: jobId, job: await retryJob(jobId, submit, { onlyFailed: true }) });
}

export const retryDeadLetterRoute = route(
  {
    operationId: "retryDeadLetter",
    access: "admin",
    method: "post",
    path: "/v1/admin/dead-letters/{jobId}/retry",
    summary: "Put a failed job into the line again, with as many attempts as a new one",
    request: { params: z.object({ jobId: idInPath }) },
    responses: { 200: json(deadLetterSchema, "The job as it is now.") },
    errors: [
      "not_found",
      "job_finished",
      "job_not_finished",
      "inputs_gone",
      "inputs_rejected",
      "erased",
      "too_many_open_jobs",
    ],
  },
  retryDeadLetter,
  async (c, perform) => c.json(await perform(c.req.valid("param")), 200),
);
