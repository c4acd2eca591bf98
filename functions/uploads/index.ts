import type { HttpFunction } from "@google-cloud/functions-framework";
import { kinds } from "#shared/kinds/index.ts";
import { functions } from "#shared/manifest.ts";
import { systemClock } from "#shared/platform/clock.ts";
import { settingsFor } from "#shared/platform/config/settings.ts";
import { createFirestore } from "#shared/platform/firestore/client.ts";
import { httpFunction } from "#shared/platform/http/app.ts";
import { gateOf } from "#shared/platform/http/httpDeps.ts";
import { randomId } from "#shared/platform/ids.ts";
import { lazy } from "#shared/platform/lazy.ts";
import { createLogger } from "#shared/platform/log/logger.ts";
import { createDatabase } from "#shared/platform/sql/pool.ts";
import { objectStore } from "#shared/platform/storage/objectStore.ts";
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
