/**
 * What benches run on: the backends of the local cloud without the functions emulator, which serves one request per process. Functions
 * are started one by one under functions-framework, as on Cloud Run, with the environment that the local cloud would give.
 */
import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Firestore } from "@google-cloud/firestore";
import { z } from "zod";
import { functionEnvironments, type LocalEnvironment } from "#local/cloud/functionSettings.ts";
import { accounts, buckets, type CloudPlan, PROJECT_ID, planCloud } from "#local/cloud/plan.ts";
import { localBindings } from "#local/cloud/policy.ts";
import { loadSecrets } from "#local/cloud/secrets.ts";
import { startSmallStandIns, storageProcess, tasksProcess } from "#local/cloud/services.ts";
import { locateEmulators } from "#local/firebase/locate.ts";
import { startFirestore } from "#local/firebase/standalone.ts";
import { createDatabase, startPostgres } from "#local/postgres/cluster.ts";
import { makeLogins } from "#local/postgres/logins.ts";
import { migrate } from "#local/postgres/migrate.ts";
import { withClient } from "#local/postgres/withClient.ts";
import { freePort, isFree, LOOPBACK } from "#local/processes/ports.ts";
import type { Run } from "#local/processes/run.ts";
import { openTestRun } from "#local/testing/start.ts";
import { type FunctionName, functions } from "#shared/manifest.ts";
import { lazy } from "#shared/platform/lazy.ts";
import { JOB_EVENTS_TOPIC } from "#shared/platform/pubsub/topics.ts";
import { buildFunctions, functionNames, keepCompiled } from "#tools/build/functions.ts";
import { endInstance, type Instance, startInstance, type Target } from "./instance.ts";
import type { Subjects } from "./requests.ts";

export interface World {
  readonly run: Run;
  /** A directory that is removed at the end. */
  readonly dir: string;
  /** Connection string of the database's owner. */
  readonly ownerUrl: string;
  /** As the project's owner: no rule applies. */
  readonly firestore: Firestore;
  readonly storageUrl: string;
  readonly resourcesBucket: string;
  /** An access token of the project's owner. */
  ownerToken(): Promise<string>;
  /** Starts Google's Pub/Sub emulator, with the topics; most measures need none. */
  startPubsub(): Promise<void>;
  /** Makes a database, empty. @returns the connection string of its owner */
  database(name: string): Promise<string>;
  /** A person with a space, an upload that has not arrived, a job that waits for it, tokens. */
  readonly subjects: Subjects;
  /** How a function is started. */
  target(name: FunctionName): Target;
  /** A function of functions-framework that says hello and does nothing else. */
  readonly hello: Target;
  /** The same by node:http, without the framework. */
  readonly bare: Target;
  close(): Promise<void>;
}

/** Limits that would end a measurement. */
const NO_LIMITS = {
  RATE_PER_ACCOUNT: "1000000",
  RATE_PER_ADDRESS: "1000000",
  RATE_SIGN_IN: "1000000",
  RATE_SIGN_IN_PER_ACCOUNT: "1000000",
  // All streams and leases are one caller's here.
  STREAMS_PER_ACCOUNT: "1000",
  ENGINE_LEASES_MAX: "10000",
  OPEN_JOBS_PER_SPACE: "1000000",
  UPLOAD_GIB_PER_SPACE: "1000000",
};

/**
 * Starts the backends, builds the functions and makes what requests need.
 * @param bundles a folder with built functions, instead of building them
 */
export async function openWorld(portBase: number, bundles?: string): Promise<World> {
  const { run, dir } = openTestRun();
  const plan = planCloud({ portBase, dataDir: join(dir, "cloud"), fresh: true, engine: false });
  try {
    const backends = await startBackends(run, dir, plan);
    const built = bundles ?? join(dir, "bundles");
    if (bundles === undefined) await buildFunctions(built);
    await keepCompiled(built);
    const environments = functionEnvironments(plan, backends.secrets, backends.ownerUrl, functionNames);
    const target = (name: FunctionName) => functionTarget(name, join(built, name), environments[name], plan);
    const subjects = await makeSubjects(run, backends, plan, target);
    const firestore = new Firestore({
      projectId: PROJECT_ID,
      host: `${LOOPBACK}:${plan.ports.firestore}`,
      ssl: false,
      customHeaders: { Authorization: "Bearer owner" },
    });
    return {
      ...{ run, dir, subjects, target, ownerUrl: backends.ownerUrl },
      ...helloTargets(dir),
      firestore,
      storageUrl: plan.urls.storage,
      resourcesBucket: buckets.RESOURCES_BUCKET,
      ownerToken: () => ownerToken(plan),
      startPubsub: lazy(() => startPubsub(run, dir, plan)),
      async database(name) {
        await createDatabase(backends.cluster, name);
        return backends.cluster.url(name);
      },
      async close() {
        await firestore.terminate();
        await Promise.all(backends.standIns.map((standIn) => standIn.close()));
        await run.stop();
      },
    };
  } catch (error) {
    await run.stop();
    throw error;
  }
}

function functionTarget(
  name: FunctionName,
  source: string,
  environment: LocalEnvironment | undefined,
  plan: CloudPlan,
): Target {
  const { trigger } = functions[name];
  return {
    name,
    source,
    events: trigger.type === "storage" || trigger.type === "firestore",
    env: {
      ...environment,
      ...NO_LIMITS,
      FIRESTORE_EMULATOR_HOST: `${LOOPBACK}:${plan.ports.firestore}`,
      PUBSUB_EMULATOR_HOST: `${LOOPBACK}:${plan.ports.pubsub}`,
      FIREBASE_AUTH_EMULATOR_HOST: `${LOOPBACK}:${plan.ports.auth}`,
    },
  };
}

function helloTargets(dir: string): { hello: Target; bare: Target } {
  const source = join(dir, "hello");
  mkdirSync(source);
  writeFileSync(join(source, "index.js"), 'exports.hello = (_, response) => response.send("hello");\n');
  writeFileSync(join(source, "package.json"), '{"name":"hello","main":"index.js"}\n');
  const script = join(dir, "bare.cjs");
  writeFileSync(
    script,
    'require("node:http").createServer((_, response) => response.end("hello")).listen(process.env.PORT);\n',
  );
  return {
    hello: { name: "hello", source, events: false, env: { NODE_ENV: "production" } },
    bare: { name: "bare", source: script, events: false, env: { NODE_ENV: "production" }, bare: true },
  };
}

async function startBackends(run: Run, dir: string, plan: CloudPlan) {
  mkdirSync(plan.dataDir, { recursive: true });
  const secrets = loadSecrets(plan.files.keys);
  writeFileSync(plan.files.policy, JSON.stringify({ bindings: localBindings() }));
  const { identity, all } = await startSmallStandIns(plan, secrets);
  const cluster = await startPostgres(run, { dataDir: plan.dirs.postgres, port: plan.ports.postgres });
  await createDatabase(cluster, "bench");
  await migrate(cluster.url("bench"));
  await makeLogins(cluster.url("bench"), PROJECT_ID);
  for (const [spec, port] of [
    [tasksProcess(plan), plan.ports.tasks],
    [storageProcess(plan), plan.ports.storage],
  ] as const) {
    const child = await run.start(spec);
    await run.waitUntil(child, async () => !(await isFree(port)), 60_000);
  }
  await startFirestore(run, await locateEmulators(run, dir), plan.ports.firestore);
  return { identity, standIns: all, secrets, cluster, ownerUrl: cluster.url("bench") };
}

const tokenSchema = z.object({ access_token: z.string() });

async function ownerToken({ urls }: CloudPlan): Promise<string> {
  const answer = await fetch(`${urls.identity}/computeMetadata/v1/instance/service-accounts/default/token`, {
    headers: { "metadata-flavor": "Google" },
  });
  return tokenSchema.parse(await answer.json()).access_token;
}

async function startPubsub(run: Run, dir: string, { ports }: CloudPlan): Promise<void> {
  const { pubsub } = await locateEmulators(run, dir);
  const child = await run.start({
    name: "pubsub",
    command: pubsub,
    args: [`--host=${LOOPBACK}`, `--port=${ports.pubsub}`],
    env: { PATH: process.env.PATH },
  });
  await run.waitUntil(child, async () => !(await isFree(ports.pubsub)), 60_000);
  const made = await fetch(
    `http://${LOOPBACK}:${ports.pubsub}/v1/projects/${PROJECT_ID}/topics/${JOB_EVENTS_TOPIC}`,
    { method: "PUT" },
  );
  if (!made.ok) throw new Error(`the Pub/Sub emulator answered ${made.status}`);
}

type Backends = Awaited<ReturnType<typeof startBackends>>;

const sessionSchema = z.object({ accessToken: z.string(), user: z.object({ id: z.string() }) });
const idSchema = z.object({ id: z.string() });
export const BENCH_SPACE = "0".repeat(26);

/** Makes a session, a space, an upload and a job by asking the functions themselves. */
async function makeSubjects(
  run: Run,
  { identity, ownerUrl }: Backends,
  plan: CloudPlan,
  target: (name: FunctionName) => Target,
): Promise<Subjects> {
  const idToken = await googleToken(identity.url);
  const { accessToken: token, user } = await asking(run, target("auth"), async (instance) =>
    sessionSchema.parse(await ask(instance, "/v1/auth/sessions", { provider: "google", idToken })),
  );
  await makeSpace(ownerUrl, user.id);
  const upload = await asking(run, target("uploads"), async (instance) =>
    idSchema.parse(await ask(instance, "/v1/uploads", { contentType: "video/mp4", size: 99 }, token)),
  );
  const job = await asking(run, target("jobs"), async (instance) =>
    idSchema.parse(
      await ask(
        instance,
        "/v1/jobs",
        { kind: "scene", title: "A place", params: {}, inputs: { video: upload.id } },
        token,
      ),
    ),
  );
  return {
    googleToken: idToken,
    uploadsBucket: buckets.UPLOADS_BUCKET,
    person: { token, userId: user.id },
    uploadId: upload.id,
    jobId: job.id,
    engineToken: await identity.mintIdToken(accounts.engine, plan.urls.api),
    adminToken: await identity.mintIdToken(accounts.admin, plan.urls.api),
    newKey: randomUUID,
  };
}

async function makeSpace(ownerUrl: string, userId: string): Promise<void> {
  await withClient(ownerUrl, async (client) => {
    await client.query("INSERT INTO spaces (id, type, owner_id, created_at) VALUES ($1, 'care', $2, now())", [
      BENCH_SPACE,
      userId,
    ]);
    await client.query(
      "INSERT INTO space_members (user_id, space_id, space_type, role, joined_at) VALUES ($1, $2, 'care', 'recipient', now())",
      [userId, BENCH_SPACE],
    );
  });
}

async function asking<T>(run: Run, target: Target, work: (instance: Instance) => Promise<T>): Promise<T> {
  const instance = await startInstance(run, target, await freePort());
  try {
    return await work(instance);
  } finally {
    await endInstance(instance);
  }
}

async function ask(instance: Instance, path: string, body: unknown, token?: string): Promise<unknown> {
  const response = await fetch(`http://${LOOPBACK}:${instance.port}${path}`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "idempotency-key": randomUUID(),
      ...(token && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  });
  if (!response.ok) {
    const log = readFileSync(instance.process.log, "utf8").slice(-2000);
    throw new Error(`${path} answered ${response.status}: ${await response.text()}\n${log}`);
  }
  return response.json();
}

async function googleToken(identityUrl: string): Promise<string> {
  const response = await fetch(`${identityUrl}/users`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ email: "bench@example.com" }),
  });
  return z.object({ idToken: z.string() }).parse(await response.json()).idToken;
}
