import { feedRaiser } from "#shared/changes/raiseFeeds.ts";
import { publishEvents } from "#shared/events/publishEvents.ts";
import { kinds } from "#shared/kinds/index.ts";
import { functions, type Settings } from "#shared/manifest.ts";
import { baseDeps } from "#shared/platform/baseDeps.ts";
import { settingsFor } from "#shared/platform/config/settings.ts";
import { createFirestore } from "#shared/platform/firestore/client.ts";
import { createFirebaseAccounts } from "#shared/platform/google/firebaseAccounts.ts";
import { type HttpDeps, internalHttpDeps } from "#shared/platform/http/httpDeps.ts";
import { createPublisher } from "#shared/platform/pubsub/publisher.ts";
import { createDatabase } from "#shared/platform/sql/pool.ts";
import { objectStore } from "#shared/platform/storage/objectStore.ts";
import { createTaskQueue } from "#shared/platform/tasks/taskQueue.ts";
import { engineAddresses } from "#shared/queue/engineAddresses.ts";
import { repairsOf } from "./repairs.ts";
import type { Repair } from "./runRepairs.ts";

/** What the routes of `sweep` use. */
export interface SweepDeps {
  readonly http: HttpDeps;
  readonly repairs: readonly Repair[];
}

/** Makes what an instance of `sweep` uses: it repairs what all other functions do. */
export function sweepDeps(settings: Settings<"sweep"> = settingsFor(functions.sweep.settings)): SweepDeps {
  const base = baseDeps("sweep", settings);
  const { log, clock } = base;
  const db = createDatabase(settings, { name: "sweep", max: functions.sweep.sqlPool, log });
  const uploads = objectStore(settings.UPLOADS_BUCKET, settings);
  const resources = objectStore(settings.RESOURCES_BUCKET, settings);
  const publisher = createPublisher(settings);
  const tasks = createTaskQueue(settings, settings.DISPATCH_URL);
  const firestore = createFirestore(settings);
  const common = { ...base, db, firestore, kinds };
  const queue = {
    ...common,
    tasks,
    publisher,
    engines: engineAddresses(settings, kinds),
    backoffMaxSeconds: settings.RETRY_BACKOFF_MAX_SECONDS,
    jobRetentionDays: settings.JOB_RETENTION_DAYS,
  };
  const repairs = repairsOf({
    ...common,
    tasks,
    fetches: createTaskQueue(settings, settings.OUTBOUND_URL),
    publisher,
    uploads,
    objects: resources,
    publish: publishEvents({ db, publisher, clock, log }),
    raiseFeeds: feedRaiser({ db, firestore, clock, log }),
    queue,
    auditRetentionDays: settings.AUDIT_RETENTION_DAYS,
    erasure: { ...common, uploads, resources, firebase: createFirebaseAccounts(settings) },
  });
  return { http: internalHttpDeps(log), repairs };
}
