import type { HttpFunction } from "@google-cloud/functions-framework";
import { settingsFor } from "#shared/config/settings.ts";
import { httpFunction } from "#shared/http/app.ts";
import { serviceGateOf } from "#shared/http/gate.ts";
import { lazy } from "#shared/lazy.ts";
import { createLogger } from "#shared/log/logger.ts";
import { functions } from "#shared/manifest.ts";
import { createDatabase } from "#shared/sql/pool.ts";
import { adminDeps } from "./deps.ts";
import { adminApp } from "./routes.ts";

const deps = lazy(() => {
  const settings = settingsFor("admin");
  const log = createLogger(settings.LOG_LEVEL, { function: "admin" });
  const db = createDatabase(settings, { name: "admin", max: functions.admin.sqlPool, log });
  return adminDeps(settings, { gate: serviceGateOf(settings, settings.ADMIN_CALLERS, log), db, log });
});

export const admin: HttpFunction = httpFunction(adminApp(deps));
