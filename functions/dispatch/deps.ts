import { randomBytes } from "node:crypto";
import { systemClock } from "#shared/clock.ts";
import { createEngineBell } from "#shared/cloud/engineBell.ts";
import { createFirestore } from "#shared/cloud/firestore.ts";
import { createMailer } from "#shared/cloud/mailer.ts";
import { createPublisher } from "#shared/cloud/publisher.ts";
import { createTaskQueue } from "#shared/cloud/taskQueue.ts";
import { settingsFor } from "#shared/config/settings.ts";
import { randomId } from "#shared/ids.ts";
import { kinds } from "#shared/kinds/index.ts";
import { createLogger } from "#shared/log/logger.ts";
import { functions } from "#shared/manifest.ts";
import { createDatabase } from "#shared/sql/pool.ts";
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
