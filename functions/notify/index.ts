import type { CloudEventFunction } from "@google-cloud/functions-framework";
import { functions } from "#shared/manifest.ts";
import { systemClock } from "#shared/platform/clock.ts";
import { settingsFor } from "#shared/platform/config/settings.ts";
import { accessTokens } from "#shared/platform/google/accessTokens.ts";
import { lazy } from "#shared/platform/lazy.ts";
import { createLogger } from "#shared/platform/log/logger.ts";
import { createDatabase } from "#shared/platform/sql/pool.ts";
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
