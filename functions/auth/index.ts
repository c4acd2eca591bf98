import { randomBytes } from "node:crypto";
import type { HttpFunction } from "@google-cloud/functions-framework";
import { functions } from "#shared/manifest.ts";
import { systemClock } from "#shared/platform/clock.ts";
import { settingsFor } from "#shared/platform/config/settings.ts";
import { createFirebaseAccounts } from "#shared/platform/google/firebaseAccounts.ts";
import { httpFunction } from "#shared/platform/http/app.ts";
import { gateOf } from "#shared/platform/http/httpDeps.ts";
import { randomId } from "#shared/platform/ids.ts";
import { lazy } from "#shared/platform/lazy.ts";
import { createLogger } from "#shared/platform/log/logger.ts";
import { createDatabase } from "#shared/platform/sql/pool.ts";
import { authDeps } from "./deps.ts";
import { authApp } from "./routes.ts";

const deps = lazy(() => {
  const settings = settingsFor("auth");
  const log = createLogger(settings.LOG_LEVEL, { function: "auth" });
  const db = createDatabase(settings, { name: "auth", max: functions.auth.sqlPool, log });
  const rates = { sign_in: settings.RATE_SIGN_IN, refresh: settings.RATE_REFRESH };
  return authDeps(settings, {
    gate: gateOf(settings, db, log, rates),
    db,
    firebase: createFirebaseAccounts(settings),
    clock: systemClock,
    newId: randomId,
    randomBytes,
  });
});

export const auth: HttpFunction = httpFunction(authApp(deps));
