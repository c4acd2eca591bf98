import { appOf } from "#shared/platform/http/app.ts";
import type { App } from "#shared/platform/http/appEnv.ts";
import { cancelJobRoute } from "./cancelJob.ts";
import type { JobsDeps } from "./deps.ts";
import { getJobRoute } from "./getJob.ts";
import { getStatusRoute } from "./getStatus.ts";
import { listJobsRoute } from "./listJobs.ts";
import { retryJobRoute } from "./retryJob.ts";
import { submitJobRoute } from "./submitJob.ts";

/** The routes of `jobs`; `deps` is called at the first request. */
export function jobsApp(deps: () => JobsDeps): App {
  return appOf(deps, [
    submitJobRoute,
    listJobsRoute,
    getJobRoute,
    cancelJobRoute,
    retryJobRoute,
    getStatusRoute,
  ]);
}
