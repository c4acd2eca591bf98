/** Writers, aborted and repeated writes, retention and readers in any order: a reader who follows a log has what there is. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import fc from "fast-check";
import { CHANGE_RETENTION_DAYS, purgeChanges } from "#functions/sweep/changeRepairs.ts";
import type { Change } from "#shared/changes/change.ts";
import { changing } from "#shared/changes/changing.ts";
import { READ_CHANGES, readChanges } from "#shared/changes/readChanges.ts";
import { type Family, family, type ResultsWorld, resultsWorld } from "../results/harness.ts";

const DAY = 86_400_000;
let world: ResultsWorld;
let now = new Date("2026-03-01T10:00:00Z");
before(async () => {
  world = await resultsWorld(() => now);
  // What there is: a table that members would see, with a value that another change changes.
  await world.backend.pool.query(
    `CREATE TABLE things (space_id text, id text, value text, PRIMARY KEY (space_id, id));
     GRANT ALL ON things TO reverie_library`,
  );
});
after(() => world.drop());

class AbortedError extends Error {}

/** Changes a thing, or removes it, in one transaction with its entry in the log. @returns whether that was committed */
async function write(
  { spaceId }: Pick<Family, "spaceId">,
  { id, value, abort = false }: { id: string; value: string | undefined; abort?: boolean },
  connections = 50,
): Promise<boolean> {
  const deps = { db: world.backend.as("library", connections), clock: () => now, raiseFeeds: async () => {} };
  const work = async (sql: Parameters<Parameters<typeof changing>[1]>[0], changes: Change[]) => {
    if (value === undefined) {
      const gone = await sql.query("DELETE FROM things WHERE space_id = $1 AND id = $2", [spaceId, id]);
      // What isn't there isn't deleted, and locks no row: its entry could come after that of one who makes the thing meanwhile.
      if (!gone.rowCount) return false;
    } else
      await sql.query(
        `INSERT INTO things VALUES ($1, $2, $3) ON CONFLICT (space_id, id) DO UPDATE SET value = excluded.value`,
        [spaceId, id, value],
      );
    changes.push({ spaceId, type: "resource", id, op: value === undefined ? "delete" : "put" });
    if (abort) throw new AbortedError();
    return true;
  };
  return changing(deps, work).catch((error: unknown) => {
    if (error instanceof AbortedError) return false;
    throw error;
  });
}

async function truth({ spaceId }: Pick<Family, "spaceId">): Promise<Map<string, string>> {
  const { rows } = await world.backend.pool.query<{ id: string; value: string }>(
    "SELECT id, value FROM things WHERE space_id = $1 ORDER BY id",
    [spaceId],
  );
  return new Map(rows.map(({ id, value }) => [id, value]));
}

/** A phone: its copy, and the number it has come to. */
class Reader {
  readonly copy = new Map<string, string>();
  resets = 0;
  readonly #home: Family;
  #after = 0;

  constructor(home: Family) {
    this.#home = home;
  }
  /** Reads a page. @returns whether there was anything */
  async read(limit: number): Promise<boolean> {
    const { spaceId, giverId: userId } = this.#home;
    const page = await readChanges(world.backend.as("library"), {
      userId,
      spaceId,
      after: this.#after,
      limit,
    });
    assert.ok(page);
    assert.ok(page.nextSeq >= this.#after || page.reset);
    this.#after = page.nextSeq;
    if (page.reset) {
      this.resets += 1;
      this.copy.clear();
      for (const [id, value] of await truth(this.#home)) this.copy.set(id, value);
      return true;
    }
    for (const { id, op } of page.items) {
      const value = op === "put" ? (await truth(this.#home)).get(id) : undefined;
      if (value === undefined) this.copy.delete(id);
      else this.copy.set(id, value);
    }
    return page.items.length > 0;
  }
  async readAll(limit = 7): Promise<void> {
    while (await this.read(limit)) {}
  }
}
const sorted = (map: ReadonlyMap<string, string>) =>
  [...map].sort(([one], [other]) => (one < other ? -1 : 1));

test("under fifty writers a reader who follows misses no thing's last state", async () => {
  const home = await family(world);
  const reader = new Reader(home);
  let writing = true;
  let committed = 0;
  const following = (async () => {
    while (writing) await reader.read(5);
  })();
  await Promise.all(
    Array.from({ length: 50 }, async (_, writer) => {
      for (let count = 0; count < 20; count++) {
        const id = `t${(writer * 7 + count * 13) % 40}`;
        const value = (writer + count) % 5 === 0 ? undefined : `${writer}.${count}`;
        if (await write(home, { id, value, abort: (writer + count) % 7 === 0 })) committed += 1;
        if (count % 6 === 0) await setTimeout(1);
      }
    }),
  );
  writing = false;
  await following;
  await reader.readAll();
  assert.deepEqual(sorted(reader.copy), sorted(await truth(home)));
  assert.equal(reader.resets, 0);
  // Numbers have no gap: each write that was committed has one.
  const { rows } = await world.backend.pool.query("SELECT seq::int FROM spaces WHERE id = $1", [
    home.spaceId,
  ]);
  assert.deepEqual(rows, [{ seq: committed }]);
  assert.ok(committed > 500, `${committed}`);
});

type Step =
  | {
      readonly type: "write";
      readonly id: string;
      readonly value: string | undefined;
      readonly abort: boolean;
    }
  | { readonly type: "read"; readonly reader: number; readonly limit: number }
  | { readonly type: "days"; readonly days: number }
  | { readonly type: "purge"; readonly limit: number }
  | { readonly type: "at_once"; readonly ids: readonly string[] };

const id = fc.integer({ min: 0, max: 5 }).map((number) => `t${number}`);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant("write"),
      id,
      value: fc.option(fc.string(), { nil: undefined }).map((text) => text?.replaceAll("\0", "")),
      abort: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant("read"),
      reader: fc.nat(2),
      limit: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("days"), days: fc.integer({ min: 1, max: 40 }) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("purge"), limit: fc.integer({ min: 1, max: 20 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant("at_once"), ids: fc.array(id, { minLength: 2, maxLength: 6 }) }),
  },
) as fc.Arbitrary<Step>; // oneof forgets that each record has its own type

test("random histories of writers, aborts, retention and readers who were away", async () => {
  let resets = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
      const home = await family(world);
      const readers = [new Reader(home), new Reader(home), new Reader(home)];
      for (const [index, each] of steps.entries()) {
        if (each.type === "write") await write(home, each);
        else if (each.type === "read") await readers[each.reader]?.read(each.limit);
        else if (each.type === "days") now = new Date(now.getTime() + each.days * DAY);
        else if (each.type === "purge")
          await purgeChanges({ db: world.backend.as("sweep"), clock: () => now }, undefined, each.limit);
        else await Promise.all(each.ids.map((id, at) => write(home, { id, value: `${index}.${at}` })));
      }
      const expected = sorted(await truth(home));
      for (const reader of readers) {
        await reader.readAll(3);
        assert.deepEqual(sorted(reader.copy), expected);
        resets += reader.resets;
      }
      await world.backend.pool.query("DELETE FROM spaces WHERE id = $1", [home.spaceId]);
    }),
    { numRuns: 150 },
  );
  assert.ok(resets > 10, `${resets}`);
});

test("a phone away for 31 days gets reset; one that missed nothing does not", async () => {
  const home = await family(world);
  await write(home, { id: "old", value: "1" });
  const [away, upToDate] = [new Reader(home), new Reader(home)];
  await upToDate.readAll();
  now = new Date(now.getTime() + 31 * DAY);
  assert.equal(CHANGE_RETENTION_DAYS, 30);
  assert.equal((await purgeChanges({ db: world.backend.as("sweep"), clock: () => now })).removed, 1);
  await write(home, { id: "new", value: "2" });
  for (const reader of [away, upToDate]) await reader.readAll();
  assert.deepEqual([away.resets, upToDate.resets], [1, 0]);
  const expected = sorted(await truth(home));
  assert.deepEqual([sorted(away.copy), sorted(upToDate.copy)], [expected, expected]);
});

interface Plan {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Actual Loops": number;
  readonly "Shared Hit Blocks": number;
  readonly "Shared Read Blocks": number;
  readonly Plans?: readonly Plan[];
}
async function planOf(statement: string, values: readonly unknown[]): Promise<Plan> {
  const { rows } = await world.backend.pool.query<{ "QUERY PLAN": [{ Plan: Plan }] }>(
    `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${statement}`,
    [...values],
  );
  const plan = rows[0]?.["QUERY PLAN"][0].Plan;
  assert.ok(plan);
  return plan;
}
const nodesOf = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
const blocksOf = (plan: Plan) => plan["Shared Hit Blocks"] + plan["Shared Read Blocks"];

/** A space whose log has so many things. */
async function longLog(length: number): Promise<Family> {
  const home = await family(world);
  const { pool } = world.backend;
  await pool.query(
    `INSERT INTO changes (space_id, type, id, seq, op, at)
     SELECT $1, 'resource', 'r' || n, n, 'put', $2::timestamptz FROM generate_series(1, $3::int) n`,
    [home.spaceId, now, length],
  );
  await pool.query("UPDATE spaces SET seq = $2 WHERE id = $1", [home.spaceId, length]);
  await pool.query("ANALYZE changes, spaces, space_members");
  return home;
}

test("a poll that finds nothing reads three rows by index, and none of the log", async () => {
  // So many that reading all of them is no plan.
  for (let count = 0; count < 300; count++) await family(world);
  const home = await longLog(100_000);
  const nothing = await planOf(READ_CHANGES, [home.giverId, home.spaceId, 100_000, 100]);
  const nodes = nodesOf(nothing).filter((node) => node["Actual Loops"] > 0);
  assert.deepEqual(
    nodes.filter((node) => node["Node Type"].includes("Seq Scan")),
    [],
  );
  assert.deepEqual(
    nodes.filter((node) => node["Relation Name"] === "changes"),
    [],
  );
  assert.ok(blocksOf(nothing) <= 12, `${blocksOf(nothing)}`);
  const page = await planOf(READ_CHANGES, [home.giverId, home.spaceId, 50_000, 100]);
  assert.ok(blocksOf(page) < 150, `${blocksOf(page)}`);
});

test("a write to a log of 100,000 things costs what it costs in one of 10", async () => {
  const cost: number[] = [];
  for (const length of [10, 100_000]) {
    const home = await longLog(length);
    const blocks: number[] = [];
    for (const id of ["r5", "new"]) {
      const asked: { text: string; values: readonly unknown[] }[] = [];
      const db = world.backend.as("library");
      const spying = {
        ...db,
        transaction: (work: Parameters<typeof db.transaction>[0]) =>
          db.transaction((sql) =>
            work({
              query: (text, values = []) => {
                asked.push({ text, values });
                return sql.query(text, values);
              },
            }),
          ),
      } as typeof db; // the work's own result
      await changing({ db: spying, clock: () => now, raiseFeeds: async () => {} }, async (_sql, changes) => {
        changes.push({ spaceId: home.spaceId, type: "resource", id, op: "put" });
      });
      const [statement, ...others] = asked;
      assert.deepEqual(others, []);
      blocks.push(blocksOf(await planOf(statement?.text ?? "", statement?.values ?? [])));
    }
    cost.push(Math.max(...blocks));
  }
  const [short = 0, long = 0] = cost;
  // Three indexes, each of them at most two levels deeper.
  assert.ok(long <= short + 20, `${cost}`);
});
