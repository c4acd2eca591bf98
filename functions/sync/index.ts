import type { CloudEventFunction } from "@google-cloud/functions-framework";
import { systemClock } from "#shared/clock.ts";
import { createFirestore } from "#shared/cloud/firestore.ts";
import { objectStore } from "#shared/cloud/objects.ts";
import { createPublisher } from "#shared/cloud/publisher.ts";
import { settingsFor } from "#shared/config/settings.ts";
import { publishEvents } from "#shared/events/publishEvents.ts";
import { kinds } from "#shared/kinds/index.ts";
import { lazy } from "#shared/lazy.ts";
import { createLogger } from "#shared/log/logger.ts";
import { functions } from "#shared/manifest.ts";
import { syncResult } from "#shared/results/syncResult.ts";
import { createDatabase } from "#shared/sql/pool.ts";
import { jobIdOf } from "./jobIdOf.ts";

const deps = lazy(() => {
  const settings = settingsFor("sync");
  const log = createLogger(settings.LOG_LEVEL, { function: "sync" });
  const db = createDatabase(settings, { name: "sync", max: functions.sync.sqlPool, log });
  return {
    db,
    firestore: createFirestore(settings),
    objects: objectStore(settings.RESOURCES_BUCKET, settings),
    kinds,
    clock: systemClock,
    log,
    publish: publishEvents({ db, publisher: createPublisher(settings), clock: systemClock, log }),
  };
});

export const sync: CloudEventFunction<unknown> = async (event) => {
  const jobId = jobIdOf(event);
  if (jobId === undefined) return deps().log.error("event_of_another_form", { subject: event.subject });
  await syncResult(jobId, deps());
};
