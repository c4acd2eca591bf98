import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { eventually } from "#tests/acceptance/tools.ts";
import { freePort } from "../processes/ports.ts";
import { openTestRun } from "../testing/start.ts";
import { startPostgres } from "./cluster.ts";
import { withClient } from "./withClient.ts";

test("a killed server starts again when the last of its connections has ended", async (t) => {
  const { run, dir } = openTestRun();
  t.after(() => run.stop());
  const options = { dataDir: join(dir, "postgres"), port: await freePort() };
  const first = await startPostgres(run, options);
  await withClient(first.url("postgres"), async (client) => {
    const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
    const connection = rows[0]?.pid ?? assert.fail();
    process.kill(connection, "SIGSTOP"); // it can't notice that its server is gone
    process.kill(first.process.pid, "SIGKILL");
    await first.process.exited;
    const starting = startPostgres(run, options);
    const said = async () => readFileSync(first.process.log, "utf8").includes("is still in use");
    await eventually("the first try to start", said);
    process.kill(connection, "SIGCONT");
    const second = await starting;
    const answer = await withClient(second.url("postgres"), (other) => other.query("SELECT 1 AS one"));
    assert.deepEqual(answer.rows, [{ one: 1 }]);
  });
});
