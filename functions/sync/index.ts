import type { CloudEventFunction } from "@google-cloud/functions-framework";
import { early } from "#shared/platform/early.ts";
import { withTrace } from "#shared/platform/trace.ts";
import { syncResult } from "#shared/results/syncResult.ts";
import { syncDeps } from "./deps.ts";
import { jobIdOf } from "./jobIdOf.ts";

const deps = early(syncDeps);

export const sync: CloudEventFunction<unknown> = async (event) => {
  const jobId = jobIdOf(event);
  if (jobId === undefined) return deps().log.error("event_unreadable", { subject: event.subject });
  await withTrace(undefined, () => syncResult(jobId, deps()));
};
