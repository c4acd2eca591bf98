/** All that Terraform has to know of this project, gathered from the data that the functions and the local cloud use. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Grant } from "#shared/access/grant.ts";
import { grantsOf, otherAccounts } from "#shared/access/grants.ts";
import { customRoles } from "#shared/access/roles.ts";
import {
  connectionsForFunctions,
  DATABASE,
  type FunctionManifest,
  functions,
  nodeOptions,
} from "#shared/manifest.ts";
import type { SettingName } from "#shared/platform/config/settings.ts";
import { topics } from "#shared/platform/pubsub/topics.ts";
import { buckets } from "#shared/platform/storage/buckets.ts";
import { queues } from "#shared/platform/tasks/queues.ts";
import { FALLBACK } from "../build/firebaseJson.ts";
import { functionNames, ROOT } from "../build/functions.ts";
import { alerts, metrics, runbookOf } from "./monitoring.ts";
import { sourceOf } from "./settingSources.ts";

/** The file as the Firebase command line has it: https://firebase.google.com/docs/reference/firestore/indexes */
const indexFile = z.strictObject({
  indexes: z.array(
    z.strictObject({
      collectionGroup: z.string(),
      queryScope: z.enum(["COLLECTION", "COLLECTION_GROUP"]),
      fields: z.array(z.strictObject({ fieldPath: z.string(), order: z.enum(["ASCENDING", "DESCENDING"]) })),
    }),
  ),
  fieldOverrides: z.array(
    z.strictObject({
      collectionGroup: z.string(),
      fieldPath: z.string(),
      ttl: z.boolean().default(false),
      indexes: z.array(
        z.strictObject({
          order: z.enum(["ASCENDING", "DESCENDING"]),
          queryScope: z.enum(["COLLECTION", "COLLECTION_GROUP"]),
        }),
      ),
    }),
  ),
});

/** The deployment as data; terraform/README.md says what each part becomes. */
export function deployment() {
  const sqlConnections = DATABASE.revisions * connectionsForFunctions();
  return {
    functions: Object.fromEntries(functionNames.map((name) => [name, functionOf(name)] as const)),
    accounts: Object.fromEntries(
      Object.entries(otherAccounts).map(([name, grants]) => [name, { grants: grants.map(grantOf) }]),
    ),
    customRoles,
    settings: Object.fromEntries(usedSettings().map((setting) => [setting, sourceOf(setting)])),
    secrets: usedSettings().filter((setting) => sourceOf(setting).from === "secret"),
    buckets,
    queues,
    topics,
    schedules: schedules(),
    fallback: FALLBACK,
    firestore: firestore(),
    database: { connections: sqlConnections, maxConnections: DATABASE.maxConnections },
    metrics,
    alerts: Object.fromEntries(
      Object.entries(alerts({ sqlConnections })).map(([name, alert]) => [
        name,
        { ...alert, runbook: runbookOf(name) },
      ]),
    ),
  };
}

export type Deployment = ReturnType<typeof deployment>;

function functionOf(name: (typeof functionNames)[number]) {
  const entry: FunctionManifest = functions[name];
  const { trigger, invoker, purpose, settings } = entry;
  return {
    purpose,
    trigger,
    invoker,
    settings: [...settings].sort(),
    memoryMiB: entry.memoryMiB,
    nodeOptions: nodeOptions(entry.memoryMiB),
    timeoutSeconds: entry.timeoutSeconds,
    cpu: entry.cpu,
    concurrency: entry.concurrency,
    maxInstances: entry.maxInstances,
    sqlPool: entry.sqlPool,
    grants: grantsOf(name).filter(isDeployed).map(grantOf),
  };
}

/** A setting may be secret in general and hold none where it is deployed; then there is nothing to read. */
function isDeployed({ on }: Grant): boolean {
  return on.type !== "secret" || sourceOf(on.setting).from === "secret";
}

/** A grant with a key of its own, so that Terraform knows it again when others come or go. */
function grantOf({ role, on, why }: Grant) {
  const { type, ...of } = on;
  const target = Object.values(of).join(" ");
  return { key: [role, type, target].filter((part) => part !== "").join(" "), role, on, why };
}

/** The settings of all functions, in alphabetical order. */
function usedSettings(): SettingName[] {
  return [
    ...new Set(functionNames.flatMap((name): readonly SettingName[] => functions[name].settings)),
  ].sort();
}

/** By the name of the job in Cloud Scheduler. */
function schedules() {
  return Object.fromEntries(
    functionNames.flatMap((name) => {
      const { schedules = {} }: FunctionManifest = functions[name];
      return Object.values(schedules).map(({ name: job, ...schedule }) => [
        job,
        { function: name, ...schedule },
      ]);
    }),
  );
}

function firestore() {
  const { indexes, fieldOverrides } = indexFile.parse(
    JSON.parse(readFileSync(join(ROOT, "firestore.indexes.json"), "utf8")),
  );
  return {
    rules: "firestore.rules",
    indexes: Object.fromEntries(
      indexes.map((index) => {
        const fields = index.fields.map(({ fieldPath, order }) => `${fieldPath} ${order}`);
        return [[index.collectionGroup, ...fields].join(", "), index];
      }),
    ),
    fields: Object.fromEntries(
      fieldOverrides.map((field) => [`${field.collectionGroup}.${field.fieldPath}`, field]),
    ),
  };
}
