import { feedRaiser } from "#shared/changes/raiseFeeds.ts";
import { publishEvents } from "#shared/events/publishEvents.ts";
import { kinds } from "#shared/kinds/index.ts";
import { functions, type Settings } from "#shared/manifest.ts";
import { baseDeps } from "#shared/platform/baseDeps.ts";
import { settingsFor } from "#shared/platform/config/settings.ts";
import { createRestFirestore } from "#shared/platform/firestore/rest/client.ts";
import { createPublisher } from "#shared/platform/pubsub/publisher.ts";
import { createDatabase } from "#shared/platform/sql/pool.ts";
import { objectStore } from "#shared/platform/storage/objectStore.ts";
import type { SyncDeps } from "#shared/results/syncResult.ts";

/** Makes what an instance of `sync` uses. */
export function syncDeps(settings: Settings<"sync"> = settingsFor(functions.sync.settings)): SyncDeps {
  const base = baseDeps("sync", settings);
  const { log, clock } = base;
  const db = createDatabase(settings, {
    name: "sync",
    max: functions.sync.sqlPool,
    log,
    connectsAtOnce: true,
  });
  const firestore = createRestFirestore(settings);
  return {
    ...base,
    db,
    firestore,
    objects: objectStore(settings.RESOURCES_BUCKET, settings),
    kinds,
    publish: publishEvents({ db, publisher: createPublisher(settings), clock, log }),
    raiseFeeds: feedRaiser({ db, firestore, clock, log }),
  };
}
