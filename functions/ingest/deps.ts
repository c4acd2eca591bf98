import { systemClock } from "#shared/clock.ts";
import { createFirestore } from "#shared/cloud/firestore.ts";
import { objectStore } from "#shared/cloud/objects.ts";
import { createPublisher } from "#shared/cloud/publisher.ts";
import { createTaskQueue } from "#shared/cloud/taskQueue.ts";
import type { Settings } from "#shared/config/settings.ts";
import { kinds } from "#shared/kinds/index.ts";
import { createLogger } from "#shared/log/logger.ts";
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
