import type { HttpFunction } from "@google-cloud/functions-framework";
import { functions } from "#shared/manifest.ts";
import { settingsFor } from "#shared/platform/config/settings.ts";
import { httpFunction } from "#shared/platform/http/app.ts";
import { serviceGateOf } from "#shared/platform/http/httpDeps.ts";
import { lazy } from "#shared/platform/lazy.ts";
import { createLogger } from "#shared/platform/log/logger.ts";
import { createDatabase } from "#shared/platform/sql/pool.ts";
import { adminDeps } from "./deps.ts";
import { adminApp } from "./routes.ts";

const deps = lazy(() => {
  const settings = settingsFor("admin");
  const log = createLogger(settings.LOG_LEVEL, { function: "admin" });
  const db = createDatabase(settings, { name: "admin", max: functions.admin.sqlPool, log });
  return adminDeps(settings, { gate: serviceGateOf(settings, settings.ADMIN_CALLERS, log), db, log });
});

export const admin: HttpFunction = httpFunction(adminApp(deps));
