import type { HttpFunction } from "@google-cloud/functions-framework";
import { functions } from "#shared/manifest.ts";
import { settingsFor } from "#shared/platform/config/settings.ts";
import { httpFunction } from "#shared/platform/http/app.ts";
import { randomId } from "#shared/platform/ids.ts";
import { lazy } from "#shared/platform/lazy.ts";
import { createLogger } from "#shared/platform/log/logger.ts";
import { createDatabase } from "#shared/platform/sql/pool.ts";
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
