/** An engine that fails all of its work: it is noticed, paused, and tried again; the jobs it had don't pay for it. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { listPausedEngines } from "#functions/admin/listPausedEngines.ts";
import { resumeEngine } from "#functions/admin/resumeEngine.ts";
import { statusReader } from "#functions/jobs/status.ts";
import { type Logger, silentLogger } from "#shared/platform/log/logger.ts";
import { pausedBy } from "#shared/queue/engineRecord.ts";
import {
  accountIdOf,
  type EngineRecord,
  engineRecordId,
  engineRecordsOf,
} from "#shared/queue/engineRecordDocument.ts";
import { changeRecord, noteLeaseEnd } from "#shared/queue/engineRecords.ts";
import { endBackOff, endLease } from "#shared/queue/timers.ts";
import { intercepted } from "../results/wrappedFirestore.ts";
import { ENGINE, type LeaseOptions, type QueueHarness, queueHarness } from "./harness.ts";

const OTHER = "other@project.iam.gserviceaccount.com";
let queue: QueueHarness;
let logged: Record<string, unknown>[];
const keep = (event: string, fields: object) => logged.push({ event, ...fields });
const log: Logger = { ...silentLogger, info: keep, warn: keep, error: keep };

before(async () => {
  queue = await queueHarness({ deps: { log, pauseAfter: 4, leasesMax: 6 } });
});
after(() => queue.backend.drop());
beforeEach(async () => {
  logged = [];
  await queue.backend.clear();
});

const LAST_LEASE = { accountId: accountIdOf(ENGINE), engineId: "e1" };
const FAILURE = { type: "fail", code: "gpu", message: "The GPU is gone.", retryable: true } as const;
const events = (name: string) => logged.filter(({ event }) => event === name);

async function submitted(count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index++) {
    const spaceId = String(index).padStart(26, "g");
    ids.push((await queue.submit({ spaceId })).id);
    queue.pass(1); // so that they are leased in this order
  }
  return ids;
}

/** Leases one job after the other and fails each. */
async function failed(
  count: number,
  options: LeaseOptions = {},
  failure = FAILURE as Parameters<QueueHarness["giveBack"]>[1],
) {
  for (let index = 0; index < count; index++) {
    const [lease] = await queue.lease(options);
    assert.ok(lease, `lease ${index}`);
    await queue.giveBack(lease.leaseId, failure);
  }
}

async function recordOf(id: string): Promise<EngineRecord | undefined> {
  return (await engineRecordsOf(queue.firestore).doc(id).get()).data();
}

test("an account that fails four in a row gets no more; others get its jobs, refunded", async () => {
  const ids = await submitted(6);
  // Another name for each lease doesn't help.
  for (let index = 0; index < 4; index++) await failed(1, { engineId: `e${index}` });
  assert.deepEqual(await queue.lease({ engineId: "e9" }), []);
  assert.deepEqual(await queue.lease({ engineId: "e9" }), []);
  assert.equal((await recordOf(accountIdOf(ENGINE)))?.kinds.scene?.pause?.probes, 0);
  const accountId = accountIdOf(ENGINE);
  assert.deepEqual(events("engine_paused"), [
    {
      event: "engine_paused",
      ...{ accountId, engineId: null, kind: "scene" },
      ends: { succeeded: 0, input_failed: 0, failed: 4, lost: 0, released: 0 },
    },
  ]);
  assert.ok(!JSON.stringify(logged).includes(ENGINE), "no address is logged");
  queue.pass(30);
  for (const [index, jobId] of ids.entries()) {
    if (index < 4) await endBackOff({ jobId, enqueueCount: 1 }, queue.deps);
  }
  assert.deepEqual(await queue.lease({ engineId: "e9" }), []);
  const leases = await queue.lease({ caller: OTHER, max: 6 });
  assert.deepEqual(
    leases.map(({ job }) => job.attempt),
    [1, 1, 1, 1, 1, 1],
  );
});

test("after a minute one probe is given, also at once; its success ends the pause", async () => {
  await submitted(8);
  await failed(4);
  assert.deepEqual(await queue.lease({ max: 5 }), []);
  queue.pass(60);
  const asked = await Promise.all([queue.lease({ max: 5 }), queue.lease({ max: 5 })]);
  const probes = asked.flat();
  assert.equal(probes.length, 1);
  assert.deepEqual(await queue.lease({ max: 5 }), []);
  await queue.complete(probes[0]?.leaseId ?? "");
  assert.equal((await queue.lease({ max: 3 })).length, 3);
  assert.equal(events("engine_probed").length, 1);
  assert.deepEqual(
    events("engine_resumed").map(({ by, kind }) => [by, kind]),
    [["success", "scene"]],
  );
});

test("a probe is of a space whose work hasn't just failed, wherever it stands in line", async () => {
  const bad = "bad".padStart(26, "g");
  const ids: string[] = [];
  for (let index = 0; index < 5; index++) ids.push((await queue.submit({ spaceId: bad })).id);
  await failed(4);
  const { id: good } = await queue.submit({ spaceId: "good".padStart(26, "g") });
  assert.deepEqual(await queue.lease(), []);
  queue.pass(60);
  // Those that failed have kept their places, before that of the other family.
  for (const jobId of ids) await endBackOff({ jobId, enqueueCount: 1 }, queue.deps);
  const [probe] = await queue.lease();
  assert.equal(probe?.job.id, good);
  await queue.complete(probe?.leaseId ?? "");
  assert.equal((await queue.lease({ max: 3 })).length, 3);
});

test("a failed probe is one attempt, and the next one waits twice as long", async () => {
  const ids = await submitted(5);
  await failed(4);
  assert.deepEqual(await queue.lease(), []);
  queue.pass(60);
  await failed(1);
  const probe = await queue.job(ids[4] ?? "");
  assert.deepEqual([probe.attempt, probe.attemptRefunded], [1, false]);
  await queue.submit({ spaceId: "z".repeat(26) });
  queue.pass(119);
  assert.deepEqual(await queue.lease(), []);
  queue.pass(1);
  assert.equal((await queue.lease()).length, 1);
  assert.equal(events("engine_paused").length, 1);
});

test("leases that are lost count, once each however often their timers go off", async () => {
  const ids = await submitted(4);
  await queue.lease({ max: 4 });
  queue.pass(61);
  for (const jobId of [...ids, ...ids]) await endLease({ jobId, leaseNumber: 1 }, queue.deps);
  const record = await recordOf(accountIdOf(ENGINE));
  assert.deepEqual(
    record?.kinds.scene?.ends.map(({ how }) => how),
    ["lost", "lost", "lost", "lost"],
  );
  assert.deepEqual(await queue.lease(), []);
  assert.deepEqual(
    (await queue.lease({ caller: OTHER, max: 6 })).map(({ job }) => job.attempt),
    [1, 1, 1, 1],
  );
});

test("why an attempt ended is logged first: noting it may fail, and isn't logged later", async () => {
  const [id = ""] = await submitted(1);
  await queue.lease();
  queue.pass(61);
  const firestore = new Proxy(queue.firestore, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (name !== "collection" || typeof value !== "function") {
        return typeof value === "function" ? value.bind(target) : value;
      }
      return (path: string) => {
        if (path === "engineRecords") throw new Error("away");
        return value.call(target, path);
      };
    },
  });
  await endLease({ jobId: id, leaseNumber: 1 }, { ...queue.deps, firestore });
  await endLease({ jobId: id, leaseNumber: 1 }, queue.deps);
  assert.deepEqual(
    logged.map(({ event }) => event).filter((event) => String(event).startsWith("lease_end")),
    ["lease_ended", "lease_end_not_noted"],
  );
});

test("any number of bad videos of one family pauses nothing", async () => {
  for (let index = 0; index < 10; index++) await queue.submit();
  await failed(10, {}, { ...FAILURE, code: "video_unreadable", retryable: false });
  await queue.submit();
  assert.equal((await queue.lease()).length, 1);
  assert.deepEqual(events("engine_paused"), []);
});

test("one broken engine among working ones is paused alone", async () => {
  await submitted(14);
  for (let index = 0; index < 4; index++) {
    const [working] = await queue.lease({ engineId: "good" });
    await failed(1, { engineId: "broken" });
    await queue.complete(working?.leaseId ?? "");
  }
  assert.deepEqual(await queue.lease({ engineId: "broken" }), []);
  assert.equal((await queue.lease({ engineId: "good" })).length, 1);
  assert.deepEqual(
    events("engine_paused").map(({ engineId }) => engineId),
    ["broken"],
  );
});

test("a crash after the pause loses no refund: the next request makes them", async () => {
  const ids = await submitted(5);
  await failed(4);
  const id = accountIdOf(ENGINE);
  const account = { accountId: id, engineId: "e1", kind: "scene" };
  await changeRecord(id, account, (record) => pausedBy(record, 4, queue.now), queue.deps);
  assert.equal((await queue.job(ids[0] ?? "")).attemptRefunded, false);
  assert.deepEqual(await queue.lease(), []);
  for (const jobId of ids.slice(0, 4)) assert.equal((await queue.job(jobId)).attemptRefunded, true);
  assert.deepEqual((await recordOf(id))?.kinds.scene?.refundsDue, []);
});

test("an end that a crash left out is noted when the engine repeats its call", async () => {
  await submitted(1);
  const [lease] = await queue.lease();
  await queue.complete(lease?.leaseId ?? "");
  const id = accountIdOf(ENGINE);
  await queue.firestore.doc(`engineRecords/${id}`).delete();
  await queue.complete(lease?.leaseId ?? "");
  assert.deepEqual(
    (await recordOf(id))?.kinds.scene?.ends.map(({ how }) => how),
    ["succeeded"],
  );
});

test("records that can't be read pause no one; the next end begins them again", async () => {
  await submitted(7);
  await failed(4);
  assert.deepEqual(await queue.lease(), []);
  const ids = [accountIdOf(ENGINE), engineRecordId(accountIdOf(ENGINE), "e1")];
  const unreadable = () => events("engine_unreadable").map(({ document }) => document);
  const paths = ids.map((id) => `engineRecords/${id}`);
  for (const path of paths) await queue.firestore.doc(path).update({ kinds: { scene: { ends: 7 } } });
  assert.deepEqual(await listPausedEngines(undefined, { submit: queue.deps }), { items: [] });
  assert.deepEqual(unreadable(), [paths[0]]);
  logged = [];
  const [lease] = await queue.lease();
  assert.ok(lease);
  assert.deepEqual(unreadable(), paths);
  await queue.giveBack(lease.leaseId, FAILURE);
  for (const id of ids) {
    const record = await recordOf(id);
    assert.deepEqual(
      record?.kinds.scene?.ends.map(({ how }) => how),
      ["failed"],
    );
    assert.deepEqual(record?.pausedKinds, []);
  }
  assert.deepEqual(events("lease_end_not_noted"), []);
});

test("an engine is probed although its account's record can't be read", async () => {
  await submitted(6);
  for (let index = 0; index < 4; index++) {
    const [working] = await queue.lease({ engineId: "good" });
    await failed(1);
    await queue.complete(working?.leaseId ?? "");
    await queue.submit({ spaceId: "z".repeat(26) });
  }
  assert.deepEqual(await queue.lease(), []);
  await queue.firestore.doc(`engineRecords/${accountIdOf(ENGINE)}`).update({ pausedKinds: "scene" });
  assert.deepEqual(await queue.lease(), []);
  queue.pass(60);
  assert.equal((await queue.lease({ max: 3 })).length, 1);
  assert.equal(events("engine_probed").length, 1);
});

test("one account holds so many leases and no more, by any names of engines", async () => {
  await submitted(9);
  assert.equal((await queue.lease({ max: 4 })).length, 4);
  const [last] = await queue.lease({ max: 1, engineId: "e2" });
  assert.equal((await queue.lease({ max: 4, engineId: "e3" })).length, 1);
  assert.deepEqual(await queue.lease({ engineId: "e4" }), []);
  assert.equal((await queue.lease({ caller: OTHER })).length, 1);
  await queue.complete(last?.leaseId ?? "");
  assert.equal((await queue.lease({ engineId: "e4" })).length, 1);
});

test("the status counts pauses; an administrator sees the account and ends the pause", async () => {
  await submitted(8);
  await failed(4);
  assert.deepEqual(await queue.lease(), []);
  assert.equal((await statusReader(queue.deps)()).kinds.scene?.paused, 1);
  const admin = { submit: queue.deps };
  const { items } = await listPausedEngines(undefined, admin);
  const [paused] = items;
  assert.ok(paused && items.length === 1);
  assert.deepEqual(
    [paused.id, paused.account, paused.engineId, paused.kind, paused.probes, paused.ends.failed],
    [accountIdOf(ENGINE), ENGINE, null, "scene", 0, 4],
  );
  for (let twice = 0; twice < 2; twice++) await resumeEngine({ id: paused.id, kind: "scene" }, admin);
  assert.deepEqual(await listPausedEngines(undefined, admin), { items: [] });
  assert.deepEqual(
    events("engine_resumed").map(({ by }) => by),
    ["administrator"],
  );
  assert.equal((await queue.lease({ max: 3 })).length, 3);
  await assert.rejects(resumeEngine({ id: "x".repeat(26), kind: "scene" }, admin), /not/i);
});

test("an engine that is paused doesn't count as asking: others are still rung", async () => {
  await submitted(5);
  await failed(4);
  queue.pass(1);
  await queue.lease();
  const { docs } = await queue.firestore.collection("engines").get();
  assert.deepEqual(
    docs.map((document) => document.get("kinds")),
    [[]],
  );
});

test("the ends of thirty leases at once are all noted, and none waits for a lock", async () => {
  const ids = await submitted(30);
  const lastLease = { ...LAST_LEASE, hash: "", how: "completed", until: queue.now } as const;
  const jobs = await Promise.all(
    ids.map(async (id) => ({ id, job: { ...(await queue.job(id)), lastLease } })),
  );
  // A transaction's locks would have them wait for each other for seconds.
  const firestore = intercepted(queue.firestore, {
    runTransaction: () => Promise.reject(new Error("a transaction was opened")),
  });
  await Promise.all(
    jobs.map(({ id, job }) => noteLeaseEnd(id, job, "succeeded", { ...queue.deps, firestore })),
  );
  for (const record of [LAST_LEASE.accountId, engineRecordId(LAST_LEASE.accountId, LAST_LEASE.engineId)]) {
    const noted = (await recordOf(record))?.kinds.scene?.ends.map(({ jobId }) => jobId);
    assert.deepEqual(noted?.toSorted(), ids.toSorted());
  }
  assert.deepEqual(events("lease_end_not_noted"), []);
});
