import { feedRaiser } from "#shared/changes/raiseFeeds.ts";
import { functions, type Settings } from "#shared/manifest.ts";
import { baseDeps } from "#shared/platform/baseDeps.ts";
import { settingsFor } from "#shared/platform/config/settings.ts";
import { createRestFirestore } from "#shared/platform/firestore/rest/client.ts";
import { accessTokens } from "#shared/platform/google/accessTokens.ts";
import { createDatabase } from "#shared/platform/sql/pool.ts";
import type { NotifyDeps } from "./notifyPhones.ts";
import { createPushSender } from "./pushSender.ts";

const SCOPE = "https://www.googleapis.com/auth/firebase.messaging";

/** Makes what an instance of `notify` uses. */
export function notifyDeps(
  settings: Settings<"notify"> = settingsFor(functions.notify.settings),
): NotifyDeps {
  const base = baseDeps("notify", settings);
  const { log, clock } = base;
  const { PUSH_ENDPOINT: origin } = settings;
  const db = createDatabase(settings, { name: "notify", max: functions.notify.sqlPool, log });
  return {
    ...base,
    db,
    raiseFeeds: feedRaiser({ db, firestore: createRestFirestore(settings), clock, log }, "wait"),
    sender: createPushSender({
      projectId: settings.GOOGLE_CLOUD_PROJECT,
      now: clock,
      ...(origin === undefined ? { accessToken: accessTokens(SCOPE) } : { origin }),
    }),
  };
}
