import pg from "pg";
import type { SettingsOf } from "../config/settings.ts";
import { accessTokens } from "../google/accessTokens.ts";
import type { Logger } from "../log/logger.ts";
import { databaseLogin } from "./login.ts";
import { isOutdated, prepared, sharedConnections } from "./sharedConnections.ts";

/** What runs a statement: a pool, or the one client of a transaction. */
export interface Sql {
  query<Row extends pg.QueryResultRow>(
    text: string,
    values?: readonly unknown[],
  ): Promise<{ rows: Row[]; rowCount: number | null }>;
}

/** A pool of connections with transactions. */
export interface Database extends Sql {
  /**
   * Runs `work` in one transaction and commits what it returns. A serialization failure or deadlock (40001, 40P01), or a prepared
   * statement that is outdated, is tried again up to four times, so `work` must have no effect outside the transaction. Any other error rolls back and is thrown.
   */
  transaction<T>(
    work: (sql: Sql) => Promise<T>,
    options?: { isolation?: "read committed" | "repeatable read" | "serializable" },
  ): Promise<T>;
  close(): Promise<void>;
}

/** What a Cloud SQL IAM login asks of its token: https://cloud.google.com/sql/docs/postgres/iam-logins */
const LOGIN_SCOPE = "https://www.googleapis.com/auth/sqlservice.login";
const TRIES = 5;
const AGAIN = new Set(["40001", "40P01"]);

/**
 * One small pool per instance. Timestamps come back as `Date`, cut to milliseconds; a query that needs microseconds selects text.
 * @param max connections of this instance, as the manifest says unless the setting overrides it
 * @param connectMilliseconds how long a query waits for a free connection before it fails; ten seconds unless said otherwise
 * @param connectsAtOnce opens the first connection now; statements wait for it. When that fails, also because the instance was frozen
 *   meanwhile, they connect by themselves
 * @param accessToken gives the password when the login is by IAM; of the function's own account unless said otherwise
 */
export function createDatabase(
  settings: SettingsOf<"DATABASE_URL" | "DATABASE_IAM" | "DATABASE_CA" | "DATABASE_POOL_MAX">,
  options: {
    name: string;
    max: number;
    log: Logger;
    connectMilliseconds?: number;
    connectsAtOnce?: boolean;
    accessToken?: () => Promise<string>;
  },
): Database {
  const pool = new pg.Pool({
    ...databaseLogin(settings, options.accessToken ?? accessTokens(LOGIN_SCOPE)),
    max: settings.DATABASE_POOL_MAX ?? options.max,
    application_name: `reverie-${options.name}`,
    connectionTimeoutMillis: options.connectMilliseconds ?? 10_000,
    idleTimeoutMillis: 30_000,
    statement_timeout: 15_000,
    idle_in_transaction_session_timeout: 15_000,
    keepAlive: true,
    pipeline: true,
    allowExitOnIdle: true,
  });
  // An idle connection that Postgres closes is replaced at the next query; without a listener it would end the process.
  pool.on("error", (error) => options.log.warn("sql_connection_lost", { error }));

  let opening = options.connectsAtOnce ? openOne(pool) : undefined;
  void opening?.finally(() => {
    opening = undefined;
  });
  const query = sharedConnections(pool);
  return {
    query: <Row extends pg.QueryResultRow>(text: string, values?: readonly unknown[]) =>
      opening === undefined ? query<Row>(text, values) : opening.then(() => query<Row>(text, values)),
    async transaction(work, { isolation = "read committed" } = {}) {
      await opening;
      return inTransaction(pool, work, isolation);
    },
    close: () => pool.end(),
  };
}

/** Never throws: a statement meets the failure again when it connects. */
async function openOne(pool: pg.Pool): Promise<void> {
  try {
    const client = await pool.connect();
    client.release();
  } catch {
    // See above.
  }
}

async function inTransaction<T>(
  pool: pg.Pool,
  work: (sql: Sql) => Promise<T>,
  isolation: string,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const client = await pool.connect();
    let broken: Error | undefined;
    // A connection that is lost between two statements says so as an event only; without a listener it would end the process.
    const lost = (error: Error) => {
      broken = error;
    };
    client.on("error", lost);
    try {
      await client.query(`BEGIN ISOLATION LEVEL ${isolation}`);
      const result = await work({
        query: (text, values) => (values ? client.query(prepared(text, values)) : client.query(text)),
      });
      await client.query("COMMIT");
      return result;
    } catch (error) {
      await client.query("ROLLBACK").catch((failure: Error) => {
        broken = failure;
      });
      if (isOutdated(error)) broken = error;
      if (attempt >= TRIES || !isAgain(error)) throw error;
    } finally {
      client.off("error", lost);
      client.release(broken);
    }
  }
}

function isAgain(error: unknown): boolean {
  if (isOutdated(error)) return true;
  return error instanceof Error && "code" in error && typeof error.code === "string" && AGAIN.has(error.code);
}
