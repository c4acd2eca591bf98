/**
 * What an urgent run reads depends on what is due, and not on how much there is. 50,000 members and 100,000 events are made in SQL. Jobs in
 * the emulator are dear, so their number is SWEEP_TEST_JOBS (2,000 unless set; 100,000 take some minutes).
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { repairsOf, runLimits } from "#functions/sweep/repairs.ts";
import { type Repair, runRepairs } from "#functions/sweep/runRepairs.ts";
import { countDocuments } from "#local/testing/countDocuments.ts";
import { enqueueEvent } from "#shared/events/outbox.ts";
import { functions } from "#shared/manifest.ts";
import { plusSeconds } from "#shared/platform/clock.ts";
import { randomId } from "#shared/platform/ids.ts";
import { silentLogger } from "#shared/platform/log/logger.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { jobWith } from "#shared/queue/testing/jobFixture.ts";
import { type SweepHarness, sweepHarness } from "./harness.ts";

const JOBS = Number(process.env.SWEEP_TEST_JOBS ?? 2_000);
const MEMBERS = 50_000;

let harness: SweepHarness;
before(async () => {
  harness = await sweepHarness();
  await harness.clear();
});
after(() => harness.drop());

/** Some of everything that the urgent repairs look for, due when an hour has passed. */
async function makeDue(): Promise<void> {
  const { queue } = harness;
  const spaceId = randomId();
  await Promise.all([1, 2, 3].map(() => queue.submit({ spaceId })));
  const [, second] = await queue.lease({ max: 3, seconds: 60 });
  await queue.giveBack(second?.leaseId ?? "", {
    type: "fail",
    code: "bad",
    message: "It failed.",
    retryable: true,
  });
  const pending = await queue.upload({ spaceId, state: "pending", received: null });
  await queue.submit({ spaceId, body: { inputs: { video: pending } } });
  const event = { type: "badge_earned", spaceId, userId: randomId(), badge: "star" } as const;
  await enqueueEvent(harness.backend.as("groups"), { ...event, id: randomId(), at: queue.now.toISOString() });
  queue.pass(3_000);
}

/** A run of the urgent repairs, with one that hangs in front of them. */
async function urgentRun() {
  const { db } = harness;
  let statements = 0;
  const counted = <T extends Sql>(sql: T): T => ({
    ...sql,
    query: (text: string, values?: readonly unknown[]) => {
      statements += 1;
      return sql.query(text, values);
    },
  });
  const sql = {
    ...counted(db),
    transaction: (work: (sql: Sql) => Promise<unknown>) => db.transaction((each) => work(counted(each))),
  };
  const before = await rowsRead();
  const documents = countDocuments(harness.queue.firestore);
  const deps = { ...harness.deps, db: sql as typeof db };
  const hangs: Repair = {
    name: "hangs",
    schedule: "urgent",
    budgetSeconds: 1,
    run: () => new Promise(() => {}),
  };
  const urgent = repairsOf({ ...deps, erasure: { ...deps.erasure, db: deps.db } }).filter(
    ({ schedule }) => schedule === "urgent",
  );
  // The emulator has no indexes and reads every job for each query, so time passes slowly here: reads are counted, not seconds.
  const stopwatch = () => performance.now() / (1 + JOBS / 2_000);
  const { repairs, left } = await runRepairs([hangs, ...urgent], {
    ...runLimits.urgent,
    log: silentLogger,
    stopwatch,
  });
  assert.equal(left, 0);
  const did = Object.fromEntries(repairs.map(({ name, did }) => [name, did]));
  const failed = repairs.filter(({ ok }) => !ok).map(({ name }) => name);
  assert.deepEqual(failed, ["hangs"]);
  return { did, documents: documents.stop().reads, statements, rows: (await rowsRead()) - before };
}

/** Rows that statements of the repairs have read from tables, by scan or by index. */
async function rowsRead(): Promise<number> {
  // A connection hands in its counts now and then, or when it is asked to: here all of the pool at once, each in its transaction.
  let asked = 0;
  const { promise: all, resolve } = Promise.withResolvers<void>();
  await Promise.all(
    Array.from({ length: functions.sweep.sqlPool }, () =>
      harness.db.transaction(async (sql) => {
        await sql.query("SELECT pg_stat_force_next_flush()");
        asked += 1;
        if (asked === functions.sweep.sqlPool) resolve();
        await all;
      }),
    ),
  );
  const { rows } = await harness.backend.pool.query<{ read: string }>(
    "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) AS read FROM pg_stat_user_tables",
  );
  return Number(rows[0]?.read);
}

async function makeMany(): Promise<void> {
  const { backend, queue } = harness;
  const sql = (text: string, ...values: unknown[]) => backend.pool.query(text, values);
  await sql(
    `INSERT INTO users (id, email, email_verified, created_at)
     SELECT 'user' || n, 'user' || n || '@example.com', true, now() FROM generate_series(1, $1::int) AS n`,
    MEMBERS,
  );
  await sql(
    `INSERT INTO spaces (id, type, owner_id, created_at)
     SELECT lpad(n::text, 26, 's'), 'care', 'user' || n, now() FROM generate_series(1, $1::int) AS n WHERE n % 2 = 0`,
    MEMBERS,
  );
  await sql(
    `INSERT INTO space_members (space_id, space_type, user_id, role, joined_at, mirrored_at)
     SELECT lpad((n + n % 2)::text, 26, 's'), 'care', 'user' || n, CASE n % 2 WHEN 0 THEN 'recipient' ELSE 'giver' END, now(), now()
     FROM generate_series(1, $1::int) AS n`,
    MEMBERS,
  );
  await sql(
    `INSERT INTO outbox (id, event, created_at, published_at)
     SELECT 'event' || n, '{}', now(), now() FROM generate_series(1, 100000) AS n`,
  );
  await sql(
    `INSERT INTO invitations (id, giver_id, recipient_key, mail_state, created_at, expires_at)
     SELECT lpad(n::text, 26, 'i'), 'user' || n, decode(repeat('00', 32), 'hex'), 'sent', now(), now() + interval '1 hour'
     FROM generate_series(1, $1::int) AS n`,
    MEMBERS,
  );
  await sql("ANALYZE");
  const writer = queue.firestore.bulkWriter({ throttling: false });
  const jobs = queue.firestore.collection("jobs");
  for (let n = 0; n < JOBS; n++) {
    const finishedAt = plusSeconds(queue.now, -n);
    const spaceId = `space${n % 1_000}`;
    void writer.create(jobs.doc(randomId()), {
      ...jobWith({
        state: n % 3 === 0 ? "cancelled" : "succeeded",
        spaceId,
        createdAt: finishedAt,
        finishedAt,
      }),
    });
  }
  await writer.close();
}

test("an urgent run reads what is due, however many jobs and members there are", async () => {
  await makeDue();
  const alone = await urgentRun();
  assert.equal(alone.did.end_expired_leases?.repaired, 2);
  assert.equal(alone.did.end_overdue_back_offs?.repaired, 1);
  assert.deepEqual(alone.did.publish_outbox, { published: 1 });
  assert.equal(alone.did.ingest_pending_uploads?.looked, 1);
  assert.ok(alone.documents > 10, "it counts");

  await harness.clear();
  await makeMany();
  await makeDue();
  const among = await urgentRun();
  assert.deepEqual(among.did, alone.did);
  assert.equal(among.statements, alone.statements);
  // Changes that meet are decided again, and read a few more.
  assert.ok(
    among.documents <= alone.documents + 20,
    `${among.documents} documents, ${alone.documents} before`,
  );
  assert.ok(among.rows <= alone.rows + 20, `${among.rows} rows, ${alone.rows} before`);
});
