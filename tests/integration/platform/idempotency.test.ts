import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { type TestDatabase, testDatabase } from "#local/testing/backends.ts";
import { errors, hasCode } from "#shared/platform/errors.ts";
import {
  idempotent,
  type KeyedRequest,
  purgeIdempotencyKeys,
  type StoredAnswer,
} from "#shared/platform/idempotency/sql.ts";
import { randomId } from "#shared/platform/ids.ts";
import { silentLogger } from "#shared/platform/log/logger.ts";
import { createDatabase, type Database, type Sql } from "#shared/platform/sql/pool.ts";

let backend: TestDatabase;
let database: Database;
before(async () => {
  backend = await testDatabase();
  database = createDatabase(
    { DATABASE_URL: backend.url, DATABASE_IAM: false, DATABASE_CA: undefined, DATABASE_POOL_MAX: 8 },
    { connectMilliseconds: 120_000, name: "test", max: 8, log: silentLogger },
  );
  await backend.pool.query("CREATE TABLE things (name text PRIMARY KEY)");
});
after(async () => {
  await database.close();
  await backend.drop();
});

const NOW = new Date("2026-03-01T10:00:00Z");
const hoursLater = (hours: number) => new Date(NOW.getTime() + hours * 3_600_000);

async function request(overrides: Partial<KeyedRequest> = {}): Promise<KeyedRequest> {
  const caller = overrides.caller ?? (await someone());
  return {
    route: "POST /things",
    key: randomId(),
    body: { a: 1, b: [{ c: 2, d: 3 }] },
    now: NOW,
    ...overrides,
    caller,
  };
}

async function someone(): Promise<string> {
  const id = randomId();
  await backend.pool.query(
    "INSERT INTO users (id, email, email_verified, created_at, updated_at) VALUES ($1, $2, true, $3, $3)",
    [id, `${id}@example.com`, NOW],
  );
  return id;
}

/** Makes a thing with a random name; the answer names it, so that two effects can't look alike. */
const makeThing = (sql: Sql) => async (): Promise<StoredAnswer> => {
  const name = randomBytes(8).toString("hex");
  await sql.query("INSERT INTO things (name) VALUES ($1)", [name]);
  return { status: 201, headers: { location: `/things/${name}` }, body: `{ "name":"${name}" }` };
};
const make = (keyed: KeyedRequest) => database.transaction((sql) => idempotent(sql, keyed, makeThing(sql)));
const count = async () =>
  Number((await backend.pool.query<{ n: string }>("SELECT count(*) AS n FROM things")).rows[0]?.n);

test("a repeated request gets the first answer, with its fields in any order", async () => {
  const keyed = await request();
  const first = await make(keyed);
  const before = await count();
  const again = await make({ ...keyed, body: { b: [{ d: 3, c: 2 }], a: 1 }, now: hoursLater(23.9) });
  assert.deepEqual(again, first);
  assert.equal(await count(), before);
});

test("fifty requests with one key at once have one effect and one answer", async () => {
  const keyed = await request();
  const before = await count();
  const answers = await Promise.all(Array.from({ length: 50 }, () => make(keyed)));
  assert.equal(new Set(answers.map((answer) => answer.body)).size, 1);
  assert.equal(await count(), before + 1);
});

test("another body is refused and leaves the stored answer as it was", async () => {
  const keyed = await request();
  const first = await make(keyed);
  await assert.rejects(make({ ...keyed, body: { a: 2 } }), { code: "idempotency_key_reused", status: 422 });
  assert.deepEqual(await make(keyed), first);
});

test("another caller, route or key is another request", async () => {
  const keyed = await request();
  const answers = await Promise.all([
    make(keyed),
    make({ ...keyed, caller: await someone() }),
    make({ ...keyed, route: "POST /others" }),
    make({ ...keyed, key: randomId() }),
  ]);
  assert.equal(new Set(answers.map((answer) => answer.body)).size, 4);
});

test("without a key every request has its effect", async () => {
  const keyed = await request({ key: undefined });
  const [first, second] = [await make(keyed), await make(keyed)];
  assert.notEqual(first.body, second.body);
});

test("what throws is not stored and leaves nothing; the key can be used again", async () => {
  const keyed = await request();
  const before = await count();
  const failing = database.transaction((sql) =>
    idempotent(sql, keyed, async () => {
      await makeThing(sql)();
      throw errors.alreadyEarned("not now");
    }),
  );
  await assert.rejects(failing, { code: "already_earned" });
  assert.equal(await count(), before);
  await make(keyed);
  assert.equal(await count(), before + 1);
});

test("an error that is returned is not stored, but what was written before it stays", async () => {
  const keyed = await request();
  const before = await count();
  const refused = await database.transaction((sql) =>
    idempotent(sql, keyed, async () => {
      await makeThing(sql)();
      return errors.alreadyEarned("not now");
    }),
  );
  assert.ok(hasCode(refused, "already_earned"));
  assert.equal(await count(), before + 1);
  assert.equal((await make(keyed)).status, 201);
});

test("after 24 hours the key is free again, and the purge takes only what is over", async () => {
  const [old, young] = [await request(), await request({ now: hoursLater(1) })];
  const [first, second] = [await make(old), await make(young)];
  assert.notDeepEqual(await make({ ...old, body: { other: true }, now: hoursLater(24) }), first);
  await make({ ...old, key: "left behind" });
  assert.ok((await purgeIdempotencyKeys(database, hoursLater(24.5))) >= 1);
  assert.deepEqual(await make({ ...young, now: hoursLater(24.5) }), second);
});
