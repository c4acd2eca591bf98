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
import { libraryApp } from "./routes.ts";
import { createFileSigner } from "./signedFiles.ts";

const deps = lazy(() => {
  const settings = settingsFor("library");
  const log = createLogger(settings.LOG_LEVEL, { function: "library" });
  const db = createDatabase(settings, { name: "library", max: functions.library.sqlPool, log });
  const objects = objectStore(settings.RESOURCES_BUCKET, settings);
  return {
    gate: gateOf(settings, db, log),
    db,
    firestore: createFirestore(settings),
    objects,
    signer: createFileSigner(objects, systemClock),
    kinds,
    clock: systemClock,
    log,
    newId: randomId,
  };
});

export const library: HttpFunction = httpFunction(libraryApp(deps));
