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
