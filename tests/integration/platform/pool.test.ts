import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type TestDatabase, testDatabase } from "#local/testing/backends.ts";
import { silentLogger } from "#shared/platform/log/logger.ts";
import { createDatabase, type Sql } from "#shared/platform/sql/pool.ts";

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

describe("a first connection that is opened at once", () => {
  const settings = (url: string) => ({
    DATABASE_URL: url,
    DATABASE_IAM: true,
    DATABASE_CA: undefined,
    DATABASE_POOL_MAX: undefined,
  });
  const options = { name: "test", max: 2, log: silentLogger, connectsAtOnce: true };

  it("is the one that the first statement takes, and a first transaction", async () => {
    const password = decodeURIComponent(new URL(database.url).password);
    for (const first of ["statement", "transaction"]) {
      let asked = 0;
      const db = createDatabase(settings(database.url), {
        ...options,
        accessToken: async () => {
          asked += 1;
          return password;
        },
      });
      if (first === "statement") await db.query("SELECT 1");
      else await db.transaction((sql) => sql.query("SELECT 1"));
      assert.equal(asked, 1, first);
      await db.close();
    }
  });

  it("may fail: a statement that waits for it connects by itself", async () => {
    let asked = 0;
    const accessToken = async () => {
      asked += 1;
      if (asked === 1) throw new Error("no token");
      return decodeURIComponent(new URL(database.url).password);
    };
    const db = createDatabase(settings(database.url), { ...options, accessToken });
    assert.equal((await db.query("SELECT 1")).rowCount, 1);
    assert.equal(asked, 2);
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

describe("single statements", () => {
  const open = (max: number) =>
    createDatabase(
      {
        DATABASE_URL: database.url,
        DATABASE_IAM: false,
        DATABASE_CA: undefined,
        DATABASE_POOL_MAX: undefined,
      },
      { name: "test", max, log: silentLogger },
    );

  /** Resolves when a connection's statement waits for something of this type. */
  const waiting = async (sql: Sql, pid: number | undefined, type: string) => {
    for (let found = 0; found !== 1; ) {
      const activity = await sql.query(
        "SELECT FROM pg_stat_activity WHERE pid = $1 AND wait_event_type = $2",
        [pid, type],
      );
      found = activity.rowCount ?? 0;
    }
  };

  it("share a connection: each has its answer, and a failure is only its own", async () => {
    const db = open(1);
    const answers = await Promise.allSettled(
      Array.from({ length: 20 }, (_, n) =>
        db.query<{ backend: number; n: number }>(
          "SELECT pg_backend_pid() AS backend, 10 / ($1::int - 7) AS n",
          [n],
        ),
      ),
    );
    const failed = answers.flatMap(({ status }, n) => (status === "rejected" ? [n] : []));
    const given = answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value.rows : []));
    assert.deepEqual(failed, [7]);
    assert.deepEqual(
      given.map(({ n }) => n),
      Array.from({ length: 20 }, (_, n) => Math.trunc(10 / (n - 7))).filter(Number.isFinite),
    );
    assert.equal(new Set(given.map(({ backend }) => backend)).size, 1);
    await db.close();
  });

  it("leave a transaction its turn while more of them come all the time", async () => {
    const db = open(1);
    let ended = false;
    const ask = async () => {
      while (!ended) await db.query("SELECT $1::int", [1]);
    };
    const asking = [ask(), ask(), ask()];
    await db.query("SELECT 1");
    const { rows } = await db.transaction((sql) => sql.query("SELECT $1::text AS said", ["in between"]));
    ended = true;
    await Promise.all(asking);
    assert.deepEqual(rows, [{ said: "in between" }]);
    await db.close();
  });

  it("fail together with their connection, and the next one has another", async () => {
    const db = open(1);
    const other = open(1);
    const { rows } = await db.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
    const pid = rows[0]?.pid;
    const sleeping = assert.rejects(db.query("SELECT pg_sleep($1)", [30]), { code: "57P01" });
    await waiting(other, pid, "Timeout");
    const behind = assert.rejects(db.query("SELECT $1::int", [1]));
    await other.query("SELECT pg_terminate_backend($1)", [pid]);
    await Promise.all([sleeping, behind]);
    assert.deepEqual((await db.query("SELECT $1::int AS n", [2])).rows, [{ n: 2 }]);
    await Promise.all([db.close(), other.close()]);
  });

  it("go on over a new connection as soon as Postgres has ended theirs", async () => {
    const db = open(1);
    const other = open(1);
    const { rows } = await db.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
    const sleeping = db.query("SELECT pg_sleep($1)", [30]).then(
      () => assert.fail("its connection was ended"),
      () => db.query("SELECT $1::int AS n", [2]),
    );
    await other.query("SELECT pg_terminate_backend($1)", [rows[0]?.pid]);
    assert.deepEqual((await sleeping).rows, [{ n: 2 }]);
    await Promise.all([db.close(), other.close()]);
  });

  it("don't fail because one before them could not be prepared", async () => {
    const db = open(1);
    const other = open(2);
    await db.query("CREATE TABLE locked AS SELECT 1 AS n");
    const { rows } = await db.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
    const { promise: until, resolve: unlock } = Promise.withResolvers<void>();
    const { promise: locked, resolve: lock } = Promise.withResolvers<void>();
    const migration = other.transaction(async (sql) => {
      await sql.query("LOCK TABLE locked");
      lock();
      await until;
    });
    await locked;
    // Each is cancelled while it waits for the table, the first one while it is prepared.
    const read = () => db.query("SELECT n FROM locked WHERE $1::int = 1", [1]);
    const first = assert.rejects(read(), { code: "57014" });
    await waiting(other, rows[0]?.pid, "Lock");
    const others = [read(), read()];
    await other.query("SELECT pg_cancel_backend($1)", [rows[0]?.pid]);
    await first;
    unlock();
    await migration;
    const found = await Promise.all([...others, read()]);
    assert.deepEqual(
      found.map((one) => one.rows),
      [[{ n: 1 }], [{ n: 1 }], [{ n: 1 }]],
    );
    await Promise.all([db.close(), other.close()]);
  });

  it("don't fail because an earlier one had a value that can't be written", async () => {
    const db = open(1);
    const echo = (value: unknown) => db.query("SELECT $1::jsonb AS value", [value]);
    await echo({ a: 1 });
    await assert.rejects(echo({ a: 1n }), TypeError);
    assert.deepEqual((await echo({ a: 2 })).rows, [{ value: { a: 2 } }]);
    await db.close();
  });

  it("go on when a migration changes the type of a column that they read", async () => {
    const db = open(1);
    await db.query("CREATE TABLE changing AS SELECT 1 AS n");
    const read = (sql: Sql) => sql.query("SELECT n FROM changing WHERE $1::int = 1", [1]);
    assert.deepEqual((await read(db)).rows, [{ n: 1 }]);
    await db.query("ALTER TABLE changing ALTER n TYPE text");
    assert.deepEqual(
      (await Promise.all([read(db), read(db)])).map(({ rows }) => rows),
      [[{ n: "1" }], [{ n: "1" }]],
    );
    await read(db);
    await db.query("ALTER TABLE changing ALTER n TYPE integer USING n::integer");
    assert.deepEqual((await db.transaction(read)).rows, [{ n: 1 }]);
    await db.close();
  });
});
