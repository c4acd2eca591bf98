/** Many URLs that don't answer take the places of `outbound` and nothing else: shown with the queues as they are, in the Tasks stand-in. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually, LOCATION, openTasks, openWorker, queueConfig } from "#local/standins/tasks/harness.ts";
import { functions } from "#shared/manifest.ts";
import { queues } from "#shared/platform/tasks/queues.ts";
import { createTaskQueue } from "#shared/platform/tasks/taskQueue.ts";

const SLOW_URLS = 500;
const OTHERS = 40;

test("500 slow URLs at once delay no ring and no timer, and wait in their own queue", async (t) => {
  const release = Promise.withResolvers<void>();
  const outbound = await openWorker(t, () => ({ status: 204, when: release.promise }));
  const dispatch = await openWorker(t);
  const configs = Object.entries(queues).map(([name, queue]) =>
    queueConfig(name, {
      rateLimits: { maxDispatchesPerSecond: queue.rate, maxConcurrentDispatches: queue.concurrent },
      retryConfig: { minBackoffSeconds: queue.minBackoffSeconds, maxBackoffSeconds: queue.maxBackoffSeconds },
    }),
  );
  const { port } = await openTasks(t, configs);
  const [, project = "", , location = ""] = LOCATION.split("/");
  const settings = {
    GOOGLE_CLOUD_PROJECT: project,
    TASKS_LOCATION: location,
    TASKS_ENDPOINT: `127.0.0.1:${port}`,
    TASKS_SERVICE_ACCOUNT: "tasks@example.iam.gserviceaccount.com",
  };
  const fetches = createTaskQueue(settings, outbound.url);
  const others = createTaskQueue(settings, dispatch.url);
  const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

  await Promise.all(
    numbers(SLOW_URLS).map((n) =>
      fetches.add({ queue: "fetch", name: `fetch-${n}`, path: "/fetch", body: { uploadId: String(n) } }),
    ),
  );
  const places = functions.outbound.concurrency * functions.outbound.maxInstances;
  await eventually("every place is taken", () => outbound.received.length === places);

  await Promise.all(
    numbers(OTHERS).flatMap((n) => [
      others.add({ queue: "ring", name: `ring-${n}`, path: "/ring", body: {} }),
      others.add({ queue: "timer", name: `timer-${n}`, path: "/lease-ended", body: {} }),
    ]),
  );
  await eventually("all rings and timers", () => dispatch.received.length === 2 * OTHERS);
  // No fetch has ended yet, and no more have begun than there are places.
  assert.deepEqual([outbound.received.length, outbound.mostOpen], [places, places]);

  release.resolve();
});
