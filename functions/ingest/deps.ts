import { kinds } from "#shared/kinds/index.ts";
import { functions, type Settings } from "#shared/manifest.ts";
import { baseDeps } from "#shared/platform/baseDeps.ts";
import { settingsFor } from "#shared/platform/config/settings.ts";
import { createRestFirestore } from "#shared/platform/firestore/rest/client.ts";
import { createPublisher } from "#shared/platform/pubsub/publisher.ts";
import { objectStore } from "#shared/platform/storage/objectStore.ts";
import { createTaskQueue } from "#shared/platform/tasks/taskQueue.ts";
import { applyUpload } from "#shared/queue/applyUpload.ts";
import { engineAddresses } from "#shared/queue/engineAddresses.ts";
import type { IngestUploadDeps } from "#shared/uploads/ingestUpload.ts";

/** What `ingest` uses. */
export interface IngestDeps extends IngestUploadDeps {
  /** The name of the bucket whose events it gets. */
  readonly bucket: string;
}

/** Makes what an instance of `ingest` uses. */
export function ingestDeps(
  settings: Settings<"ingest"> = settingsFor(functions.ingest.settings),
): IngestDeps {
  const common = { ...baseDeps("ingest", settings), firestore: createRestFirestore(settings), kinds };
  const queue = {
    ...common,
    tasks: createTaskQueue(settings, settings.DISPATCH_URL),
    publisher: createPublisher(settings),
    engines: engineAddresses(settings, kinds),
    backoffMaxSeconds: settings.RETRY_BACKOFF_MAX_SECONDS,
    jobRetentionDays: settings.JOB_RETENTION_DAYS,
  };
  const { UPLOADS_BUCKET } = settings;
  return {
    ...common,
    bucket: UPLOADS_BUCKET,
    objects: objectStore(UPLOADS_BUCKET, settings),
    notifyJobs: (uploadId) => applyUpload(uploadId, queue),
  };
}
