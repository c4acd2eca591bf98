/** The stand-ins and the reference engine, as this local cloud runs them. */
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { grantsOf } from "#shared/access/grants.ts";
import { functions } from "#shared/manifest.ts";
import { buckets as bucketData } from "#shared/platform/storage/buckets.ts";
import { queues } from "#shared/platform/tasks/queues.ts";
import { functionNames } from "#tools/build/functions.ts";
import { REGION } from "#tools/build/region.ts";
import { LOOPBACK } from "../processes/ports.ts";
import type { ProcessSpec } from "../processes/run.ts";
import { policyInFile } from "../standins/iam/policy.ts";
import { type Identity, startIdentity } from "../standins/identity/server.ts";
import { startMail } from "../standins/mail/server.ts";
import { startPush } from "../standins/push/server.ts";
import { startScheduler } from "../standins/scheduler/scheduler.ts";
import { accounts, buckets, type CloudPlan, functionAccount, oauthClientIds, PROJECT_ID } from "./plan.ts";
import type { Secrets } from "./secrets.ts";

export interface Closable {
  close(): Promise<void>;
}

/** Tasks called at a time; the functions emulator starts a process for each. */
const AT_ONCE = 8;

/** Starts the stand-ins that live in this process: they keep little and end with it. */
export async function startSmallStandIns(
  plan: CloudPlan,
  secrets: Secrets,
): Promise<{ identity: Identity; all: Closable[] }> {
  const { ports, urls, dirs, files } = plan;
  for (const dir of [dirs.identity, dirs.mail]) mkdirSync(dir, { recursive: true });
  const [identity, ...others] = await Promise.all([
    startIdentity({
      port: ports.identity,
      dataDir: dirs.identity,
      projectId: PROJECT_ID,
      serviceAccounts: [
        ...[...functionNames.map(functionAccount), accounts.owner, accounts.tasks, accounts.scheduler].map(
          (email) => ({ email }),
        ),
        { email: accounts.engine, keyFile: files.engineKey },
        { email: accounts.admin, keyFile: files.adminKey },
      ],
      runtimeServiceAccount: accounts.owner,
      metadata: functionNames.map((name) => ({
        port: plan.functionPorts[name].metadata,
        serviceAccount: functionAccount(name),
      })),
      policy: policyInFile(files.policy),
      oauthClients: [
        { clientId: oauthClientIds.phone, clientSecret: secrets.oauthClientSecret, redirectUris: [] },
        {
          clientId: oauthClientIds.web,
          clientSecret: secrets.oauthClientSecret,
          redirectUris: [`${urls.api}/v1/auth/google/callback`],
        },
      ],
      region: REGION,
    }),
    startMail({ smtpPort: ports.smtp, httpPort: ports.mail, dataDir: dirs.mail }),
    startPush({ port: ports.push, projectId: PROJECT_ID }),
  ]);
  return { identity, all: [identity, ...others] };
}

/** Calls `sweep` as Cloud Scheduler does, by the schedules of the manifest. */
export function startSweeping(plan: CloudPlan, identity: Identity): Closable {
  const jobs = Object.values(functions.sweep.schedules).map(
    ({ name, cron, path, attemptDeadlineSeconds }) => ({
      name,
      cron,
      attemptDeadlineSeconds,
      url: `${plan.urls.sweep}${path}`,
      audience: plan.urls.sweep,
      serviceAccountEmail: accounts.scheduler,
    }),
  );
  return startScheduler({ jobs, mintIdToken: (email, audience) => identity.mintIdToken(email, audience) });
}

/** The Cloud Tasks stand-in, as a process. */
export function tasksProcess(plan: CloudPlan): ProcessSpec {
  const queueConfigs = Object.entries(queues).map(([name, queue]) => ({
    name,
    projectId: PROJECT_ID,
    location: REGION,
    rateLimits: {
      maxDispatchesPerSecond: queue.rate,
      maxConcurrentDispatches: Math.min(queue.concurrent, AT_ONCE),
    },
    retryConfig: {
      maxAttempts: -1,
      maxRetrySeconds: queue.maxRetrySeconds,
      minBackoffSeconds: queue.minBackoffSeconds,
      maxBackoffSeconds: queue.maxBackoffSeconds,
      maxDoublings: queue.maxDoublings,
    },
  }));
  return ownProcess("tasks", "local/standins/tasks/main.ts", {
    TASKS_CONFIG: JSON.stringify({
      port: plan.ports.tasks,
      dataDir: plan.dirs.tasks,
      queues: queueConfigs,
      access: {
        policyFile: plan.files.policy,
        account: accounts.owner,
        ports: functionNames
          .filter((name) => grantsOf(name).some(({ on }) => on.type === "queue"))
          .map((name) => ({ port: plan.functionPorts[name].tasks, account: functionAccount(name) })),
      },
      iamEndpoint: plan.urls.identity,
    }),
  });
}

/** The Cloud Storage stand-in, as a process. */
export function storageProcess(plan: CloudPlan): ProcessSpec {
  return ownProcess("storage", "local/standins/storage/main.ts", {
    STORAGE_CONFIG: JSON.stringify({
      port: plan.ports.storage,
      dataDir: plan.dirs.storage,
      // Pages of the one origin, as where it is deployed. Lifecycles are left out: nothing here lives as long.
      buckets: Object.values(bucketData).map(({ suffix, cors }) => ({
        name: `${PROJECT_ID}-${suffix}`,
        cors: { origins: [plan.urls.api], ...cors },
      })),
      access: { identity: plan.urls.identity, policyFile: plan.files.policy },
      onFinalized: [{ bucket: buckets.UPLOADS_BUCKET, url: plan.urls.ingest }],
    }),
  });
}

/** The reference engine, as a process. It believes a ring only with the ID token that `dispatch` brings. */
export function engineProcess(plan: CloudPlan): ProcessSpec {
  return ownProcess("engine", "engine/reference/main.ts", {
    API: plan.urls.api,
    ENGINE_KEY_FILE: plan.files.engineKey,
    PORT: String(plan.ports.engine),
    ENGINE_ID: "reference",
    ENGINE_WORK_DIR: plan.dirs.engine,
    WAKE_ISSUER: plan.urls.identity,
    WAKE_JWKS_URL: `${plan.urls.identity}/oauth2/v3/certs`,
    WAKE_AUDIENCE: plan.urls.engine,
    WAKE_CALLERS: functionAccount("dispatch"),
  });
}

/** @param main path from the root of the project */
function ownProcess(name: string, main: string, env: Readonly<Record<string, string>>): ProcessSpec {
  return {
    name,
    command: process.execPath,
    args: [fileURLToPath(new URL(`../../${main}`, import.meta.url))],
    env: { NODE_ENV: "production", HOST: LOOPBACK, ...env },
  };
}
