import type { CloudEventFunction } from "@google-cloud/functions-framework";
import { systemClock } from "#shared/clock.ts";
import { createFirestore } from "#shared/cloud/firestore.ts";
import { objectStore } from "#shared/cloud/objects.ts";
import { createPublisher } from "#shared/cloud/publisher.ts";
import { createTaskQueue } from "#shared/cloud/taskQueue.ts";
import { settingsFor } from "#shared/config/settings.ts";
import { kinds } from "#shared/kinds/index.ts";
import { lazy } from "#shared/lazy.ts";
import { createLogger } from "#shared/log/logger.ts";
import { settleUpload } from "#shared/queue/inputs.ts";
import { finalizedObject } from "./event.ts";
import { ingestUpload } from "./ingestUpload.ts";

const deps = lazy(() => {
  const settings = settingsFor("ingest");
  const shared = {
    firestore: createFirestore(settings),
    kinds,
    clock: systemClock,
    log: createLogger(settings.LOG_LEVEL, { function: "ingest" }),
  };
  const queue = {
    ...shared,
    tasks: createTaskQueue(settings),
    publisher: createPublisher(settings),
    engines: settings.ENGINES,
    backoffMaxSeconds: settings.RETRY_BACKOFF_MAX_SECONDS,
  };
  return {
    ...shared,
    bucket: settings.UPLOADS_BUCKET,
    objects: objectStore(settings.UPLOADS_BUCKET, settings),
    tellJobs: (uploadId: string) => settleUpload(uploadId, queue),
  };
});

export const ingest: CloudEventFunction<unknown> = async (event) => {
  const object = finalizedObject(event, deps().bucket);
  if (object === undefined) return deps().log.error("event_of_another_form", { type: event.type });
  await ingestUpload(object, deps());
};
