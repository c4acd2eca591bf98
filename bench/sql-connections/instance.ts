/**
 * One instance of a function, as a process: the pool that the manifest gives it, under as many requests at once as it may get. It starts at
 * a line on its input and prints one line of JSON.
 */
import { once } from "node:events";
import { silentLogger } from "#shared/platform/log/logger.ts";
import { createDatabase } from "#shared/platform/sql/pool.ts";

const [url = "", name = "", pool = "1", concurrency = "1", milliseconds = "1000"] = process.argv.slice(2);
const db = createDatabase(
  { DATABASE_URL: url, DATABASE_IAM: false, DATABASE_CA: undefined, DATABASE_POOL_MAX: undefined },
  { name, max: Number(pool), log: silentLogger },
);
process.stdout.write("ready\n");
await once(process.stdin, "data");

const until = performance.now() + Number(milliseconds);
let served = 0;
const errors: Record<string, number> = {};
/** A request: a transaction of two statements that takes some milliseconds in Postgres. */
async function request(): Promise<void> {
  try {
    await db.transaction(async (sql) => {
      await sql.query("SELECT pg_sleep(0.005)");
      await sql.query("SELECT count(*) FROM users");
    });
    served += 1;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    errors[code] = (errors[code] ?? 0) + 1;
  }
}
await Promise.all(
  Array.from({ length: Number(concurrency) }, async () => {
    while (performance.now() < until) await request();
  }),
);
await db.close();
process.stdout.write(`${JSON.stringify({ served, errors })}\n`);
process.exit();
