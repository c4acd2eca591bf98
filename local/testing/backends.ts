/**
 * Backends for suites: a database, a Firestore of one's own. Under `npm test` they are shares of what the runner started;
 * when a test file runs alone with plain `node --test`, they are started at the first call and end with the process.
 */
import { randomBytes } from "node:crypto";
import { Firestore } from "@google-cloud/firestore";
import pg from "pg";
import type { FunctionName } from "#shared/manifest.ts";
import { lazy } from "#shared/platform/lazy.ts";
import { silentLogger } from "#shared/platform/log/logger.ts";
import { createDatabase, type Database } from "#shared/platform/sql/pool.ts";
import { askEmulator } from "../firebase/askEmulator.ts";
import { loginUrl } from "../postgres/logins.ts";
import { withClient } from "../postgres/withClient.ts";
import { ADDRESSES, TEMPLATE, TEST_PROJECT } from "./addresses.ts";
import { openTestRun, startTestFirestore, startTestPostgres } from "./start.ts";
import { refusingFirestore, scoped } from "./transactionScope.ts";

export interface TestDatabase {
  /** Connection string of the owner. */
  readonly url: string;
  /** Connection string of a function's own user, as its DATABASE_URL. */
  urlOf(name: FunctionName): string;
  /** Connected as the owner. */
  readonly pool: pg.Pool;
  /**
   * A pool of a function's own user, with that function's grants; one for each function and size. Inside its transactions the stores of
   * suites refuse to be called.
   */
  as(name: FunctionName, max?: number): Database;
  /** Closes the pools and drops the database, also while clients are connected. */
  drop(): Promise<void>;
}

export interface TestFirestore {
  /** A random one, so that no other suite's documents are seen. */
  readonly projectId: string;
  /** `host:port` of the emulator; FIRESTORE_EMULATOR_HOST of this process is set to it. */
  readonly host: string;
  readonly firestore: Firestore;
  /** Removes all documents. */
  clear(): Promise<void>;
  /** Removes all documents and closes the client. */
  drop(): Promise<void>;
}

// Google's clients look for a metadata server otherwise, and say so when there is none.
process.env.METADATA_SERVER_DETECTION ??= "none";

const alone = lazy(openTestRun);
const postgres = lazy(() => addressOr(ADDRESSES.postgres, startTestPostgres));
const firestore = lazy(() => addressOr(ADDRESSES.firestore, startTestFirestore));

async function addressOr(
  name: string,
  start: (run: ReturnType<typeof openTestRun>["run"], dir: string) => Promise<string>,
) {
  const given = process.env[name];
  if (given) return given;
  const { run, dir } = alone();
  return start(run, dir);
}

/** A migrated, empty database of one's own in a real PostgreSQL. Call `drop` in `after`. */
export async function testDatabase(): Promise<TestDatabase> {
  const maintenance = await postgres();
  const name = `test_${randomBytes(6).toString("hex")}`;
  await onMaintenance(maintenance, `CREATE DATABASE ${name} TEMPLATE ${TEMPLATE}`);
  const url = new URL(maintenance);
  url.pathname = `/${name}`;
  const urlOf = (of: FunctionName) => loginUrl(url.href, TEST_PROJECT, of);
  const pools = new Map<string, Database>();
  const pool = new pg.Pool({ connectionString: url.href, max: 10, allowExitOnIdle: true });
  pool.on("error", () => {}); // the database may be dropped under an idle connection
  return {
    url: url.href,
    urlOf,
    as(of, max = 8) {
      const key = `${of} ${max}`;
      const made = pools.get(key) ?? openPool(urlOf(of), of, max);
      pools.set(key, made);
      return made;
    },
    pool,
    async drop() {
      await Promise.all([pool.end(), ...[...pools.values()].map((each) => each.close())]);
      await onMaintenance(maintenance, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}

/** Waits longer for a connection than in production: the machine may be busy. */
function openPool(url: string, name: FunctionName, max: number): Database {
  return scoped(
    createDatabase(
      { DATABASE_URL: url, DATABASE_IAM: false, DATABASE_CA: undefined, DATABASE_POOL_MAX: max },
      { connectMilliseconds: 120_000, name, max, log: silentLogger },
    ),
  );
}

async function onMaintenance(url: string, statement: string): Promise<void> {
  await withClient(url, (client) => client.query(statement));
}

/** An empty Firestore of one's own in Google's emulator. Call `drop` in `after`. */
export async function testFirestore(): Promise<TestFirestore> {
  const host = await firestore();
  process.env.FIRESTORE_EMULATOR_HOST = host;
  const projectId = testProjectId();
  const client = refusingFirestore(new Firestore({ projectId }));
  const clear = () =>
    askEmulator(
      "clearing Firestore",
      `http://${host}/emulator/v1/projects/${projectId}/databases/(default)/documents`,
      () => ({ method: "DELETE" }),
    );
  return {
    projectId,
    host,
    firestore: client,
    clear,
    async drop() {
      await clear();
      await client.terminate();
    },
  };
}

/** Names beginning with `demo-` are never taken for a real project by Google's tools. */
function testProjectId(): string {
  return `demo-${randomBytes(5).toString("hex")}`;
}

export { type TestCloud, testCloud } from "./cloud.ts";
