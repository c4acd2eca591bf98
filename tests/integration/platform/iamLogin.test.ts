/** The access token as password, as Google's library gives and renews it: from a metadata server, by the clock. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, mock, test } from "node:test";
import pg from "pg";
import { type TestDatabase, testDatabase } from "#local/testing/backends.ts";
import { silentLogger } from "#shared/platform/log/logger.ts";
import { createDatabase, type Database } from "#shared/platform/sql/pool.ts";

const HOUR = 3_600_000;
const user = `iam_${randomBytes(4).toString("hex")}`;
let database: TestDatabase;
let metadata: Server;
/** Tokens that the metadata server gave. */
const tokens: string[] = [];
/** Has Postgres take this token and no earlier one. */
const accept = (value: string) =>
  database.pool.query(`ALTER ROLE ${user} PASSWORD ${pg.escapeLiteral(value)}`);

before(async () => {
  database = await testDatabase();
  await database.pool.query(`CREATE ROLE ${user} LOGIN`);
  await accept("token 1");
  metadata = createServer((request, response) => {
    const isToken = request.url?.includes("/service-accounts/default/token") ?? false;
    if (isToken) tokens.push(`token ${tokens.length + 1}`);
    const answer = { access_token: tokens.at(-1), expires_in: HOUR / 1000, token_type: "Bearer" };
    response.writeHead(200, { "content-type": "application/json", "metadata-flavor": "Google" });
    response.end(JSON.stringify(isToken ? answer : {}));
  });
  metadata.listen(0, "127.0.0.1");
  await once(metadata, "listening");
  const { port } = metadata.address() as AddressInfo; // it listens on TCP
  process.env.GCE_METADATA_HOST = `127.0.0.1:${port}`;
  process.env.METADATA_SERVER_DETECTION = "assume-present";
  delete process.env.GOOGLE_APPLICATION_CREDENTIALS;
  mock.timers.enable({ apis: ["Date"], now: new Date("2026-03-01T10:00:00Z") });
});
after(async () => {
  mock.timers.reset();
  metadata.closeAllConnections();
  metadata.close();
  await database.pool.query(`DROP ROLE ${user}`);
  await database.drop();
});

test("a new connection after the token's end logs in with a new token", async () => {
  const url = new URL(database.url);
  [url.username, url.password] = [user, ""];
  const db = createDatabase(
    { DATABASE_URL: url.href, DATABASE_IAM: true, DATABASE_CA: undefined, DATABASE_POOL_MAX: undefined },
    { name: "iam", max: 1, log: silentLogger },
  );
  try {
    const first = await connection(db);
    assert.deepEqual(tokens, ["token 1"]);
    mock.timers.tick(HOUR / 2);
    const second = await connection(db, first);
    assert.deepEqual(tokens, ["token 1"], "while it is good it is not asked for again");

    mock.timers.tick(HOUR / 2);
    await accept("token 2");
    assert.equal(await connection(db), second, "a connection that is open needs no token");
    assert.notEqual(await connection(db, second), second);
    assert.deepEqual(tokens, ["token 1", "token 2"]);
  } finally {
    await db.close();
  }
});

/** The process id behind the pool's one connection, after ending an earlier one. */
async function connection(db: Database, ended?: number): Promise<number> {
  if (ended !== undefined) await database.pool.query("SELECT pg_terminate_backend($1, 10000)", [ended]);
  for (;;) {
    try {
      const { rows } = await db.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
      const pid = rows[0]?.pid;
      if (pid !== undefined && pid !== ended) return pid;
    } catch (error) {
      if (ended === undefined) throw error; // else the pool had not yet seen that its connection ended
      if (error instanceof Error && "code" in error && error.code === "28P01") throw error;
    }
  }
}
