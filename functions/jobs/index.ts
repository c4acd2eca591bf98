import type { HttpFunction } from "@google-cloud/functions-framework";
import { systemClock } from "#shared/clock.ts";
import { createFirestore } from "#shared/cloud/firestore.ts";
import { createPublisher } from "#shared/cloud/publisher.ts";
import { createTaskQueue } from "#shared/cloud/taskQueue.ts";
import { settingsFor } from "#shared/config/settings.ts";
import { httpFunction } from "#shared/http/app.ts";
import { gateOf } from "#shared/http/gate.ts";
import { randomId } from "#shared/ids.ts";
import { kinds } from "#shared/kinds/index.ts";
import { lazy } from "#shared/lazy.ts";
import { createLogger } from "#shared/log/logger.ts";
import { functions } from "#shared/manifest.ts";
import { paceReader } from "#shared/queue/pace.ts";
import { statusReader } from "#shared/queue/status.ts";
import { createDatabase } from "#shared/sql/pool.ts";
import { jobsApp } from "./routes.ts";

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
    openJobsPerGroup: settings.OPEN_JOBS_PER_GROUP,
    backoffMaxSeconds: settings.RETRY_BACKOFF_MAX_SECONDS,
    pace: paceReader(reading),
    status: statusReader(reading),
  };
});

export const jobs: HttpFunction = httpFunction(jobsApp(deps));
