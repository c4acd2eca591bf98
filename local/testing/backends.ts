/**
 * Backends for suites: a database, a Firestore of one's own. Under `npm test` they are shares of what the runner started;
 * when a test file runs alone with plain `node --test`, they are started at the first call and end with the process.
 */
import { randomBytes } from "node:crypto";
import { Firestore } from "@google-cloud/firestore";
import pg from "pg";
import { lazy } from "#shared/platform/lazy.ts";
import { withClient } from "../postgres/withClient.ts";
import { ADDRESSES, TEMPLATE } from "./addresses.ts";
import { openTestRun, startTestFirestore, startTestPostgres } from "./start.ts";

export interface TestDatabase {
  /** Connection string, as DATABASE_URL takes it. */
  readonly url: string;
  readonly pool: pg.Pool;
  /** Closes the pool and drops the database, also while clients are connected. */
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
  const pool = new pg.Pool({ connectionString: url.href, max: 10, allowExitOnIdle: true });
  pool.on("error", () => {}); // the database may be dropped under an idle connection
  return {
    url: url.href,
    pool,
    async drop() {
      await pool.end();
      await onMaintenance(maintenance, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}

async function onMaintenance(url: string, statement: string): Promise<void> {
  await withClient(url, (client) => client.query(statement));
}

/** An empty Firestore of one's own in Google's emulator. Call `drop` in `after`. */
export async function testFirestore(): Promise<TestFirestore> {
  const host = await firestore();
  process.env.FIRESTORE_EMULATOR_HOST = host;
  const projectId = testProjectId();
  const client = new Firestore({ projectId });
  const clear = async () => {
    const url = `http://${host}/emulator/v1/projects/${projectId}/databases/(default)/documents`;
    const answer = await fetch(url, { method: "DELETE" });
    if (!answer.ok) throw new Error(`the Firestore emulator answered ${answer.status} to clearing`);
  };
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
