import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type TestDatabase, testDatabase } from "#local/testing/backends.ts";
import { silentLogger } from "#shared/platform/log/logger.ts";
import { createDatabase } from "#shared/platform/sql/pool.ts";

let database: TestDatabase;
before(async () => {
  database = await testDatabase();
});
after(() => database.drop());

describe("an IAM login", () => {
  it("asks for a password at each new connection and ignores one in the string", async () => {
    const url = new URL(database.url);
    const password = decodeURIComponent(url.password);
    url.password = "";
    let asked = 0;
    const db = createDatabase(
      { DATABASE_URL: url.href, DATABASE_IAM: true, DATABASE_CA: undefined, DATABASE_POOL_MAX: undefined },
      {
        name: "test",
        max: 2,
        log: silentLogger,
        accessToken: async () => {
          asked += 1;
          return password;
        },
      },
    );
    await Promise.all([db.query("SELECT pg_sleep(0.05)"), db.query("SELECT pg_sleep(0.05)")]);
    assert.equal(asked, 2);
    const { rows } = await db.query("SELECT current_database() AS name");
    assert.equal(rows[0]?.name, url.pathname.slice(1));
    await db.close();
  });

  it("reads a Unix socket's directory from the string", async () => {
    const socket = "/cloudsql/project:region:instance";
    const db = createDatabase(
      {
        DATABASE_URL: `postgres://someone@/reverie?host=${encodeURIComponent(socket)}`,
        DATABASE_IAM: true,
        DATABASE_CA: undefined,
        DATABASE_POOL_MAX: undefined,
      },
      { name: "test", max: 1, log: silentLogger, accessToken: async () => "token" },
    );
    await assert.rejects(db.query("SELECT 1"), { code: "ENOENT", address: `${socket}/.s.PGSQL.5432` });
    await db.close();
  });
});

describe("a transaction", () => {
  const open = () =>
    createDatabase(
      {
        DATABASE_URL: database.url,
        DATABASE_IAM: false,
        DATABASE_CA: undefined,
        DATABASE_POOL_MAX: undefined,
      },
      { name: "test", max: 4, log: silentLogger },
    );

  it("keeps nothing of work that throws, and gives its connection back", async () => {
    const db = open();
    await db.query("CREATE TABLE kept (n integer)");
    for (let i = 0; i < 10; i++)
      await assert.rejects(
        db.transaction(async (sql) => {
          await sql.query("INSERT INTO kept VALUES (1)");
          throw new Error("no");
        }),
        /no/,
      );
    assert.equal((await db.query("SELECT FROM kept")).rowCount, 0);
    await db.close();
  });

  it("is tried again after a conflict, so that no serializable increment is lost", async () => {
    const db = open();
    await db.query("CREATE TABLE counter AS SELECT 0 AS n");
    let tries = 0;
    const increment = () =>
      db.transaction(
        async (sql) => {
          tries += 1;
          const { rows } = await sql.query<{ n: number }>("SELECT n FROM counter");
          await sql.query("UPDATE counter SET n = $1", [(rows[0]?.n ?? 0) + 1]);
        },
        { isolation: "serializable" },
      );
    await Promise.all([increment(), increment(), increment()]);
    assert.deepEqual((await db.query("SELECT n FROM counter")).rows, [{ n: 3 }]);
    assert.ok(tries >= 3);
    await db.close();
  });
});
