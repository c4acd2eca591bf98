import type { CloudEventFunction } from "@google-cloud/functions-framework";
import { publishEvents } from "#shared/events/publishEvents.ts";
import { kinds } from "#shared/kinds/index.ts";
import { functions } from "#shared/manifest.ts";
import { systemClock } from "#shared/platform/clock.ts";
import { settingsFor } from "#shared/platform/config/settings.ts";
import { createFirestore } from "#shared/platform/firestore/client.ts";
import { lazy } from "#shared/platform/lazy.ts";
import { createLogger } from "#shared/platform/log/logger.ts";
import { createPublisher } from "#shared/platform/pubsub/publisher.ts";
import { createDatabase } from "#shared/platform/sql/pool.ts";
import { objectStore } from "#shared/platform/storage/objectStore.ts";
import { syncResult } from "#shared/results/syncResult.ts";
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
