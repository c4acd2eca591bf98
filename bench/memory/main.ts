/**
 * The most memory that an instance of each function has, under as many requests at once as the manifest gives it. See README.md.
 *
 * `node bench/memory/main.ts [--port-base 19300]` writes `results.json`.
 */
import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { z } from "zod";
import { functionEnvironments } from "#local/cloud/functionSettings.ts";
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
import { buildFunctions, functionNames, ROOT } from "#tools/build/functions.ts";
import { type BenchRequest, type BenchWorld, largest, requests } from "./requests.ts";

const ROUNDS = 3;
const FRAMEWORK = join(ROOT, "node_modules/@google-cloud/functions-framework/build/src/main.js");
/** What later requests need is made by these. */
const FIRST: readonly FunctionName[] = ["auth", "uploads", "jobs"];
const { values } = parseArgs({ options: { "port-base": { type: "string", default: "19300" } } });

interface Instance {
  readonly port: number;
  peakMiB(): number;
}

async function startInstance(
  run: Run,
  name: string,
  source: string,
  options: { readonly events: boolean; readonly env: Record<string, string> },
): Promise<Instance> {
  const port = await freePort();
  const child = await run.start({
    name: `function-${name}`,
    command: process.execPath,
    args: [
      FRAMEWORK,
      ...["--source", source, "--target", name, "--port", String(port)],
      ...(options.events ? ["--signature-type", "cloudevent"] : []),
    ],
    env: { ...options.env, NODE_PATH: join(ROOT, "node_modules") },
  });
  await run.waitUntil(child, async () => !(await isFree(port)), 60_000);
  return {
    port,
    peakMiB() {
      const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
      return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
    },
  };
}

/** Sends one request. @returns its status; the body of a stream is left open until `signal` */
async function send(port: number, request: BenchRequest, signal: AbortSignal): Promise<number> {
  const { method, path, headers, body } = request;
  const response = await fetch(`http://${LOOPBACK}:${port}${path}`, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal,
  });
  const isStream = response.headers.get("content-type")?.startsWith("text/event-stream") ?? false;
  if (!isStream) await response.arrayBuffer();
  return response.status;
}

/** Sends each request as many times at once as the instance serves, and again. @returns how often each status came, by request */
async function load(port: number, all: readonly BenchRequest[], concurrency: number) {
  const counts: Record<string, Record<string, number>> = {};
  for (let round = 0; round < ROUNDS; round++) {
    for (const request of all) {
      const ending = new AbortController();
      const statuses = await Promise.all(
        Array.from({ length: concurrency }, () => send(port, request, ending.signal)),
      );
      ending.abort();
      const size = JSON.stringify(request.body ?? "").length > 100_000 ? " (largest body)" : "";
      const what = `${request.method} ${request.path}${size}`;
      const ofRequest = counts[what] ?? {};
      counts[what] = ofRequest;
      for (const status of statuses) ofRequest[status] = (ofRequest[status] ?? 0) + 1;
    }
  }
  return counts;
}

async function ask(port: number, path: string, body: unknown, token?: string): Promise<unknown> {
  const response = await fetch(`http://${LOOPBACK}:${port}${path}`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "idempotency-key": randomUUID(),
      ...(token && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  return response.json();
}

const sessionSchema = z.object({ accessToken: z.string(), user: z.object({ id: z.string() }) });
const idSchema = z.object({ id: z.string() });

/** Makes what the requests to `name` and later functions need: a session, a group, an upload that is waited for, a job. */
async function prepare(name: FunctionName, port: number, world: BenchWorld, ownerUrl: string): Promise<void> {
  if (name === "auth") {
    const body = { provider: "google", idToken: world.googleToken };
    const session = sessionSchema.parse(await ask(port, "/v1/auth/sessions", body));
    world.person = { token: session.accessToken, userId: session.user.id };
    await withClient(ownerUrl, async (client) => {
      await client.query("INSERT INTO spaces (id, recipient_id, created_at) VALUES ($1, $2, now())", [
        "0".repeat(26),
        session.user.id,
      ]);
      await client.query(
        "INSERT INTO space_members (user_id, space_id, role, joined_at) VALUES ($1, $2, 'care_recipient', now())",
        [session.user.id, "0".repeat(26)],
      );
    });
  }
  if (name === "uploads") {
    const body = { contentType: "video/mp4", size: 99 };
    world.uploadId = idSchema.parse(await ask(port, "/v1/uploads", body, world.person?.token)).id;
  }
  if (name === "jobs") {
    const body = { kind: "scene", title: "A place", params: {}, inputs: { video: world.uploadId } };
    world.jobId = idSchema.parse(await ask(port, "/v1/jobs", body, world.person?.token)).id;
  }
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
  return { identity, standIns: all, secrets, ownerUrl: cluster.url("bench") };
}

async function googleToken(identityUrl: string): Promise<string> {
  const response = await fetch(`${identityUrl}/users`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ email: "bench@example.com" }),
  });
  return z.object({ idToken: z.string() }).parse(await response.json()).idToken;
}

async function measureHello(run: Run, dir: string): Promise<number> {
  const source = join(dir, "hello");
  mkdirSync(source);
  writeFileSync(join(source, "index.js"), 'exports.hello = (_, response) => response.send("hello");\n');
  writeFileSync(join(source, "package.json"), '{"name":"hello","main":"index.js"}\n');
  const instance = await startInstance(run, "hello", source, { events: false, env: {} });
  await load(instance.port, [{ method: "GET", path: "/" }], 1);
  return instance.peakMiB();
}

const { run, dir } = openTestRun();
const plan = planCloud({
  portBase: Number(values["port-base"]),
  dataDir: join(dir, "cloud"),
  fresh: true,
  engine: false,
});
const backends = await startBackends(run, dir, plan);
try {
  await buildFunctions(dir);
  const { identity, ownerUrl, secrets } = backends;
  const environments = functionEnvironments(plan, secrets, ownerUrl, functionNames);
  const world: BenchWorld = {
    googleToken: await googleToken(identity.url),
    uploadsBucket: buckets.UPLOADS_BUCKET,
    person: undefined,
    uploadId: "",
    jobId: "",
    engineToken: await identity.mintIdToken(accounts.engine, plan.urls.api),
    adminToken: await identity.mintIdToken(accounts.admin, plan.urls.api),
    newKey: randomUUID,
  };
  const hello = await measureHello(run, dir);
  const measured: Record<string, { startMiB: number; peakMiB: number; ofHello: number }> = {};
  for (const name of [...FIRST, ...functionNames.filter((each) => !FIRST.includes(each))]) {
    const { trigger, concurrency } = functions[name];
    const env = {
      ...environments[name],
      FIRESTORE_EMULATOR_HOST: `${LOOPBACK}:${plan.ports.firestore}`,
      // All streams are one person's here.
      STREAMS_PER_ACCOUNT: "1000",
    };
    const events = trigger.type === "storage" || trigger.type === "firestore";
    const instance = await startInstance(run, name, join(dir, name), { events, env });
    const startMiB = Math.round(instance.peakMiB());
    await prepare(name, instance.port, world, ownerUrl);
    const usual = requests[name](world);
    const bodies = usual.slice(0, 1).map((request) => largest(name, request));
    const answers = await load(instance.port, [...usual, ...bodies], concurrency);
    const peakMiB = Math.ceil(instance.peakMiB());
    measured[name] = { startMiB, peakMiB, ofHello: Number((peakMiB / hello).toFixed(1)) };
    console.log(JSON.stringify({ name, concurrency, ...measured[name], answers }));
  }
  const results = {
    cores: availableParallelism(),
    node: process.version,
    helloMiB: Math.ceil(hello),
    functions: Object.fromEntries(functionNames.map((name) => [name, measured[name]])),
  };
  const file = fileURLToPath(new URL("./results.json", import.meta.url));
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
} finally {
  await Promise.all(backends.standIns.map((standIn) => standIn.close()));
  await run.stop();
}
