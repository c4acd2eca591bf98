import type { HttpFunction } from "@google-cloud/functions-framework";
import { settingsFor } from "#shared/config/settings.ts";
import { httpFunction } from "#shared/http/app.ts";
import { randomId } from "#shared/ids.ts";
import { lazy } from "#shared/lazy.ts";
import { createLogger } from "#shared/log/logger.ts";
import { functions } from "#shared/manifest.ts";
import { createDatabase } from "#shared/sql/pool.ts";
import { sweepDeps } from "./clients.ts";
import { repairsOf } from "./repairs.ts";
import { sweepApp } from "./routes.ts";

const deps = lazy(() => {
  const settings = settingsFor("sweep");
  const log = createLogger(settings.LOG_LEVEL, { function: "sweep" });
  const db = createDatabase(settings, { name: "sweep", max: functions.sweep.sqlPool, log });
  return {
    gate: { log, newId: randomId, trustedHops: 0 },
    repairs: repairsOf(sweepDeps(settings, db, log)),
  };
});

export const sweep: HttpFunction = httpFunction(sweepApp(deps));
