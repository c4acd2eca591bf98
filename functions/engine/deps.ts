import { accountOf } from "#shared/access/grant.ts";
import { kinds } from "#shared/kinds/index.ts";
import { functions, type Settings } from "#shared/manifest.ts";
import { baseDeps } from "#shared/platform/baseDeps.ts";
import { settingsFor } from "#shared/platform/config/settings.ts";
import { createRestFirestore } from "#shared/platform/firestore/rest/client.ts";
import { type HttpDeps, serviceHttpDeps } from "#shared/platform/http/httpDeps.ts";
import type { RandomBytes } from "#shared/platform/ids.ts";
import { createPublisher } from "#shared/platform/pubsub/publisher.ts";
import { type ObjectStore, objectStore } from "#shared/platform/storage/objectStore.ts";
import { type UrlSigner, urlSigner } from "#shared/platform/storage/urlSigner.ts";
import { createTaskQueue } from "#shared/platform/tasks/taskQueue.ts";
import type { QueueDeps } from "#shared/queue/changeJob.ts";
import { engineAddresses } from "#shared/queue/engineAddresses.ts";

/** What the operations of `engine` use. */
export interface EngineDeps extends QueueDeps {
  readonly http: HttpDeps;
  /** The bucket of uploads. */
  readonly uploads: UrlSigner;
  /** The bucket of resources. */
  readonly resources: Pick<ObjectStore, "look" | "readStart"> & UrlSigner;
  readonly randomBytes: RandomBytes;
  /** From 0 to 1; spreads engines over the line. */
  readonly random: () => number;
  /** The settings LEASE_SECONDS_MIN and LEASE_SECONDS_MAX. */
  readonly leaseSeconds: { readonly min: number; readonly max: number };
  /** The setting ENGINE_PAUSE_AFTER. */
  readonly pauseAfter: number;
  /** The setting ENGINE_LEASES_MAX. */
  readonly leasesMax: number;
}

/** Makes what an instance of `engine` uses. */
export function engineDeps(
  settings: Settings<"engine"> = settingsFor(functions.engine.settings),
): EngineDeps {
  const base = baseDeps("engine", settings);
  const { UPLOADS_BUCKET, RESOURCES_BUCKET } = settings;
  const workshop = accountOf("workshop", settings.GOOGLE_CLOUD_PROJECT);
  return {
    ...base,
    http: serviceHttpDeps(settings, [...settings.ENGINE_CALLERS, workshop], base.log),
    firestore: createRestFirestore(settings),
    tasks: createTaskQueue(settings, settings.DISPATCH_URL),
    publisher: createPublisher(settings),
    uploads: urlSigner(UPLOADS_BUCKET, settings),
    resources: { ...objectStore(RESOURCES_BUCKET, settings), ...urlSigner(RESOURCES_BUCKET, settings) },
    kinds,
    engines: engineAddresses(settings, kinds),
    leaseSeconds: { min: settings.LEASE_SECONDS_MIN, max: settings.LEASE_SECONDS_MAX },
    pauseAfter: settings.ENGINE_PAUSE_AFTER,
    leasesMax: settings.ENGINE_LEASES_MAX,
    backoffMaxSeconds: settings.RETRY_BACKOFF_MAX_SECONDS,
    jobRetentionDays: settings.JOB_RETENTION_DAYS,
    random: Math.random,
  };
}
