import type { HttpFunction } from "@google-cloud/functions-framework";
import { systemClock } from "#shared/clock.ts";
import { createFirestore } from "#shared/cloud/firestore.ts";
import { objectStore } from "#shared/cloud/objects.ts";
import { settingsFor } from "#shared/config/settings.ts";
import { httpFunction } from "#shared/http/app.ts";
import { gateOf } from "#shared/http/gate.ts";
import { randomId } from "#shared/ids.ts";
import { kinds } from "#shared/kinds/index.ts";
import { lazy } from "#shared/lazy.ts";
import { createLogger } from "#shared/log/logger.ts";
import { functions } from "#shared/manifest.ts";
import { createDatabase } from "#shared/sql/pool.ts";
import { uploadsApp } from "./routes.ts";

const deps = lazy(() => {
  const settings = settingsFor("uploads");
  const log = createLogger(settings.LOG_LEVEL, { function: "uploads" });
  const db = createDatabase(settings, { name: "uploads", max: functions.uploads.sqlPool, log });
  return {
    gate: gateOf(settings, db, log),
    sql: db,
    firestore: createFirestore(settings),
    objects: objectStore(settings.UPLOADS_BUCKET, settings),
    kinds,
    clock: systemClock,
    newId: randomId,
    retentionDays: settings.UPLOAD_RETENTION_DAYS,
  };
});

export const uploads: HttpFunction = httpFunction(uploadsApp(deps));
