/** A whole running local cloud for journeys. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { lazy } from "#shared/platform/lazy.ts";
import { PORT_COUNT } from "../cloud/plan.ts";
import { isFree } from "../processes/ports.ts";
import type { Run, Running } from "../processes/run.ts";
import { isRunning, startOf } from "../processes/table.ts";
import { ADDRESSES } from "./addresses.ts";
import { openTestRun } from "./start.ts";

const endpointsSchema = z.object({
  console: z.url(),
  projectId: z.string(),
  api: z.url(),
  docs: z.url(),
  identity: z.url(),
  mail: z.url(),
  push: z.url(),
  storage: z.url(),
  firestore: z.string(),
  auth: z.url(),
  pubsub: z.string(),
  tasks: z.string(),
  postgres: z.string(),
  engineKeyFile: z.string(),
  adminKeyFile: z.string(),
});

export interface TestCloud extends z.infer<typeof endpointsSchema> {
  /** Where `npm start` with this cloud's options would keep its data, logs and pids. */
  readonly dataDir: string;
  /** The first of its ports. */
  readonly portBase: number;
  /** What runs now, by name: `postgres`, `firebase`, `tasks`, `storage`. */
  pids(): Readonly<Record<string, number>>;
}

// Google's clients look for a metadata server otherwise, and say so when there is none.
process.env.METADATA_SERVER_DETECTION ??= "none";

const START = fileURLToPath(new URL("../start.ts", import.meta.url));
/** The machine may be busy with other tests; a start that failed is known at once. */
const READY_MS = 600_000;
/** Journeys of other files may be at work before it is one's turn. */
const TURN_MS = 20 * 60_000;
const pidsSchema = z.record(z.string(), z.number());

/**
 * The endpoints of a running local cloud without an engine. One test file at a time has it: what one journey's engine leases
 * would be another's. The turn ends with the process.
 */
export async function testCloud(): Promise<TestCloud> {
  return cloud();
}

const cloud = lazy(async (): Promise<TestCloud> => {
  const file = process.env[ADDRESSES.cloud] ?? (await startAlone());
  const dataDir = dirname(file);
  await takeTurn(join(dataDir, "turn"));
  await waitUntilReady(file);
  const endpoints = endpointsSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  return {
    ...endpoints,
    dataDir,
    portBase: Number(new URL(endpoints.api).port),
    pids: () => pidsSchema.parse(JSON.parse(readFileSync(join(dataDir, "pids.json"), "utf8"))),
  };
});

async function startAlone(): Promise<string> {
  const { run, dir } = openTestRun();
  return (await startTestCloud(run, dir)).endpointsFile;
}

/** Starts a local cloud without an engine as a process; its endpoints file is there when it is ready. */
export async function startTestCloud(
  run: Run,
  dir: string,
): Promise<{ endpointsFile: string; process: Running }> {
  const dataDir = join(dir, "cloud");
  mkdirSync(dataDir, { recursive: true });
  const base = await freeRow();
  const child = await run.start({
    name: "local-cloud",
    command: process.execPath,
    args: [START, "--no-engine", "--data-dir", dataDir, "--port-base", String(base)],
    env: { npm_lifecycle_event: undefined },
  });
  const endpointsFile = join(dataDir, "endpoints.json");
  rmSync(`${endpointsFile}.failed`, { force: true });
  void child.exited.then((how) => {
    const said = existsSync(child.log) ? readFileSync(child.log, "utf8") : "";
    if (existsSync(dataDir))
      writeFileSync(`${endpointsFile}.failed`, `the local cloud has ended (${how}): ${said.slice(-2000)}`);
  });
  return { endpointsFile, process: child };
}

/** Waits until a local cloud that was started is ready; throws with what it said when it ended instead. */
export async function waitUntilReady(endpointsFile: string): Promise<void> {
  await waitFor(
    () => existsSync(endpointsFile),
    READY_MS,
    () => failureOf(endpointsFile) ?? `no ${endpointsFile}`,
    () => failureOf(endpointsFile) !== undefined,
  );
}

function failureOf(endpointsFile: string): string | undefined {
  const file = `${endpointsFile}.failed`;
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

const FIRST_PORT = 15_000;
const ROWS = Math.floor((32_768 - FIRST_PORT) / PORT_COUNT);
/** Coprime with ROWS, and far from the rows of processes that were started next to this one. */
const STRIDE = 97;

/**
 * The first of a row of free ports, below the range that systems give out by themselves. Each process begins with a row of its own: two
 * that looked at the same ports at the same moment would both find them free.
 */
async function freeRow(): Promise<number> {
  for (let tries = 0; tries < ROWS; tries++) {
    const base = FIRST_PORT + ((process.pid + tries * STRIDE) % ROWS) * PORT_COUNT;
    const row = await Promise.all(Array.from({ length: PORT_COUNT }, (_, index) => isFree(base + index)));
    if (row.every((free) => free)) return base;
  }
  throw new Error(`no ${PORT_COUNT} free ports in a row were found`);
}

async function takeTurn(dir: string): Promise<void> {
  await waitFor(
    () => tryTurn(dir),
    TURN_MS,
    () => "other test files kept the local cloud to themselves",
  );
}

/** A directory is made by one only, which writes down who it is; one whose maker is dead may be taken. */
function tryTurn(dir: string): boolean {
  const holder = join(dir, "holder.json");
  try {
    mkdirSync(dir);
  } catch {
    if (!existsSync(holder)) return false;
    const { pid, started } = z
      .object({ pid: z.number(), started: z.string() })
      .parse(JSON.parse(readFileSync(holder, "utf8")));
    if (!isRunning({ pid, started })) rmSync(dir, { recursive: true, force: true });
    return false;
  }
  writeFileSync(holder, JSON.stringify({ pid: process.pid, started: startOf(process.pid) }));
  return true;
}

async function waitFor(
  ready: () => boolean,
  deadlineMs: number,
  why: () => string,
  hopeless: () => boolean = () => false,
): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  while (!ready()) {
    if (hopeless() || Date.now() > deadline) throw new Error(why());
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
