import type { HttpFunction } from "@google-cloud/functions-framework";
import { kinds } from "#shared/kinds/index.ts";
import { functions } from "#shared/manifest.ts";
import { systemClock } from "#shared/platform/clock.ts";
import { settingsFor } from "#shared/platform/config/settings.ts";
import { createFirestore } from "#shared/platform/firestore/client.ts";
import { httpFunction } from "#shared/platform/http/app.ts";
import { gateOf } from "#shared/platform/http/httpDeps.ts";
import { randomId } from "#shared/platform/ids.ts";
import { lazy } from "#shared/platform/lazy.ts";
import { createLogger } from "#shared/platform/log/logger.ts";
import { createPublisher } from "#shared/platform/pubsub/publisher.ts";
import { createDatabase } from "#shared/platform/sql/pool.ts";
import { createTaskQueue } from "#shared/platform/tasks/taskQueue.ts";
import { paceReader } from "#shared/queue/pace.ts";
import { jobsApp } from "./routes.ts";
import { statusReader } from "./status.ts";

const deps = lazy(() => {
  const settings = settingsFor("jobs");
  const log = createLogger(settings.LOG_LEVEL, { function: "jobs" });
  const sql = createDatabase(settings, { name: "jobs", max: functions.jobs.sqlPool, log });
  const reading = { firestore: createFirestore(settings), kinds, clock: systemClock };
  return {
    ...reading,
    ...{ gate: gateOf(settings, sql, log), sql, log, newId: randomId },
    tasks: createTaskQueue(settings),
    publisher: createPublisher(settings),
    engines: settings.ENGINES,
    openJobsPerSpace: settings.OPEN_JOBS_PER_SPACE,
    backoffMaxSeconds: settings.RETRY_BACKOFF_MAX_SECONDS,
    pace: paceReader(reading),
    status: statusReader(reading),
  };
});

export const jobs: HttpFunction = httpFunction(jobsApp(deps));
