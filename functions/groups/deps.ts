import type { Firestore } from "@google-cloud/firestore";
import type { Clock } from "#shared/clock.ts";
import type { ObjectStore } from "#shared/cloud/objects.ts";
import type { TaskQueue } from "#shared/cloud/taskQueue.ts";
import type { SettingsOf } from "#shared/config/settings.ts";
import type { ErasureDeps } from "#shared/erasure/continueErasure.ts";
import type { Gate } from "#shared/http/app.ts";
import type { NewId, RandomBytes } from "#shared/ids.ts";
import type { Database } from "#shared/sql/pool.ts";

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
