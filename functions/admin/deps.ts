import { publishEvents } from "#shared/events/publishEvents.ts";
import { kinds } from "#shared/kinds/index.ts";
import { systemClock } from "#shared/platform/clock.ts";
import type { Settings } from "#shared/platform/config/settings.ts";
import { createFirestore } from "#shared/platform/firestore/client.ts";
import type { Gate } from "#shared/platform/http/app.ts";
import { randomId } from "#shared/platform/ids.ts";
import type { Logger } from "#shared/platform/log/logger.ts";
import { createPublisher } from "#shared/platform/pubsub/publisher.ts";
import type { Database } from "#shared/platform/sql/pool.ts";
import { objectStore } from "#shared/platform/storage/objectStore.ts";
import { createTaskQueue } from "#shared/platform/tasks/taskQueue.ts";
import { paceReader } from "#shared/queue/pace.ts";
import type { SubmitDeps } from "#shared/queue/submit.ts";
import type { SyncDeps } from "#shared/results/syncResult.ts";
import type { CreateUploadDeps } from "#shared/uploads/createUpload.ts";

export interface AdminDeps {
  readonly gate: Gate;
  readonly sync: SyncDeps;
  readonly submit: SubmitDeps;
  readonly upload: CreateUploadDeps;
}

/** Everything `admin` reaches. */
export function adminDeps(
  settings: Settings<"admin">,
  { gate, db, log }: { gate: Gate; db: Database; log: Logger },
): AdminDeps {
  const clock = systemClock;
  const firestore = createFirestore(settings);
  const publisher = createPublisher(settings);
  const common = { firestore, kinds, clock, log };
  return {
    gate,
    sync: {
      ...common,
      db,
      objects: objectStore(settings.RESOURCES_BUCKET, settings),
      publish: publishEvents({ db, publisher, clock, log }),
    },
    submit: {
      ...common,
      newId: randomId,
      publisher,
      tasks: createTaskQueue(settings),
      engines: settings.ENGINES,
      backoffMaxSeconds: settings.RETRY_BACKOFF_MAX_SECONDS,
      pace: paceReader({ firestore, clock }),
      openJobsPerSpace: Number.POSITIVE_INFINITY,
    },
    upload: {
      ...common,
      newId: randomId,
      objects: objectStore(settings.UPLOADS_BUCKET, settings),
      retentionDays: settings.UPLOAD_RETENTION_DAYS,
    },
  };
}
