import { randomBytes } from "node:crypto";
import type { HttpFunction } from "@google-cloud/functions-framework";
import { systemClock } from "#shared/clock.ts";
import { createFirestore } from "#shared/cloud/firestore.ts";
import { objectStore } from "#shared/cloud/objects.ts";
import { createPublisher } from "#shared/cloud/publisher.ts";
import { createTaskQueue } from "#shared/cloud/taskQueue.ts";
import { settingsFor } from "#shared/config/settings.ts";
import { httpFunction } from "#shared/http/app.ts";
import { serviceGateOf } from "#shared/http/gate.ts";
import { kinds } from "#shared/kinds/index.ts";
import { lazy } from "#shared/lazy.ts";
import { createLogger } from "#shared/log/logger.ts";
import { engineApp } from "./routes.ts";

const deps = lazy(() => {
  const settings = settingsFor("engine");
  const log = createLogger(settings.LOG_LEVEL, { function: "engine" });
  return {
    gate: serviceGateOf(settings, settings.ENGINE_CALLERS, log),
    firestore: createFirestore(settings),
    tasks: createTaskQueue(settings),
    publisher: createPublisher(settings),
    uploads: objectStore(settings.UPLOADS_BUCKET, settings),
    resources: objectStore(settings.RESOURCES_BUCKET, settings),
    kinds,
    engines: settings.ENGINES,
    leaseSeconds: { min: settings.LEASE_SECONDS_MIN, max: settings.LEASE_SECONDS_MAX },
    backoffMaxSeconds: settings.RETRY_BACKOFF_MAX_SECONDS,
    clock: systemClock,
    random: Math.random,
    randomBytes,
    log,
  };
});

export const engine: HttpFunction = httpFunction(engineApp(deps));
