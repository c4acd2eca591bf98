import { randomBytes } from "node:crypto";
import type { HttpFunction } from "@google-cloud/functions-framework";
import { systemClock } from "#shared/clock.ts";
import { createFirebaseAccounts } from "#shared/cloud/firebaseAuth.ts";
import { settingsFor } from "#shared/config/settings.ts";
import { httpFunction } from "#shared/http/app.ts";
import { gateOf } from "#shared/http/gate.ts";
import { randomId } from "#shared/ids.ts";
import { lazy } from "#shared/lazy.ts";
import { createLogger } from "#shared/log/logger.ts";
import { functions } from "#shared/manifest.ts";
import { createDatabase } from "#shared/sql/pool.ts";
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
