import { publishEvents } from "#shared/events/publishEvents.ts";
import { kinds } from "#shared/kinds/index.ts";
import { systemClock } from "#shared/platform/clock.ts";
import type { Settings } from "#shared/platform/config/settings.ts";
import { createFirestore } from "#shared/platform/firestore/client.ts";
import { createFirebaseAccounts } from "#shared/platform/google/firebaseAccounts.ts";
import type { Logger } from "#shared/platform/log/logger.ts";
import { createPublisher } from "#shared/platform/pubsub/publisher.ts";
import type { Database } from "#shared/platform/sql/pool.ts";
import { objectStore } from "#shared/platform/storage/objectStore.ts";
import { createTaskQueue } from "#shared/platform/tasks/taskQueue.ts";
import type { SweepDeps } from "./repairs.ts";

/** Everything `sweep` reaches: it repairs what all the others do. */
export function sweepDeps(settings: Settings<"sweep">, db: Database, log: Logger): SweepDeps {
  const store = (bucket: string) => objectStore(bucket, { ...settings, SIGNING_ENDPOINT: undefined }); // signs nothing
  const [uploads, resources] = [store(settings.UPLOADS_BUCKET), store(settings.RESOURCES_BUCKET)];
  const firestore = createFirestore(settings);
  const publisher = createPublisher(settings);
  const tasks = createTaskQueue(settings);
  const common = { db, firestore, kinds, clock: systemClock, log };
  const queue = {
    ...common,
    tasks,
    publisher,
    engines: settings.ENGINES,
    backoffMaxSeconds: settings.RETRY_BACKOFF_MAX_SECONDS,
  };
  return {
    ...common,
    tasks,
    publisher,
    uploads,
    objects: resources,
    publish: publishEvents({ db, publisher, clock: systemClock, log }),
    queue,
    erasure: { ...common, uploads, resources, firebase: createFirebaseAccounts(settings) },
  };
}
