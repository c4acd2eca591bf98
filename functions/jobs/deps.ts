import { kinds } from "#shared/kinds/index.ts";
import { functions, type Settings } from "#shared/manifest.ts";
import { baseDeps } from "#shared/platform/baseDeps.ts";
import { settingsFor } from "#shared/platform/config/settings.ts";
import { createFirestore } from "#shared/platform/firestore/client.ts";
import { type HttpDeps, phoneHttpDeps } from "#shared/platform/http/httpDeps.ts";
import { createPublisher } from "#shared/platform/pubsub/publisher.ts";
import { createDatabase, type Sql } from "#shared/platform/sql/pool.ts";
import { createTaskQueue } from "#shared/platform/tasks/taskQueue.ts";
import { paceReader } from "#shared/queue/pace.ts";
import type { SubmitDeps } from "#shared/queue/submit.ts";
import { type QueueStatus, statusReader } from "./status.ts";

/** What the operations of `jobs` use. */
export interface JobsDeps extends SubmitDeps {
  readonly http: HttpDeps;
  readonly sql: Sql;
  /** `statusReader` of this instance. */
  readonly status: () => Promise<QueueStatus>;
}

/** Makes what an instance of `jobs` uses. */
export function jobsDeps(settings: Settings<"jobs"> = settingsFor(functions.jobs.settings)): JobsDeps {
  const base = baseDeps("jobs", settings);
  const { log, clock } = base;
  const sql = createDatabase(settings, { name: "jobs", max: functions.jobs.sqlPool, log });
  const reading = { firestore: createFirestore(settings), kinds, clock, log };
  return {
    ...base,
    ...reading,
    http: phoneHttpDeps(settings, sql, log),
    sql,
    tasks: createTaskQueue(settings),
    publisher: createPublisher(settings),
    engines: settings.ENGINES,
    openJobsPerSpace: settings.OPEN_JOBS_PER_SPACE,
    backoffMaxSeconds: settings.RETRY_BACKOFF_MAX_SECONDS,
    jobRetentionDays: settings.JOB_RETENTION_DAYS,
    pace: paceReader(reading),
    status: statusReader(reading),
  };
}
