import { randomBytes } from "node:crypto";
import type { HttpFunction } from "@google-cloud/functions-framework";
import { functions } from "#shared/manifest.ts";
import { systemClock } from "#shared/platform/clock.ts";
import { settingsFor } from "#shared/platform/config/settings.ts";
import { httpFunction } from "#shared/platform/http/app.ts";
import { gateOf } from "#shared/platform/http/httpDeps.ts";
import { randomId } from "#shared/platform/ids.ts";
import { lazy } from "#shared/platform/lazy.ts";
import { createLogger } from "#shared/platform/log/logger.ts";
import { createDatabase } from "#shared/platform/sql/pool.ts";
import { groupsClients } from "./clients.ts";
import { groupsApp } from "./routes.ts";

const deps = lazy(() => {
  const settings = settingsFor("groups");
  const log = createLogger(settings.LOG_LEVEL, { function: "groups" });
  const db = createDatabase(settings, { name: "groups", max: functions.groups.sqlPool, log });
  return {
    ...groupsClients(settings, db, log),
    gate: gateOf(settings, db, log, { confirm: settings.RATE_CONFIRM }),
    db,
    codeKey: settings.CODE_KEY,
    caps: settings,
    clock: systemClock,
    newId: randomId,
    randomBytes,
  };
});

export const groups: HttpFunction = httpFunction(groupsApp(deps));
