import { publishEvents } from "#shared/events/publishEvents.ts";
import { kinds } from "#shared/kinds/index.ts";
import { functions, type Settings } from "#shared/manifest.ts";
import { baseDeps } from "#shared/platform/baseDeps.ts";
import { settingsFor } from "#shared/platform/config/settings.ts";
import { createRestFirestore } from "#shared/platform/firestore/rest/client.ts";
import { createEngineBell } from "#shared/platform/google/engineBell.ts";
import { type HttpDeps, internalHttpDeps } from "#shared/platform/http/httpDeps.ts";
import { createMailer } from "#shared/platform/mail/mailer.ts";
import { createPublisher } from "#shared/platform/pubsub/publisher.ts";
import { createDatabase } from "#shared/platform/sql/pool.ts";
import { createTaskQueue } from "#shared/platform/tasks/taskQueue.ts";
import type { QueueDeps } from "#shared/queue/changeJob.ts";
import { engineAddresses } from "#shared/queue/engineAddresses.ts";
import type { RingDeps } from "./ringEngine.ts";
import type { MailDeps } from "./sendInvitation.ts";

/** What the operations of `dispatch` use. */
export interface DispatchDeps {
  readonly http: HttpDeps;
  readonly queue: QueueDeps;
  readonly ring: RingDeps;
  readonly mail: MailDeps;
}

/** Makes what an instance of `dispatch` uses. */
export function dispatchDeps(
  settings: Settings<"dispatch"> = settingsFor(functions.dispatch.settings),
): DispatchDeps {
  const base = baseDeps("dispatch", settings);
  const db = createDatabase(settings, {
    name: "dispatch",
    max: functions.dispatch.sqlPool,
    log: base.log,
  });
  const publisher = createPublisher(settings);
  const common = {
    ...base,
    firestore: createRestFirestore(settings),
    tasks: createTaskQueue(settings, settings.DISPATCH_URL),
    engines: engineAddresses(settings, kinds),
  };
  return {
    http: internalHttpDeps(base.log),
    queue: {
      ...common,
      publisher,
      kinds,
      backoffMaxSeconds: settings.RETRY_BACKOFF_MAX_SECONDS,
      jobRetentionDays: settings.JOB_RETENTION_DAYS,
    },
    ring: { ...common, bell: createEngineBell() },
    mail: {
      ...base,
      db,
      mailer: createMailer(settings),
      codeKey: settings.CODE_KEY,
      recipientCap: settings.INVITATIONS_PER_RECIPIENT,
      publish: publishEvents({ ...base, db, publisher }),
    },
  };
}
