/** The local cloud: starts everything in the right order, watches it, and stops it. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rewriteFor } from "#tools/build/firebaseJson.ts";
import { functionNames } from "#tools/build/functions.ts";
import { REGION } from "#tools/build/region.ts";
import { makeSuiteFolder } from "../firebase/folder.ts";
import { findJava } from "../firebase/java.ts";
import { locateEmulators } from "../firebase/locate.ts";
import { exportSuite, startSuite } from "../firebase/suite.ts";
import { createDatabase, removePostgres, startPostgres } from "../postgres/cluster.ts";
import { makeLogins } from "../postgres/logins.ts";
import { migrate } from "../postgres/migrate.ts";
import { isFree, LOOPBACK } from "../processes/ports.ts";
import { openRun, type ProcessSpec, type Run } from "../processes/run.ts";
import { endProcesses, processesOfRun } from "../processes/table.ts";
import { startFront } from "../standins/front/front.ts";
import { functionEnvironments } from "./functionSettings.ts";
import { type Parts, superviseParts, writeWhole } from "./parts.ts";
import { buckets, type CloudPlan, consoleConfig, PROJECT_ID } from "./plan.ts";
import { invokerChecks, localBindings } from "./policy.ts";
import { loadSecrets } from "./secrets.ts";
import {
  type Closable,
  engineProcess,
  startSmallStandIns,
  startSweeping,
  storageProcess,
  tasksProcess,
} from "./services.ts";
import { endStaleRun } from "./staleRun.ts";

/** What `endpoints.json` tells: base URLs; `host:port` for firestore, pubsub and tasks; a connection string; paths of key files. */
export interface Endpoints {
  /** The web app. */
  readonly console: string;
  readonly projectId: string;
  readonly api: string;
  /** Of `streams` itself, where event streams flow unbuffered. */
  readonly events: string;
  readonly docs: string;
  readonly identity: string;
  readonly mail: string;
  readonly push: string;
  readonly storage: string;
  readonly firestore: string;
  readonly auth: string;
  readonly pubsub: string;
  readonly tasks: string;
  readonly postgres: string;
  readonly engineKeyFile: string;
  readonly adminKeyFile: string;
}

export interface Cloud {
  readonly endpoints: Endpoints;
  /** Settles with a sentence when a part that nothing works without has ended. */
  readonly broken: Promise<string>;
  /** Stops every process; the data is kept for the next start. */
  stop(): Promise<void>;
}

const DATABASE = "reverie";
const READY_MS = 180_000;
/** Requests that one function gets at a time, each of them a process of its own. */
const AT_ONCE = 8;

interface Starting {
  readonly plan: CloudPlan;
  readonly run: Run;
  readonly parts: Parts;
  /** What lives in this process. */
  readonly standIns: Closable[];
}

/**
 * Starts the local cloud and returns when it answers.
 * @param tell takes one line for people
 * @param givenUp settles to have the start broken off before the cloud is ready
 * @throws Error with one line that says what is wrong; nothing is left running then
 */
export async function startCloud(
  plan: CloudPlan,
  tell: (line: string) => void,
  givenUp: Promise<string | undefined>,
): Promise<Cloud> {
  mkdirSync(plan.dataDir, { recursive: true });
  await endStaleRun(plan.files.run);
  await refuseBusyPorts(plan);
  const java = await findJava();
  const keptData = forgetOldData(plan, tell);

  rmSync(plan.dirs.logs, { recursive: true, force: true });
  const run = openRun({ logs: plan.dirs.logs });
  const parts = superviseParts(run, plan.files, tell);
  const starting: Starting = { plan, run, parts, standIns: [] };
  try {
    const endpoints = await Promise.race([startAll(starting, java, tell), givenUp.then(breakOff)]);
    return { endpoints, broken: parts.broken, stop: () => stopAll(starting, () => exportData(plan, tell)) };
  } catch (error) {
    // The cloud was not used yet, so the data is still what the last run closed.
    await stopAll(starting, async () => keptData);
    throw error;
  }
}

function breakOff(reason: string | undefined): never {
  throw new Error(reason ?? "stopped before it was ready");
}

/** Starts side by side what can be. */
async function startAll(starting: Starting, java: string, tell: (line: string) => void): Promise<Endpoints> {
  const { plan, run, parts, standIns } = starting;
  const { ports, dirs, files, urls } = plan;
  const secrets = loadSecrets(files.keys);
  writeWhole(files.policy, `${JSON.stringify({ bindings: localBindings() }, null, 2)}\n`);
  rmSync(files.closed, { force: true });
  const suitePorts = { ...ports, tasks: ports.firebaseTasks };
  const folder = makeSuiteFolder(dirs.suite, suitePorts, buckets, consoleConfig(plan));

  const saying = progressOf(tell);
  const [databaseUrl, identity] = await Promise.all([
    saying("PostgreSQL", startDatabase(starting)),
    (async () => {
      const small = await startSmallStandIns(plan, secrets);
      standIns.push(...small.all);
      await Promise.all([
        parts.add(() => startListening(run, tasksProcess(plan), ports.tasks), "restart"),
        parts.add(() => startListening(run, storageProcess(plan), ports.storage), "restart"),
      ]);
      return small.identity;
    })(),
    (async () => {
      const emulators = await locateEmulators(run, join(plan.dataDir, "emulators"), tell);
      const importFrom = existsSync(dirs.export) ? dirs.export : undefined;
      const options = {
        projectId: PROJECT_ID,
        ports: suitePorts,
        emulators,
        java,
        dir: dirs.suite,
        importFrom,
      };
      await saying(
        "Firebase emulators",
        parts.add(() => startSuite(run, options), "stop"),
      );
    })(),
    saying("bundles of the functions", folder.build()),
  ]);
  const environments = functionEnvironments(plan, secrets, databaseUrl, functionNames);
  folder.writeEnvironments(environments, invokerChecks(plan, identity));
  writeWhole(files.environments, `${JSON.stringify(environments, null, 2)}\n`);
  standIns.push(
    await startFront({ port: ports.api, target: ports.hosting, functionOf: rewriteFor, atOnce: AT_ONCE }),
    await startFront({
      port: ports.events,
      target: ports.functions,
      functionOf: () => "streams",
      prefix: `/${PROJECT_ID}/${REGION}/streams`,
      way: "function",
      atOnce: AT_ONCE,
    }),
  );
  await saying("first answer of the API", waitForAnswer(`${urls.api}/v1/auth/jwks.json`, run.logs));
  standIns.push(startSweeping(plan, identity));
  if (plan.engine) await parts.add(() => startListening(run, engineProcess(plan), ports.engine), "tell");

  const endpoints = endpointsOf(plan, databaseUrl);
  writeWhole(files.endpoints, `${JSON.stringify(endpoints, null, 2)}\n`);
  return endpoints;
}

/** Says that a part is ready, and how many seconds after the start it was. */
function progressOf(tell: (line: string) => void) {
  const startedAt = performance.now();
  return async <T>(part: string, starting: Promise<T>): Promise<T> => {
    const started = await starting;
    tell(`  ${part}: ready after ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
    return started;
  };
}

async function startDatabase({ plan, run, parts }: Starting): Promise<string> {
  const start = () => startPostgres(run, { dataDir: plan.dirs.postgres, port: plan.ports.postgres });
  let cluster = await start();
  let first = true;
  await parts.add(async () => {
    if (!first) cluster = await start();
    first = false;
    return cluster.process;
  }, "restart");
  await createDatabase(cluster, DATABASE);
  await migrate(cluster.url(DATABASE));
  await makeLogins(cluster.url(DATABASE), PROJECT_ID);
  return cluster.url(DATABASE);
}

async function startListening(run: Run, spec: ProcessSpec, port: number) {
  const child = await run.start(spec);
  await run.waitUntil(child, async () => !(await isFree(port)), 120_000);
  return child;
}

/**
 * @param close keeps the emulators' data while they still run; says whether data and database belong together, so that the next
 * start may go on with them
 */
async function stopAll(
  { plan, run, parts, standIns }: Starting,
  close: () => Promise<boolean>,
): Promise<void> {
  parts.stopWatching();
  rmSync(plan.files.endpoints, { force: true });
  await Promise.all(standIns.map((standIn) => standIn.close()));
  // What starts work ends first, so that Firestore and Postgres are kept as of the same moment.
  const movers = run.running.filter(
    ({ name }) => name === "engine" || name === "tasks" || name === "storage",
  );
  await endProcesses(() => processesOfRun("", movers), 3000);
  const closed = await close();
  await run.stop();
  if (closed) writeFileSync(plan.files.closed, "");
  for (const file of [plan.files.run, plan.files.pids, plan.files.environments])
    rmSync(file, { force: true });
}

async function exportData(plan: CloudPlan, tell: (line: string) => void): Promise<boolean> {
  try {
    await exportSuite(plan.ports.hub, plan.dirs.export);
    return true;
  } catch (error) {
    tell(`the emulators' data could not be kept: ${error instanceof Error ? error.message : error}`);
    return false;
  }
}

/**
 * Removes data on request, or when the last run was killed: the emulators hold theirs in memory, and half of the data (the
 * database, the objects) without the other would be a state that production can't get into.
 * @returns whether there is data to go on with
 */
function forgetOldData(plan: CloudPlan, tell: (line: string) => void): boolean {
  const dataDir = join(plan.dataDir, "data");
  if (!plan.fresh && existsSync(plan.files.closed)) return true;
  if (!plan.fresh && existsSync(dataDir))
    tell("the last run was killed before it could keep its data; beginning without data");
  removePostgres(plan.dirs.postgres);
  rmSync(dataDir, { recursive: true, force: true });
  return false;
}

async function refuseBusyPorts({ ports, functionPorts }: CloudPlan): Promise<void> {
  const ofFunctions = Object.entries(functionPorts).flatMap(
    ([name, { metadata, tasks }]): [string, number][] => [
      [`${name}'s metadata server`, metadata],
      [`${name}'s tasks`, tasks],
    ],
  );
  for (const [name, port] of [...Object.entries(ports), ...ofFunctions]) {
    if (await isFree(port)) continue;
    throw new Error(
      `port ${port} (for ${name}) is in use; stop what listens there, or choose others with --port-base`,
    );
  }
}

async function waitForAnswer(url: string, logs: string): Promise<void> {
  const deadline = Date.now() + READY_MS;
  for (let last = "nothing"; ; ) {
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(20_000) });
      const body = await answer.text();
      if (answer.ok) return;
      last = `${answer.status} ${body.slice(0, 200)}`;
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    if (Date.now() > deadline) throw new Error(`${url} did not answer as it should (${last}); see ${logs}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function endpointsOf({ urls, ports, files }: CloudPlan, databaseUrl: string): Endpoints {
  const address = (port: number) => `${LOOPBACK}:${port}`;
  return {
    console: urls.api,
    projectId: PROJECT_ID,
    api: urls.api,
    events: urls.streams,
    docs: `${urls.api}/docs`,
    identity: urls.identity,
    mail: urls.mail,
    push: urls.push,
    storage: urls.storage,
    firestore: address(ports.firestore),
    auth: `http://${address(ports.auth)}`,
    pubsub: address(ports.pubsub),
    tasks: address(ports.tasks),
    postgres: databaseUrl,
    engineKeyFile: files.engineKey,
    adminKeyFile: files.adminKey,
  };
}
