import { appOf } from "#shared/platform/http/app.ts";
import type { App } from "#shared/platform/http/appEnv.ts";
import { announceOutputsRoute } from "./announceOutputs.ts";
import { completeJobRoute } from "./completeJob.ts";
import type { EngineDeps } from "./deps.ts";
import { failJobRoute } from "./failJob.ts";
import { leaseJobsRoute } from "./leaseJobs.ts";
import { releaseLeaseRoute } from "./releaseLease.ts";
import { renewLeaseRoute } from "./renewLease.ts";

/** The routes of `engine`; `deps` is called at the first request. */
export function engineApp(deps: () => EngineDeps): App {
  return appOf(deps, [
    leaseJobsRoute,
    renewLeaseRoute,
    announceOutputsRoute,
    completeJobRoute,
    failJobRoute,
    releaseLeaseRoute,
  ]);
}
