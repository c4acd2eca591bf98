import { functions, type Settings } from "#shared/manifest.ts";
import { settingsFor } from "#shared/platform/config/settings.ts";
import { createRestFirestore } from "#shared/platform/firestore/rest/client.ts";
import type { HttpDeps } from "#shared/platform/http/httpDeps.ts";
import { lazy } from "#shared/platform/lazy.ts";
import { createPublisher } from "#shared/platform/pubsub/publisher.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { createTaskQueue } from "#shared/platform/tasks/taskQueue.ts";
import { engineAddresses } from "#shared/queue/engineAddresses.ts";
import type { SubmitWithInputsDeps } from "#shared/queue/submitWithInputs.ts";
import { phoneViewDeps } from "#shared/queue/viewDeps.ts";
import { type QueueStatus, statusReader } from "./status.ts";

/** What the operations of `jobs` use. */
export interface JobsDeps extends SubmitWithInputsDeps {
  readonly http: HttpDeps;
  readonly sql: Sql;
  /** `statusReader` of this instance. */
  readonly status: () => Promise<QueueStatus>;
}

/** Makes what an instance of `jobs` uses. */
export function jobsDeps(settings: Settings<"jobs"> = settingsFor(functions.jobs.settings)): JobsDeps {
  const { UPLOADS_BUCKET } = settings;
  const shared = phoneViewDeps("jobs", settings, functions.jobs.sqlPool, createRestFirestore(settings));
  // Loaded with the first content that comes in a request.
  const writer = lazy(async () =>
    (await import("#shared/platform/storage/objectWriter.ts")).objectWriter(UPLOADS_BUCKET, settings),
  );
  return {
    ...shared,
    tasks: createTaskQueue(settings, settings.DISPATCH_URL),
    publisher: createPublisher(settings),
    engines: engineAddresses(settings, shared.kinds),
    openJobsPerSpace: settings.OPEN_JOBS_PER_SPACE,
    backoffMaxSeconds: settings.RETRY_BACKOFF_MAX_SECONDS,
    jobRetentionDays: settings.JOB_RETENTION_DAYS,
    inputs: {
      inputKey: settings.INPUT_KEY,
      retentionDays: settings.UPLOAD_RETENTION_DAYS,
      bytesPerSpace: settings.UPLOAD_GIB_PER_SPACE * 2 ** 30,
      fetches: createTaskQueue(settings, settings.OUTBOUND_URL),
      objects: { write: async (...object) => (await writer()).write(...object) },
    },
    status: statusReader(shared),
  };
}
