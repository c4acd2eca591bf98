import type { Firestore } from "@google-cloud/firestore";
import type { ErasureDeps } from "#shared/erasure/continueErasure.ts";
import type { Clock } from "#shared/platform/clock.ts";
import type { SettingsOf } from "#shared/platform/config/settings.ts";
import type { Gate } from "#shared/platform/http/app.ts";
import type { NewId, RandomBytes } from "#shared/platform/ids.ts";
import type { Database } from "#shared/platform/sql/pool.ts";
import type { ObjectStore } from "#shared/platform/storage/objectStore.ts";
import type { TaskQueue } from "#shared/platform/tasks/taskQueue.ts";

/** What the operations of `groups` use. Cloud clients are asked for when they are needed: most requests need none. */
export interface GroupsDeps {
  readonly gate: Gate;
  readonly db: Database;
  readonly firestore: () => Promise<Firestore>;
  readonly tasks: () => Promise<TaskQueue>;
  readonly uploads: () => Promise<ObjectStore>;
  readonly resources: () => Promise<ObjectStore>;
  readonly erasure: () => Promise<ErasureDeps>;
  readonly codeKey: Buffer;
  readonly caps: SettingsOf<
    "INVITATIONS_PER_GIVER" | "INVITATIONS_PER_PAIR" | "CODE_TRIES_PER_GIVER" | "CODE_TRIES_PER_PAIR"
  >;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly randomBytes: RandomBytes;
}
