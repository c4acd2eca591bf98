import { json } from "#shared/platform/http/content.ts";
import { idParam } from "#shared/platform/http/idParam.ts";
import { route } from "#shared/platform/http/route.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { changeJob, type QueueDeps } from "#shared/queue/changeJob.ts";
import { type OwnJobInput, ownJob } from "#shared/queue/ownJob.ts";
import { type JobView, type ViewDeps, viewJob } from "#shared/queue/view.ts";
import { jobSchema } from "./job.ts";

/**
 * Cancels a job of a space of the caller's that has not ended; its engine hears of it at the next renewal. A job that was cancelled before
 * stays as it is.
 * @throws `not_found`; `forbidden`; `job_finished`
 */
export async function cancelJob(
  input: OwnJobInput,
  deps: QueueDeps & ViewDeps & { readonly sql: Sql },
): Promise<JobView> {
  await ownJob(input, deps, "submit");
  const { job, verdict } = await changeJob(input.id, { type: "cancel" }, deps);
  if (verdict === "changed") deps.log.info("job_cancelled", { jobId: input.id, kind: job.kind });
  return viewJob(input.id, job, deps);
}

export const cancelJobRoute = route(
  {
    operationId: "cancelJob",
    access: "account",
    method: "post",
    path: "/v1/jobs/{id}/cancel",
    summary: "Cancel a job that has not ended",
    request: { params: idParam },
    responses: { 200: json(jobSchema, "The job.") },
    errors: ["not_found", "forbidden", "job_finished"],
  },
  cancelJob,
  async (c, perform) => c.json(await perform({ userId: c.var.account.userId, ...c.req.valid("param") }), 200),
);
