import { systemClock } from "#shared/platform/clock.ts";
import type { Settings } from "#shared/platform/config/settings.ts";
import { createFirebaseAccounts } from "#shared/platform/google/firebaseAccounts.ts";
import { lazy } from "#shared/platform/lazy.ts";
import type { Logger } from "#shared/platform/log/logger.ts";
import type { Database } from "#shared/platform/sql/pool.ts";
import type { GroupsDeps } from "./deps.ts";

/** The cloud clients of `groups`, each loaded and made when a request first needs it. */
export function groupsClients(
  settings: Settings<"groups">,
  db: Database,
  log: Logger,
): Pick<GroupsDeps, "firestore" | "tasks" | "uploads" | "resources" | "erasure"> {
  const firestore = lazy(async () =>
    (await import("#shared/platform/firestore/client.ts")).createFirestore(settings),
  );
  const bucket = (name: string) =>
    lazy(async () => (await import("#shared/platform/storage/objectStore.ts")).objectStore(name, settings));
  const [uploads, resources] = [bucket(settings.UPLOADS_BUCKET), bucket(settings.RESOURCES_BUCKET)];
  return {
    firestore,
    uploads,
    resources,
    tasks: lazy(async () => (await import("#shared/platform/tasks/taskQueue.ts")).createTaskQueue(settings)),
    erasure: lazy(async () => ({
      db,
      log,
      clock: systemClock,
      firestore: await firestore(),
      uploads: await uploads(),
      resources: await resources(),
      firebase: createFirebaseAccounts(settings),
    })),
  };
}
