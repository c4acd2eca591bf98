import { randomBytes } from "node:crypto";
import type { HttpFunction } from "@google-cloud/functions-framework";
import { systemClock } from "#shared/clock.ts";
import { settingsFor } from "#shared/config/settings.ts";
import { httpFunction } from "#shared/http/app.ts";
import { gateOf } from "#shared/http/gate.ts";
import { randomId } from "#shared/ids.ts";
import { lazy } from "#shared/lazy.ts";
import { createLogger } from "#shared/log/logger.ts";
import { functions } from "#shared/manifest.ts";
import { createDatabase } from "#shared/sql/pool.ts";
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
