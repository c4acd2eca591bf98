import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { type TestDatabase, testDatabase } from "#local/testing/backends.ts";
import { sqlRateLimiter } from "#shared/platform/http/sqlRateLimiter.ts";
import { type Logger, silentLogger } from "#shared/platform/log/logger.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";

const MINUTE = 60_000;
let db: TestDatabase;
let now = 1_800_000_000_000; // the start of a minute

before(async () => {
  db = await testDatabase();
});
after(() => db.drop());
beforeEach(async () => {
  await db.pool.query("DELETE FROM rate_windows");
  now += 10 * MINUTE - (now % MINUTE); // what an earlier test's instance still sends belongs to another window
});

function instance(limit: number, sql: Sql = db.as("jobs"), log: Logger = silentLogger) {
  const clock = () => new Date(now);
  const limiter = sqlRateLimiter(
    sql,
    { sign_in: limit, address: limit, account: limit },
    {
      clock,
      log,
      patienceMilliseconds: 30_000, // what is shown here must not depend on how busy the machine is
    },
  );
  return {
    take: (subject: string) => limiter.take("sign_in", subject),
    takeAccount: (subject: string) => limiter.take("account", subject),
    takeAddress: (subject: string) => limiter.take("address", subject),
    async burst(subject: string, requests: number): Promise<number> {
      const decisions = await Promise.all(
        Array.from({ length: requests }, () => limiter.take("sign_in", subject)),
      );
      return decisions.filter((decision) => decision.allowed).length;
    },
  };
}

describe("the shared rate limiter", () => {
  it("lets exactly the limit through on one instance, and counts no one else", async () => {
    for (const limit of [1, 7, 30, 100]) {
      assert.equal(await instance(limit).burst(`burst ${limit}`, 300), limit);
      const one = instance(limit);
      for (let i = 0; i < limit; i++) assert.equal((await one.take(`row ${limit}`)).allowed, true);
      assert.equal((await one.take(`row ${limit}`)).allowed, false);
      assert.equal((await one.take(`other ${limit}`)).allowed, true);
    }
  });

  it("keeps its bound over six busy instances, and refuses none before the limit", async () => {
    const limit = 60;
    const instances = Array.from({ length: 6 }, () => instance(limit));
    const passed = await Promise.all(instances.map((each) => each.burst("10.0.0.1", 200)));
    const total = passed.reduce((sum, count) => sum + count, 0);
    assert.ok(total >= limit, `${total} were let through`);
    assert.ok(total <= limit * (1 + 6 / 10), `${total} were let through`);
  });

  it("counts for an instance that comes later what an earlier one let through", async () => {
    assert.equal(await instance(40).burst("a", 200), 40);
    const later = instance(40);
    const total = await later.burst("a", 200);
    assert.ok(total <= 4, `${total} were let through`);
    assert.equal((await later.take("a")).allowed, false);
  });

  it("stores 5,000 addresses of a minute; it counts further ones alone, accounts not", async () => {
    await using own = await ownDatabase(); // other tests' instances may still be writing theirs
    const rows = async () => (await own.pool.query("SELECT FROM rate_windows")).rowCount;
    const logged: unknown[] = [];
    const log = { ...silentLogger, warn: (...line: unknown[]) => logged.push(line) };
    const flooded = instance(2, own.db, log);
    for (let address = 0; address < 6_000; address++) await flooded.takeAddress(`forged ${address}`);
    assert.deepEqual(
      [
        await flooded.takeAddress("late"),
        await flooded.takeAddress("late"),
        await flooded.takeAddress("late"),
      ].map(({ allowed }) => allowed),
      [true, true, false],
    );
    await flooded.takeAccount("kim");
    await flooded.takeAccount("kim");
    await until(async () => (await rows()) === 5_001);
    assert.deepEqual(logged, [["rate_addresses_too_many", { addresses: 5_000 }]]);
    await instance(2, own.db).takeAddress("late");
    await until(async () => (await rows()) === 5_002);
    now += 4 * MINUTE;
    await flooded.takeAddress("forged again");
    await until(async () => (await rows()) === 1);
  });

  it("starts again with the next minute and says when that is", async () => {
    const one = instance(2);
    await one.burst("a", 5);
    now += 15_000;
    assert.deepEqual(await one.take("a"), { allowed: false, limit: 2, remaining: 0, resetSeconds: 45 });
    now += 45_000;
    assert.deepEqual(await one.take("a"), { allowed: true, limit: 2, remaining: 1, resetSeconds: 60 });
  });

  it("counts each budget for itself", async () => {
    const one = instance(1);
    assert.equal((await one.take("a")).allowed, true);
    assert.equal((await one.takeAddress("a")).allowed, true);
    assert.equal((await one.take("a")).allowed, false);
  });

  it("makes no request wait for Postgres while it is within its share", async () => {
    const never: Sql = { query: () => new Promise(() => {}) };
    const one = instance(100, never);
    for (let i = 0; i < 5; i++) assert.equal((await one.take("a")).allowed, true);
  });

  it("lets requests through when Postgres fails, up to the limit of the instance alone", async () => {
    let asked = 0;
    const broken: Sql = {
      query: () => {
        asked += 1;
        return Promise.reject(new Error("the database is away"));
      },
    };
    assert.equal(await instance(30, broken).burst("a", 100), 30);
    assert.ok(asked < 10, `Postgres was asked ${asked} times`);
  });

  it("sends later what it could not send at first", async () => {
    let away = true;
    const flaky: Sql = {
      query: (text, values) => (away ? Promise.reject(new Error("away")) : db.as("jobs").query(text, values)),
    };
    const one = instance(40, flaky);
    assert.equal(await one.burst("a", 10), 10);
    away = false;
    now += 10_000;
    assert.equal(await one.burst("a", 100), 30);
    await until(async () => {
      await one.take("a"); // refused, and written with the rest of the counts
      const { rows } = await db.pool.query<{ used: number }>("SELECT max(used) AS used FROM rate_windows");
      return (rows[0]?.used ?? 0) >= 40;
    });
    assert.ok((await instance(40).burst("a", 100)) <= 4);
  });

  it("stores no address and removes windows that are over", async () => {
    await using own = await ownDatabase(); // other tests' instances may still be writing theirs
    await instance(10, own.db).burst("192.0.2.77", 3);
    await until(async () => {
      const written = await own.pool.query("SELECT FROM rate_windows WHERE used = 3");
      return written.rowCount === 1;
    });
    const { rows } = await own.pool.query<{ row: string }>(
      "select row_to_json(w)::text as row from rate_windows w",
    );
    assert.equal(rows.length, 1);
    assert.ok(!rows[0]?.row.includes("192.0.2"));
    now += 5 * MINUTE;
    await instance(10, own.db).burst("192.0.2.78", 3);
    await until(async () => {
      const left = await own.pool.query("SELECT FROM rate_windows");
      return left.rowCount === 1;
    });
  });
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await holds())) {
    assert.ok(Date.now() < deadline, "the condition did not come true");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function ownDatabase() {
  const own = await testDatabase();
  return { pool: own.pool, db: own.as("jobs"), [Symbol.asyncDispose]: () => own.drop() };
}
