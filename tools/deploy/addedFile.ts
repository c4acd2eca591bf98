import type { Deployment } from "./deployment.ts";

/**
 * The deployment with one more thing of each sort, which exists for the test only. Terraform's tests plan it, to show that what is added to the data is deployed
 * without a change to Terraform.
 */
export function withAdditions(data: Deployment) {
  const grant = (role: string, on: Readonly<Record<string, string>>) => ({
    key: [role, ...Object.values(on)].join(" "),
    role,
    on,
    why: "only in a test",
  });
  return {
    ...data,
    functions: {
      ...data.functions,
      added: {
        ...data.functions.notify,
        purpose: "Only in a test.",
        trigger: { type: "pubsub", topic: "added-events", retry: true },
        settings: ["ADDED_KEY", "ADDED_BUCKET", "ADDED_LIMIT", "GOOGLE_CLOUD_PROJECT"],
        sqlPool: 0,
        grants: [
          grant("roles/cloudtasks.enqueuer", { type: "queue", queue: "added" }),
          grant("roles/storage.objectViewer", { type: "bucket", setting: "ADDED_BUCKET" }),
          grant("roles/secretmanager.secretAccessor", { type: "secret", setting: "ADDED_KEY" }),
        ],
      },
    },
    accounts: {
      ...data.accounts,
      events: {
        grants: [
          ...(data.accounts.events?.grants ?? []),
          grant("roles/run.invoker", { type: "service", function: "added" }),
        ],
      },
    },
    settings: {
      ...data.settings,
      ADDED_KEY: { from: "secret" },
      ADDED_BUCKET: { from: "bucket" },
      ADDED_LIMIT: { from: "operator", required: true },
    },
    secrets: [...data.secrets, "ADDED_KEY"],
    buckets: {
      ...data.buckets,
      ADDED_BUCKET: { ...data.buckets.RESOURCES_BUCKET, suffix: "added", public: true },
    },
    queues: { ...data.queues, added: data.queues.mail },
    topics: { ...data.topics, "added-events": Object.values(data.topics)[0] },
    schedules: {
      ...data.schedules,
      "added-daily": {
        function: "added",
        cron: "0 3 * * *",
        timeZone: "Etc/UTC",
        path: "/daily",
        attemptDeadlineSeconds: 60,
        purpose: "Only in a test.",
      },
    },
  };
}
