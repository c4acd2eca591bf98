/** A real PostgreSQL on loopback, from an npm package. */
import { createHash, randomBytes } from "node:crypto";
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import pg from "pg";
import { LOOPBACK } from "../processes/ports.ts";
import type { Run, Running } from "../processes/run.ts";
import { type Binaries, canReach, findBinaries } from "./binaries.ts";
import { withClient } from "./withClient.ts";

export interface Cluster {
  readonly process: Running;
  /** The connection string of one of its databases. */
  url(database: string): string;
}

const USER = "reverie";
/** The functions emulator starts a process, with a pool, for every request that runs at the same time. */
const MAX_CONNECTIONS = 500;

/** Said by a server that finds the connections of a killed one still there. They end when they notice; on a busy machine that takes seconds. */
const STILL_HELD = /pre-existing shared memory block .* is still in use/;
const RELEASED_WITHIN_MS = 60_000;

/**
 * Starts PostgreSQL as a process of `run`, making its data directory first if there is none. It listens on loopback only and asks for
 * a password that is made with the data. What was committed survives a kill of the process, though not of the machine (no fsync).
 */
export async function startPostgres(run: Run, options: { dataDir: string; port: number }): Promise<Cluster> {
  const binaries = findBinaries();
  const dataDir = reachableDir(options.dataDir, binaries);
  const data = join(dataDir, "data");
  if (!existsSync(join(data, "PG_VERSION"))) await initialise(run, binaries, dataDir);
  const password = readFileSync(join(dataDir, "password"), "utf8").trim();

  const settings = {
    listen_addresses: LOOPBACK,
    unix_socket_directories: "",
    max_connections: MAX_CONNECTIONS,
    shared_buffers: "64MB",
    fsync: "off",
    full_page_writes: "off",
    timezone: "UTC",
  };
  const url = (database: string) => `postgres://${USER}:${password}@${LOOPBACK}:${options.port}/${database}`;
  const until = Date.now() + RELEASED_WITHIN_MS;
  for (;;) {
    const process = await run.start({
      name: "postgres",
      command: binaries.postgres,
      args: [
        "-D",
        data,
        "-p",
        String(options.port),
        ...Object.entries(settings).flatMap(([k, v]) => ["-c", `${k}=${v}`]),
      ],
      ...(binaries.account ? { account: binaries.account } : {}),
    });
    try {
      await run.waitUntil(process, () => accepts(url("postgres")), 120_000);
      return { process, url };
    } catch (error) {
      if (!STILL_HELD.test(String(error)) || Date.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** Makes a database if there is none of that name; a template lets others be made as its copies. */
export async function createDatabase(cluster: Cluster, name: string): Promise<void> {
  await withClient(cluster.url("postgres"), async (client) => {
    const { rowCount } = await client.query("SELECT FROM pg_database WHERE datname = $1", [name]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`);
  });
}

/** Removes the data that `startPostgres` made in this directory. */
export function removePostgres(dataDir: string): void {
  for (const dir of [dataDir, publicDir(dataDir)]) rmSync(dir, { recursive: true, force: true });
}

/** The directory itself, or one in the temporary directory if the account that PostgreSQL runs as can't get there. */
function reachableDir(dataDir: string, { account }: Binaries): string {
  mkdirSync(dataDir, { recursive: true });
  if (!account || canReach(dirname(dataDir), account)) return dataDir;
  const dir = publicDir(dataDir);
  mkdirSync(dir, { recursive: true, mode: 0o711 });
  if (statSync(dir).uid !== process.getuid?.()) throw new Error(`${dir} belongs to someone else`);
  return dir;
}

function publicDir(dataDir: string): string {
  return join(
    tmpdir(),
    `reverie-postgres-${createHash("sha256").update(dataDir).digest("hex").slice(0, 16)}`,
  );
}

async function initialise(run: Run, { initdb, account }: Binaries, dataDir: string): Promise<void> {
  const data = join(dataDir, "data");
  rmSync(data, { recursive: true, force: true });
  mkdirSync(data, { mode: 0o700 });
  const password = randomBytes(18).toString("base64url");
  writeFileSync(join(dataDir, "password"), password, { mode: 0o600 });

  // initdb reads the password from a file of its own account, which is gone right after.
  const scratch = mkdtempSync(join(tmpdir(), "reverie-initdb-"));
  run.removeAtEnd(scratch);
  const passwordFile = join(scratch, "password");
  writeFileSync(passwordFile, password, { mode: 0o600 });
  for (const path of account ? [data, scratch, passwordFile] : [])
    chownSync(path, account?.uid ?? 0, account?.gid ?? 0);
  try {
    const child = await run.start({
      name: "initdb",
      command: initdb,
      args: [
        `--pgdata=${data}`,
        `--username=${USER}`,
        "--auth=password",
        `--pwfile=${passwordFile}`,
        "--encoding=UTF8",
        "--locale=C",
        "--no-sync",
      ],
      ...(account ? { account } : {}),
    });
    const end = await run.waitForEnd(child);
    if (end !== "exit code 0") throw new Error(`initdb failed (${end}); see ${child.log}`);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function accepts(url: string): Promise<boolean> {
  try {
    await withClient(url, async () => {});
    return true;
  } catch {
    return false;
  }
}
