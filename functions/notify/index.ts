import type { CloudEventFunction } from "@google-cloud/functions-framework";
import { systemClock } from "#shared/clock.ts";
import { accessTokens } from "#shared/cloud/accessTokens.ts";
import { settingsFor } from "#shared/config/settings.ts";
import { lazy } from "#shared/lazy.ts";
import { createLogger } from "#shared/log/logger.ts";
import { functions } from "#shared/manifest.ts";
import { createDatabase } from "#shared/sql/pool.ts";
import { decodeEvent } from "./decodeEvent.ts";
import { type NotifyDeps, notifyPhones } from "./notifyPhones.ts";
import { createPushSender } from "./pushSender.ts";

const deps = lazy((): NotifyDeps => {
  const settings = settingsFor("notify");
  const log = createLogger(settings.LOG_LEVEL, { function: "notify" });
  const google = { accessToken: accessTokens("https://www.googleapis.com/auth/firebase.messaging") };
  return {
    db: createDatabase(settings, { name: "notify", max: functions.notify.sqlPool, log }),
    sender: createPushSender({
      projectId: settings.GOOGLE_CLOUD_PROJECT,
      now: systemClock,
      ...(settings.PUSH_ENDPOINT === undefined ? google : { origin: settings.PUSH_ENDPOINT }),
    }),
    clock: systemClock,
    log,
  };
});

export const notify: CloudEventFunction<unknown> = async (event) => {
  const news = decodeEvent(event);
  if (!news) return deps().log.error("message_unreadable", { messageId: event.id });
  await notifyPhones(news, deps());
};
