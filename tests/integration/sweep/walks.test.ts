/** Walks of `sweep`: they go on where they stopped, also after a crash. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { after, before, beforeEach, type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { compareMembers } from "#functions/sweep/memberRepairs.ts";
import { type Page, type Walk, walkOn } from "#functions/sweep/walk.ts";
import { plusSeconds } from "#shared/platform/clock.ts";
import { TimeLimit } from "#shared/platform/timeLimit.ts";
import { eventually } from "#tests/acceptance/tools.ts";
import { type SweepHarness, sweepHarness } from "./harness.ts";

let harness: SweepHarness;
before(async () => {
  harness = await sweepHarness();
});
beforeEach(() => harness.clear());
after(() => harness.drop());

const NOTHING = { did: {}, errors: [], cut: false };
const nextPage = (next: string | null): Page => ({ did: { looked: 1 }, next });
const HOUR = 3600;

/** A run of a walk. */
function run(page: Walk["page"], time = new TimeLimit(60), restSeconds: Walk["restSeconds"] = () => HOUR) {
  return walkOn({ name: "test", restSeconds, page }, harness.deps, time);
}

async function walkRow() {
  const { rows } = await harness.backend.pool.query("SELECT place, holder, held_until FROM walks");
  return rows[0];
}

test("a walk goes on where it stopped, repeats a page that threw, rests at its end", async () => {
  const seen: (string | undefined)[] = [];
  const spent: number[] = [];
  const restSeconds = (seconds: number) => {
    spent.push(seconds);
    return HOUR;
  };
  const pages = (...nexts: (string | null | Error)[]) =>
    run(
      async (place) => {
        seen.push(place);
        const next = nexts.shift() ?? null;
        if (next instanceof Error) throw next;
        return nextPage(next);
      },
      new TimeLimit(60),
      restSeconds,
    );
  await assert.rejects(pages("a", "b", new Error("away")), { message: "away" });
  assert.deepEqual(await pages("c", null), { ...NOTHING, did: { looked: 2 } });
  assert.deepEqual(await pages("never"), NOTHING, "it rests");
  harness.queue.pass(HOUR + 1);
  await pages(null);
  assert.deepEqual(seen, [undefined, "a", "b", "b", "c", undefined]);
  assert.equal(spent.length, 2, "a rest is asked for at the end of a walk only");
});

test("when its time is over a walk stops between two pages and says where it goes on", async () => {
  let now = 0;
  const slow = async (place: string | undefined) => {
    now += 4_000;
    return nextPage(String(Number(place ?? 0) + 1));
  };
  const cut = await run(slow, new TimeLimit(10, () => now));
  assert.deepEqual(cut, { did: { looked: 3 }, errors: [], cut: true, place: "3" });
  assert.deepEqual(await walkRow(), { place: "3", holder: null, held_until: null });
  assert.equal((await run(slow, new TimeLimit(10, () => now))).place, "6");
});

test("of two runs one has the walk; a hold ends, and a late run's place is not taken", async () => {
  let release = () => {};
  const frozen = new Promise<void>((resolve) => {
    release = resolve;
  });
  let began = () => {};
  const underWay = new Promise<void>((resolve) => {
    began = resolve;
  });
  const first = run(async (place) => {
    if (place === undefined) return nextPage("a");
    began();
    await frozen;
    return nextPage("stale");
  });
  await underWay;
  const second = (seen: (string | undefined)[], next: string | null) =>
    run(async (place) => {
      seen.push(place);
      return nextPage(next);
    });
  const seen: (string | undefined)[] = [];
  harness.queue.pass(60 + 29);
  assert.deepEqual(await second(seen, null), NOTHING);
  harness.queue.pass(2);
  assert.deepEqual(await second(seen, null), { ...NOTHING, did: { looked: 1 } });
  assert.deepEqual(seen, ["a"], "only the page under way is done twice");
  release();
  assert.equal((await first).cut, true);
  assert.deepEqual(await walkRow(), { place: null, holder: null, held_until: null });
});

test("members are compared in pages, from the place where the last run was cut", async () => {
  const ids = Array.from({ length: 9 }, (_, index) => String(index).repeat(26));
  await harness.backend.pool.query(
    `INSERT INTO users (id, email, email_verified, created_at) SELECT id, id || '@example.com', true, now() FROM unnest($1::text[]) AS id`,
    [ids],
  );
  await harness.backend.pool.query(
    "INSERT INTO spaces (id, type, owner_id, created_at) VALUES ($1, 'care', $2, now())",
    ["s".repeat(26), ids[0]],
  );
  await harness.backend.pool.query(
    `INSERT INTO space_members (space_id, space_type, user_id, role, joined_at)
     SELECT $1, 'care', id, CASE id WHEN $3 THEN 'recipient' ELSE 'giver' END, now() FROM unnest($2::text[]) AS id`,
    ["s".repeat(26), ids, ids[0]],
  );
  const mirror = (id: string) => harness.queue.firestore.doc(`members/${id}`);
  await mirror("stranger").set({ spaceIds: ["s".repeat(26)] });

  const places: (string | undefined)[] = [];
  for (let cut = true; cut; ) {
    const done = await run(async (place, time) => {
      const page = await compareMembers(harness.deps, place, time, 4);
      time.end();
      return page;
    });
    cut = done.cut;
    places.push(done.place);
  }
  const [, , , , last] = places;
  assert.deepEqual(places.slice(0, 4), [
    `members ${ids[3]}`,
    `members ${ids[7]}`,
    "mirrors ",
    `mirrors ${ids[3]}`,
  ]);
  assert.equal(last, `mirrors ${ids[7]}`);
  for (const id of ids) assert.deepEqual((await mirror(id).get()).data(), { spaceIds: ["s".repeat(26)] });
  assert.equal((await mirror("stranger").get()).exists, false);
});

const place = async () => (await walkRow())?.place;

test("a run killed in a page loses that page; the next run does the rest", async (t) => {
  await strangers(10);
  const child = startWalk(t, 60);
  assert.deepEqual(await child.next(), { mended: 0, next: "mirrors " });
  child.goOn();
  const second = await child.next();
  assert.equal(second.mended, 4);
  child.kill("SIGKILL");
  await child.ended;
  assert.equal(await place(), "mirrors ", "the page that was done and not written down is done again");

  const heldUntil: Date = (await walkRow())?.held_until;
  const deps = { ...harness.deps, clock: () => plusSeconds(heldUntil, -1) };
  assert.deepEqual(
    await compareAll(deps),
    NOTHING,
    "the dead run has the walk for its own time and half a minute",
  );
  deps.clock = () => heldUntil;
  assert.deepEqual((await compareAll(deps)).did, { checked: 6, mended: 6 });
  assert.equal((await harness.queue.firestore.collection("members").get()).size, 0);
});

test("a run stopped for longer than its time does nothing twice and takes no place", async (t) => {
  await strangers(10);
  const child = startWalk(t, 1);
  await child.next();
  child.goOn();
  assert.equal((await child.next()).mended, 4);
  const startedAt = performance.now();
  child.kill("SIGSTOP");

  // Another run, by a clock on which the hold of the first is over.
  const deps = { ...harness.deps, clock: () => plusSeconds(new Date(), 60) };
  assert.deepEqual((await compareAll(deps)).did, { checked: 6, mended: 6 });
  const after = await walkRow();
  await eventually("the end of its time", async () => performance.now() - startedAt > 1_000);
  child.kill("SIGCONT");
  child.goOn();
  assert.deepEqual(await child.next(), { done: { did: { checked: 4, mended: 4 }, errors: [], cut: true } });
  await child.ended;
  assert.deepEqual(await walkRow(), after);
});

function compareAll(deps: SweepHarness["deps"]) {
  const page: Walk["page"] = (from, time) => compareMembers(deps, from, time, 4);
  return walkOn({ name: "compare_members", restSeconds: () => HOUR, page }, deps, new TimeLimit(60));
}

/** Mirrors of people who are no members. */
async function strangers(count: number): Promise<void> {
  const batch = harness.queue.firestore.batch();
  for (let n = 0; n < count; n++)
    batch.set(harness.queue.firestore.doc(`members/stranger${n}`), { spaceIds: ["gone"] });
  await batch.commit();
}

/** A run in a process of its own, which waits after each page. */
function startWalk(t: TestContext, seconds: number) {
  const child = spawn(
    process.execPath,
    [
      fileURLToPath(new URL("walkProcess.ts", import.meta.url)),
      harness.backend.urlOf("sweep"),
      harness.queue.backend.projectId,
      String(seconds),
    ],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  t.after(() => child.kill("SIGKILL"));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    ended: once(child, "exit"),
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    goOn: () => child.stdin.write("\n"),
    next: async () => JSON.parse((await lines.next()).value ?? "null"),
  };
}

test("what the time does not suffice for is on the next page", async () => {
  await harness.backend.pool.query(
    `INSERT INTO users (id, email, email_verified, created_at) SELECT n || repeat('x', 25), n || '@example.com', true, now() FROM generate_series(1, 9) AS n`,
  );
  const { rows } = await harness.backend.pool.query("SELECT id FROM users ORDER BY id");
  for (const { id } of rows) await harness.queue.firestore.doc(`members/${id}`).set({ spaceIds: ["gone"] });
  let looks = 0;
  const time = new TimeLimit(60, () => (looks++ < 9 ? 0 : 61_000));
  const page = await compareMembers(harness.deps, "mirrors ", time, 9);
  const left = await harness.queue.firestore.collection("members").orderBy("__name__").get();
  assert.ok(left.size > 0 && left.size < 9, String(left.size));
  assert.deepEqual(page.did, { checked: 9 - left.size, mended: 9 - left.size });
  const rest = await compareMembers(harness.deps, page.next ?? "", new TimeLimit(60), 9);
  assert.deepEqual([rest.did, rest.next], [{ checked: left.size, mended: left.size }, null]);
});
