import { json } from "#shared/platform/http/content.ts";
import { idParam } from "#shared/platform/http/idParam.ts";
import { route } from "#shared/platform/http/route.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import type { Job } from "#shared/queue/jobDocument.ts";
import { type OwnJobInput, ownJob } from "#shared/queue/ownJob.ts";
import { type RetryDeps, retryJob } from "#shared/queue/retryJob.ts";
import { type JobView, type ViewDeps, viewJob } from "#shared/queue/view.ts";
import { type FetchTaskDeps, requestFetches } from "#shared/uploads/urlUpload.ts";
import { jobSchema } from "./job.ts";

/**
 * Starts a failed or cancelled job of a space of the caller's again.
 * @throws `not_found`, `forbidden`, and what `retryJob` throws
 */
export async function retryJobOfCaller(
  input: OwnJobInput,
  deps: RetryDeps & ViewDeps & { readonly sql: Sql; readonly inputs: Pick<FetchTaskDeps, "fetches"> },
): Promise<JobView> {
  await ownJob(input, deps, "submit");
  const job = await retryJob(input.id, deps);
  await fetchAgain(job, { ...deps, ...deps.inputs });
  return viewJob(input.id, job, deps);
}

/** What a URL names may not have been fetched before the job was cancelled. Never throws: the job is started, and `sweep` adds the task. */
export async function fetchAgain(
  { waitingFor }: Job,
  deps: FetchTaskDeps & Pick<RetryDeps, "log">,
): Promise<void> {
  try {
    await requestFetches(waitingFor, deps, { again: true });
  } catch (error) {
    deps.log.warn("fetch_left_to_sweep", { error });
  }
}

export const retryJobRoute = route(
  {
    operationId: "retryJob",
    access: "account",
    method: "post",
    path: "/v1/jobs/{id}/retry",
    summary: "Start a failed or cancelled job again",
    request: { params: idParam },
    responses: { 200: json(jobSchema, "The job.") },
    errors: [
      "not_found",
      "forbidden",
      "job_finished",
      "job_not_finished",
      "inputs_gone",
      "inputs_rejected",
      "erased",
      "too_many_open_jobs",
    ],
  },
  retryJobOfCaller,
  async (c, perform) => c.json(await perform({ userId: c.var.account.userId, ...c.req.valid("param") }), 200),
);
