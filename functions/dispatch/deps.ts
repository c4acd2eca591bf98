import { randomBytes } from "node:crypto";
import { kinds } from "#shared/kinds/index.ts";
import { functions } from "#shared/manifest.ts";
import { systemClock } from "#shared/platform/clock.ts";
import { settingsFor } from "#shared/platform/config/settings.ts";
import { createFirestore } from "#shared/platform/firestore/client.ts";
import { createEngineBell } from "#shared/platform/google/engineBell.ts";
import { randomId } from "#shared/platform/ids.ts";
import { createLogger } from "#shared/platform/log/logger.ts";
import { createMailer } from "#shared/platform/mail/mailer.ts";
import { createPublisher } from "#shared/platform/pubsub/publisher.ts";
import { createDatabase } from "#shared/platform/sql/pool.ts";
import { createTaskQueue } from "#shared/platform/tasks/taskQueue.ts";
import type { DispatchDeps } from "./routes.ts";

/** What `dispatch` works with; made once per instance. */
export function dispatchDeps(): DispatchDeps {
  const settings = settingsFor("dispatch");
  const log = createLogger(settings.LOG_LEVEL, { function: "dispatch" });
  const db = createDatabase(settings, { name: "dispatch", max: functions.dispatch.sqlPool, log });
  const tasks = createTaskQueue(settings);
  const shared = {
    firestore: createFirestore(settings),
    tasks,
    engines: settings.ENGINES,
    clock: systemClock,
    log,
  };
  const backoffMaxSeconds = settings.RETRY_BACKOFF_MAX_SECONDS;
  return {
    gate: { log, newId: randomId, trustedHops: 0 },
    queue: { ...shared, publisher: createPublisher(settings), kinds, backoffMaxSeconds },
    ring: { ...shared, bell: createEngineBell() },
    mail: {
      ...{ db, log, randomBytes, clock: systemClock },
      mailer: createMailer(settings),
      codeKey: settings.CODE_KEY,
    },
  };
}
