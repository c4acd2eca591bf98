import type { Firestore } from "@google-cloud/firestore";
import type { ChangingDeps } from "#shared/changes/changing.ts";
import type { RaiseFeeds } from "#shared/changes/raiseFeeds.ts";
import type { ErasureDeps } from "#shared/erasure/continueErasure.ts";
import type { DomainEvent } from "#shared/events/event.ts";
import { publishEvents } from "#shared/events/publishEvents.ts";
import { functions, type Settings } from "#shared/manifest.ts";
import { baseDeps } from "#shared/platform/baseDeps.ts";
import { type SettingsOf, settingsFor } from "#shared/platform/config/settings.ts";
import { createFirebaseAccounts } from "#shared/platform/google/firebaseAccounts.ts";
import { type HttpDeps, phoneHttpDeps } from "#shared/platform/http/httpDeps.ts";
import type { NewId, RandomBytes } from "#shared/platform/ids.ts";
import { lazy } from "#shared/platform/lazy.ts";
import type { Publisher } from "#shared/platform/pubsub/publisher.ts";
import { createDatabase } from "#shared/platform/sql/pool.ts";
import type { ObjectStore } from "#shared/platform/storage/objectStore.ts";
import type { UrlSigner } from "#shared/platform/storage/urlSigner.ts";
import type { TaskQueue } from "#shared/platform/tasks/taskQueue.ts";

/** What the operations of `groups` use. Cloud clients are asked for when they are needed: most requests need none. */
export interface GroupsDeps extends ChangingDeps {
  readonly http: HttpDeps;
  readonly firestore: () => Promise<Firestore>;
  readonly tasks: () => Promise<TaskQueue>;
  readonly uploads: () => Promise<ObjectStore & UrlSigner>;
  readonly resources: () => Promise<ObjectStore & UrlSigner>;
  readonly erasure: () => Promise<ErasureDeps & ChangingDeps>;
  /** Publishes committed events of the outbox; never throws, since `sweep` publishes what was left. */
  readonly publish: (events: readonly DomainEvent[]) => Promise<void>;
  readonly codeKey: Buffer;
  readonly caps: SettingsOf<
    "INVITATIONS_PER_GIVER" | "INVITATIONS_PER_PAIR" | "CODE_TRIES_PER_GIVER" | "CODE_TRIES_PER_PAIR"
  >;
  readonly newId: NewId;
  readonly randomBytes: RandomBytes;
}

/** Makes what an instance of `groups` uses. */
export function groupsDeps(
  settings: Settings<"groups"> = settingsFor(functions.groups.settings),
): GroupsDeps {
  const base = baseDeps("groups", settings);
  const { log, clock } = base;
  const db = createDatabase(settings, {
    name: "groups",
    max: functions.groups.sqlPool,
    log,
    connectsAtOnce: true,
  });
  const clients = cloudClients(settings);
  const raiseFeeds = lazyFeeds({ db, log, clock }, clients.firestore);
  const { CODE_KEY, RATE_CONFIRM, RATE_EXPORT } = settings;
  const { INVITATIONS_PER_GIVER, INVITATIONS_PER_PAIR, CODE_TRIES_PER_GIVER, CODE_TRIES_PER_PAIR } = settings;
  return {
    ...base,
    ...clients,
    http: phoneHttpDeps(settings, db, log, { confirm: RATE_CONFIRM, export: RATE_EXPORT }),
    db,
    raiseFeeds,
    erasure: lazy(async () => ({
      ...{ db, log, clock, raiseFeeds },
      firestore: await clients.firestore(),
      uploads: await clients.uploads(),
      resources: await clients.resources(),
      firebase: createFirebaseAccounts(settings),
    })),
    publish: publishEvents({ ...base, db, publisher: lazyPublisher(settings) }),
    codeKey: CODE_KEY,
    caps: { INVITATIONS_PER_GIVER, INVITATIONS_PER_PAIR, CODE_TRIES_PER_GIVER, CODE_TRIES_PER_PAIR },
  };
}

/** Loaded and made when there is first a change. */
function lazyFeeds(
  deps: Pick<ErasureDeps, "db" | "log" | "clock">,
  firestore: GroupsDeps["firestore"],
): RaiseFeeds {
  const raiser = lazy(async () => {
    const [{ feedRaiser }, client] = await Promise.all([
      import("#shared/changes/raiseFeeds.ts"),
      firestore(),
    ]);
    return feedRaiser({ ...deps, firestore: client });
  });
  return async (recorded) => {
    if (recorded.length > 0) await (await raiser())(recorded);
  };
}

/** Loaded and made when there is first something to publish. */
function lazyPublisher(settings: Settings<"groups">): Publisher {
  const publisher = lazy(async () =>
    (await import("#shared/platform/pubsub/publisher.ts")).createPublisher(settings),
  );
  return { publish: async (message) => (await publisher()).publish(message) };
}

/** Each client is loaded and made when a request first needs it. */
function cloudClients(
  settings: Settings<"groups">,
): Pick<GroupsDeps, "firestore" | "tasks" | "uploads" | "resources"> {
  const bucket = (name: string) =>
    lazy(async () => {
      const [{ objectStore }, { urlSigner }] = await Promise.all([
        import("#shared/platform/storage/objectStore.ts"),
        import("#shared/platform/storage/urlSigner.ts"),
      ]);
      return { ...objectStore(name, settings), ...urlSigner(name, settings) };
    });
  return {
    firestore: lazy(async () =>
      (await import("#shared/platform/firestore/rest/client.ts")).createRestFirestore(settings),
    ),
    tasks: lazy(async () =>
      (await import("#shared/platform/tasks/taskQueue.ts")).createTaskQueue(settings, settings.DISPATCH_URL),
    ),
    uploads: bucket(settings.UPLOADS_BUCKET),
    resources: bucket(settings.RESOURCES_BUCKET),
  };
}
