import assert from "node:assert/strict";
import { test } from "node:test";
import { tasksConfigSchema } from "#local/standins/tasks/config.ts";
import { settingsOf } from "#local/standins/tasks/queueSettings.ts";
import { backoffMs } from "#local/standins/tasks/retry.ts";
import { buckets } from "#shared/platform/storage/buckets.ts";
import { queues } from "#shared/platform/tasks/queues.ts";
import { planCloud } from "./plan.ts";
import { storageProcess, tasksProcess } from "./services.ts";

test("each queue of the local cloud backs off as production's queue does", () => {
  const plan = planCloud({ portBase: 8700, dataDir: ".local", fresh: false, engine: false });
  const config = tasksConfigSchema.parse(JSON.parse(tasksProcess(plan).env?.TASKS_CONFIG ?? ""));
  const schedules = config.queues.map((queue) => {
    const { retryConfig } = settingsOf(queue);
    return [queue.name, [1, 2, 100].map((failures) => backoffMs(failures, retryConfig) / 1000)];
  });
  const expected = Object.entries(queues).map(([name, { minBackoffSeconds: least, maxBackoffSeconds }]) => {
    return [name, [least, 2 * least, maxBackoffSeconds]];
  });
  assert.deepEqual(schedules, expected);
});

test("the stand-in's buckets let browsers do what the project's data says", () => {
  const plan = planCloud({ portBase: 8700, dataDir: ".local", fresh: false, engine: false });
  const config = JSON.parse(storageProcess(plan).env?.STORAGE_CONFIG ?? "");
  assert.deepEqual(
    config.buckets.map(({ cors }: { cors: unknown }) => cors),
    Object.values(buckets).map(({ cors }) => ({ origins: [plan.urls.api], ...cors })),
  );
});
