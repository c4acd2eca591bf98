/**
 * Whether all instances that the manifest allows, of two revisions side by side, starting at the same moment as real processes under full
 * load, stay within the functions' connections of a real PostgreSQL that refuses one more. See README.md.
 *
 * `node bench/sql-connections/main.ts [--instances 200] [--seconds 5] [--pool N]`; exit code 1 when a request failed because it got no connection.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import pg from "pg";
import { z } from "zod";
import { createDatabase, startPostgres } from "#local/postgres/cluster.ts";
import { migrate } from "#local/postgres/migrate.ts";
import { freePort } from "#local/processes/ports.ts";
import { openTestRun } from "#local/testing/start.ts";
import { connectionsForFunctions, DATABASE, functions } from "#shared/manifest.ts";

/** What is left for functions when two revisions are side by side. */
const ALLOWED = DATABASE.revisions * connectionsForFunctions();
/** What the pool says when no connection of its own became free in time. */
const WAITED = "Error: timeout exceeded when trying to connect";
const children: ChildProcess[] = [];
process.once("exit", () => {
  for (const child of children) child.kill();
});
const { values } = parseArgs({
  options: {
    instances: { type: "string", default: "200" },
    seconds: { type: "string", default: "5" },
    /** The size of every pool, instead of the manifest's. */
    pool: { type: "string" },
  },
});

interface Plan {
  readonly name: string;
  readonly pool: number;
  readonly concurrency: number;
}

/** Every instance that the manifest allows, of both revisions; the old one's first. */
function planned(count: number): Plan[] {
  const withSql = Object.entries(functions)
    .map(([name, entry]) => ({
      name,
      pool: entry.sqlPool,
      concurrency: entry.concurrency,
      most: entry.maxInstances,
    }))
    .filter((entry) => entry.pool > 0);
  const all = withSql.flatMap(({ most, ...plan }) => Array.from({ length: most }, () => plan));
  const plans = Array.from({ length: DATABASE.revisions }, () => all)
    .flat()
    .slice(0, count);
  return values.pool === undefined ? plans : plans.map((plan) => ({ ...plan, pool: Number(values.pool) }));
}

async function measure(watcher: pg.Client, url: string): Promise<boolean> {
  const plans = planned(Number(values.instances));
  const instances = plans.map((plan) => start(plan, url));
  await Promise.all(instances.map((instance) => instance.ready));
  for (const instance of instances) instance.child.stdin?.write("go\n");

  let most = 0;
  let over = false;
  const watching = (async () => {
    while (!over) {
      const { rows } = await watcher.query<{ n: number }>(
        "SELECT count(*)::int AS n FROM pg_stat_activity WHERE usename = 'app'",
      );
      most = Math.max(most, rows[0]?.n ?? 0);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  const results = await Promise.all(instances.map((instance) => instance.result));
  over = true;
  await watching;

  const served = results.reduce((sum, result) => sum + result.served, 0);
  const errors: Record<string, number> = {};
  for (const result of results)
    for (const [code, count] of Object.entries(result.errors)) errors[code] = (errors[code] ?? 0) + count;
  const { [WAITED]: _, ...refused } = errors;
  const idle = results.filter((result) => result.served === 0).length;
  const wanted = plans.reduce((sum, plan) => sum + plan.pool, 0);
  console.log(
    JSON.stringify({
      instances: plans.length,
      wanted,
      most,
      allowed: ALLOWED,
      ofAllowed: Number((most / ALLOWED).toFixed(2)),
      served,
      instancesThatServedNothing: idle,
      waitedInVain: errors[WAITED] ?? 0,
      errors: refused,
    }),
  );
  return most <= ALLOWED && idle === 0 && Object.keys(refused).length === 0;
}

const resultSchema = z.object({ served: z.number(), errors: z.record(z.string(), z.number()) });

function start(plan: Plan, url: string) {
  const file = fileURLToPath(new URL("./instance.ts", import.meta.url));
  const args = [
    file,
    url,
    plan.name,
    String(plan.pool),
    String(plan.concurrency),
    String(Number(values.seconds) * 1000),
  ];
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  children.push(child);
  if (!child.stdout) throw new Error("the instance has no output");
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ready = lines.next();
  const result = ready.then(async () => {
    const line = await lines.next();
    if (line.done) throw new Error(`an instance of ${plan.name} ended without a result`);
    return resultSchema.parse(JSON.parse(line.value));
  });
  return { child, ready, result };
}

/** An account that gets as many connections as there are for functions, and not one more. */
async function limitedUser(owner: pg.Client, url: string): Promise<string> {
  await owner.query(`CREATE ROLE app LOGIN PASSWORD 'bench' CONNECTION LIMIT ${ALLOWED}`);
  await owner.query("GRANT SELECT ON ALL TABLES IN SCHEMA public TO app");
  const asApp = new URL(url);
  asApp.username = "app";
  asApp.password = "bench";
  return asApp.href;
}

const { run, dir } = openTestRun();
try {
  const cluster = await startPostgres(run, { dataDir: join(dir, "postgres"), port: await freePort() });
  await createDatabase(cluster, "bench");
  await migrate(cluster.url("bench"));
  const watcher = new pg.Client(cluster.url("bench"));
  await watcher.connect();
  try {
    process.exitCode = (await measure(watcher, await limitedUser(watcher, cluster.url("bench")))) ? 0 : 1;
  } finally {
    await watcher.end();
  }
} finally {
  await run.stop();
}
