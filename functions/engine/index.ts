import { randomBytes } from "node:crypto";
import type { HttpFunction } from "@google-cloud/functions-framework";
import { kinds } from "#shared/kinds/index.ts";
import { systemClock } from "#shared/platform/clock.ts";
import { settingsFor } from "#shared/platform/config/settings.ts";
import { createFirestore } from "#shared/platform/firestore/client.ts";
import { httpFunction } from "#shared/platform/http/app.ts";
import { serviceGateOf } from "#shared/platform/http/httpDeps.ts";
import { lazy } from "#shared/platform/lazy.ts";
import { createLogger } from "#shared/platform/log/logger.ts";
import { createPublisher } from "#shared/platform/pubsub/publisher.ts";
import { objectStore } from "#shared/platform/storage/objectStore.ts";
import { createTaskQueue } from "#shared/platform/tasks/taskQueue.ts";
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
