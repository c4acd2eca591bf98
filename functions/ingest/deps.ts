import { kinds } from "#shared/kinds/index.ts";
import { systemClock } from "#shared/platform/clock.ts";
import type { Settings } from "#shared/platform/config/settings.ts";
import { createFirestore } from "#shared/platform/firestore/client.ts";
import { createLogger } from "#shared/platform/log/logger.ts";
import { createPublisher } from "#shared/platform/pubsub/publisher.ts";
import { objectStore } from "#shared/platform/storage/objectStore.ts";
import { createTaskQueue } from "#shared/platform/tasks/taskQueue.ts";
import { settleUpload } from "#shared/queue/inputs.ts";
import type { IngestDeps } from "./ingestUpload.ts";

/** What `ingest` uses, made once per instance. */
export function ingestDeps(settings: Settings<"ingest">): IngestDeps & { bucket: string } {
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
    tellJobs: (uploadId) => settleUpload(uploadId, queue),
  };
}
