import { feedRaiser } from "#shared/changes/raiseFeeds.ts";
import { publishEvents } from "#shared/events/publishEvents.ts";
import { kinds } from "#shared/kinds/index.ts";
import { functions, type Settings } from "#shared/manifest.ts";
import { baseDeps } from "#shared/platform/baseDeps.ts";
import { settingsFor } from "#shared/platform/config/settings.ts";
import { createFirestore } from "#shared/platform/firestore/client.ts";
import { type HttpDeps, serviceHttpDeps } from "#shared/platform/http/httpDeps.ts";
import { createPublisher } from "#shared/platform/pubsub/publisher.ts";
import { createDatabase } from "#shared/platform/sql/pool.ts";
import { objectStore } from "#shared/platform/storage/objectStore.ts";
import { urlSigner } from "#shared/platform/storage/urlSigner.ts";
import { createTaskQueue } from "#shared/platform/tasks/taskQueue.ts";
import { engineAddresses } from "#shared/queue/engineAddresses.ts";
import { paceReader } from "#shared/queue/pace.ts";
import type { SubmitDeps } from "#shared/queue/submit.ts";
import type { SyncDeps } from "#shared/results/syncResult.ts";
import type { CreateUploadDeps } from "#shared/uploads/createUpload.ts";
import type { ImportDeps } from "./importSample.ts";
import type { SignDeps } from "./signSampleFiles.ts";

/** What the operations of `admin` use. */
export interface AdminDeps {
  readonly http: HttpDeps;
  readonly sync: SyncDeps;
  readonly submit: SubmitDeps;
  readonly upload: CreateUploadDeps;
  readonly samples: SignDeps & ImportDeps;
}

/** Makes what an instance of `admin` uses. */
export function adminDeps(settings: Settings<"admin"> = settingsFor(functions.admin.settings)): AdminDeps {
  const base = baseDeps("admin", settings);
  const { log, clock } = base;
  const db = createDatabase(settings, { name: "admin", max: functions.admin.sqlPool, log });
  const firestore = createFirestore(settings);
  const publisher = createPublisher(settings);
  const common = { ...base, firestore, kinds };
  const objects = objectStore(settings.RESOURCES_BUCKET, settings);
  return {
    http: serviceHttpDeps(settings, settings.ADMIN_CALLERS, log),
    sync: {
      ...common,
      db,
      objects,
      publish: publishEvents({ db, publisher, clock, log }),
      raiseFeeds: feedRaiser({ db, firestore, clock, log }),
    },
    submit: {
      ...common,
      publisher,
      tasks: createTaskQueue(settings, settings.DISPATCH_URL),
      engines: engineAddresses(settings, kinds),
      backoffMaxSeconds: settings.RETRY_BACKOFF_MAX_SECONDS,
      jobRetentionDays: settings.JOB_RETENTION_DAYS,
      pace: paceReader({ firestore, clock, log }),
      eventsOrigin: settings.EVENTS_ORIGIN,
      openJobsPerSpace: Number.POSITIVE_INFINITY,
    },
    upload: {
      ...common,
      objects: urlSigner(settings.UPLOADS_BUCKET, settings),
      retentionDays: settings.UPLOAD_RETENTION_DAYS,
      bytesPerSpace: undefined, // samples are administrators' own
    },
    samples: { ...common, resources: { ...objects, ...urlSigner(settings.RESOURCES_BUCKET, settings) } },
  };
}
