import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { CollectionReference, Firestore } from "@google-cloud/firestore";
import { eraseCaller, SECONDS } from "#functions/groups/eraseCaller.ts";
import { continueErasure, continueErasures } from "#shared/erasure/continueErasure.ts";
import { FORGOTTEN } from "#shared/erasure/spaceData.ts";
import { kinds } from "#shared/kinds/index.ts";
import { randomId } from "#shared/platform/ids.ts";
import { silentLogger } from "#shared/platform/log/logger.ts";
import type { Database } from "#shared/platform/sql/pool.ts";
import { TimeLimit } from "#shared/platform/timeLimit.ts";
import type { JobState } from "#shared/queue/jobDocument.ts";
import { jobWith } from "#shared/queue/testing/jobFixture.ts";
import { syncResult } from "#shared/results/syncResult.ts";
import { type GroupsHarness, groupsHarness, type TestPerson } from "./harness.ts";

let harness: GroupsHarness;
before(async () => {
  harness = await groupsHarness();
});
after(() => harness.close());

async function family() {
  const [giver, recipient] = [await harness.person("care_giver"), await harness.person("care_recipient")];
  const spaceId = await harness.bound(giver, recipient);
  return { giver, recipient, spaceId };
}
const erase = (person: Pick<TestPerson, "id">) => harness.call(person, "DELETE", "/v1/me");
const sync = (jobId: string) =>
  syncResult(jobId, {
    db: harness.backend.as("sync"),
    firestore: harness.firestore,
    objects: harness.resources,
    kinds,
    clock: () => harness.now,
    log: silentLogger,
    publish: async () => {},
    raiseFeeds: async () => {},
  });
const exists = async (path: string) => (await harness.firestore.doc(path).get()).exists;

/** Everything a group can have: a finished job with its resource and VR video, an open job, an upload, something quarantined. */
async function furnish(spaceId: string, maker: TestPerson) {
  const [done, open, upload] = [randomId(), randomId(), randomId()];
  const video = harness.uploads.put(`spaces/${spaceId}/uploads/${upload}`, Buffer.from("video"));
  await harness.firestore.doc(`uploads/${upload}`).set({
    spaceId,
    createdBy: maker.id,
    trace: "4bf92f3577b34da6a3ce929d0e0e4736",
    object: video.name,
    contentType: "video/mp4",
    size: video.size,
    crc32c: null,
    name: "garden.mp4",
    state: "received",
    reason: null,
    received: {
      generation: video.generation,
      size: video.size,
      crc32c: video.crc32c,
      contentType: "video/mp4",
    },
    createdAt: harness.now,
    expiresAt: harness.now,
  });
  const job = (state: JobState) =>
    jobWith({ title: "The garden", params: { location: "outdoor" }, spaceId, createdBy: maker.id, state });
  await harness.firestore.doc(`jobs/${done}`).set(job("succeeded"));
  await harness.firestore.doc(`jobs/${open}`).set(job("running"));
  await harness.firestore.doc(`lines/${spaceId}`).set({ tag: 1 });
  await harness.firestore.doc(`feeds/${spaceId}`).set({ seq: 3 });
  await putResult(spaceId, maker, done);
  assert.equal(await sync(done), "synced");
  const [resource] = await harness.rows<{ id: string }>("SELECT id FROM resources WHERE job_id = $1", [done]);
  await harness.backend.pool.query(
    `INSERT INTO vr_videos (id, space_id, title, scene_id, scene_transform, created_by, created_at)
     VALUES ($1, $2, 'A walk', $3, '{}', $4, $5)`,
    [randomId(), spaceId, resource?.id, maker.id, harness.now],
  );
  await harness.firestore.doc(`idempotency/${randomId()}`).set({ type: "answer", caller: maker.id });
  const aside = randomId();
  await harness.firestore.doc(`results/${aside}`).set({ spaceId, title: "unreadable" });
  assert.equal(await sync(aside), "quarantined");
  return { done, open, upload, aside, resourceId: resource?.id ?? "" };
}

/** A Firestore, or a collection of one, that answers by id only. */
function withoutQueries<Target extends Firestore | CollectionReference>(source: Target): Target {
  return new Proxy(source, {
    get(target, name) {
      if (name === "where") throw new Error("Firestore is away");
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      if (name !== "collection" && name !== "withConverter") return value.bind(target);
      return (...parameters: unknown[]) => withoutQueries(value.apply(target, parameters));
    },
  });
}

async function putResult(spaceId: string, maker: TestPerson, jobId: string) {
  const object = harness.resources.put(
    `spaces/${spaceId}/jobs/${jobId}/1/scene.glb`,
    Buffer.from(`scene of ${jobId}`),
    "model/gltf-binary",
  );
  await harness.firestore.doc(`results/${jobId}`).set({
    jobId,
    kind: "scene",
    spaceId,
    createdBy: maker.id,
    title: "The garden",
    params: { location: "outdoor" },
    files: [
      {
        name: "scene.glb",
        role: "model",
        object: object.name,
        contentType: object.contentType,
        size: object.size,
        crc32c: object.crc32c,
        generation: object.generation,
      },
    ],
    data: null,
    leaseNumber: 1,
    completedAt: harness.now,
  });
  return object;
}

/** Every table that a row or a text of a person or group could be in. */
async function tracesOf(...ids: string[]): Promise<string[]> {
  const tables = await harness.rows<{ name: string }>(
    "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'",
  );
  const traces: string[] = [];
  for (const { name } of tables) {
    const found = await harness.rows(`SELECT 1 FROM "${name}" t WHERE t::text ~ $1 LIMIT 1`, [ids.join("|")]);
    if (found.length > 0) traces.push(name);
  }
  return traces.sort();
}

async function documentsOf(spaceId: string): Promise<string[]> {
  const found: string[] = [];
  for (const collection of ["jobs", "uploads", "results", "quarantine"]) {
    const documents = await harness.firestore.collection(collection).where("spaceId", "==", spaceId).get();
    found.push(...documents.docs.map((document) => document.ref.path));
  }
  return found;
}
const objectsOf = (spaceId: string) =>
  [...harness.uploads.names(), ...harness.resources.names()].filter((name) => name.includes(spaceId));

test("a recipient's erasure removes person and group; giver and other groups stay", async () => {
  const { giver, recipient, spaceId } = await family();
  const other = await family();
  const things = await furnish(spaceId, giver);
  const othersThings = await furnish(other.spaceId, other.giver);
  await harness.call(recipient, "POST", "/v1/badges");
  await harness.call(recipient, "PUT", "/v1/devices/phone", {
    body: { platform: "ios", pushToken: `t-${recipient.id}` },
  });
  const pending = await harness.invited(await harness.person("care_giver"), recipient.email);
  await harness.rows(
    "INSERT INTO identities (provider, subject, user_id, created_at, last_used_at) VALUES ('firebase', $1, $2, $3, $3)",
    [`fb-${recipient.id}`, recipient.id, harness.now],
  );

  const answer = await erase(recipient);
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.json, {
    requestedAt: harness.now.toISOString(),
    complete: true,
    took: {
      accounts: 1,
      spaces: 2,
      members: 3,
      identities: 1,
      sessions: 1,
      devices: 1,
      badges: 1,
      invitations: 2,
      resources: 1,
      vrVideos: 1,
      jobs: 2,
      jobsCancelled: 1,
      uploads: 1,
      results: 2,
      objects: 2,
      bytes: answer.json.took.bytes,
      quarantined: 1,
      answers: 1,
    },
  });
  assert.ok(answer.json.took.bytes > 0);

  assert.deepEqual(await documentsOf(spaceId), []);
  assert.equal(
    (await harness.firestore.collection("idempotency").where("caller", "==", giver.id).get()).size,
    0,
  );
  assert.deepEqual(objectsOf(spaceId), []);
  assert.equal(await exists(`lines/${spaceId}`), false);
  assert.equal(await exists(`feeds/${spaceId}`), false);
  assert.ok(await exists(`tombstones/${spaceId}`));
  assert.deepEqual(
    harness.removedAccounts.filter((uid) => uid.includes(recipient.id)).sort(),
    [`fb-${recipient.id}`, recipient.id].sort(),
  );
  for (const person of [giver, recipient]) assert.deepEqual(await harness.mirrorOf(person), []);
  assert.deepEqual(await tracesOf(recipient.id, recipient.email, things.resourceId), [
    "audit_log",
    "erasures",
  ]);
  assert.deepEqual(
    (await tracesOf(spaceId)).filter((table) => table !== "result_versions"),
    ["audit_log", "erasures", "tombstones"],
  );

  assert.equal((await harness.call(giver, "GET", "/v1/me")).status, 200);
  assert.equal((await harness.call(giver, "GET", "/v1/group")).json.code, "not_in_group");
  assert.equal((await documentsOf(other.spaceId)).length, 6);
  assert.equal(objectsOf(other.spaceId).length, 2);
  assert.ok((await tracesOf(othersThings.resourceId)).includes("resources"));
  assert.deepEqual(await harness.mirrorOf(other.recipient), [other.spaceId]);
  const inviter = await harness.rows<{ giver_id: string }>("SELECT giver_id FROM invitations WHERE id = $1", [
    pending.id,
  ]);
  const stillThere = { id: inviter[0]?.giver_id ?? "" };
  assert.equal(
    (await harness.confirm(stillThere, pending.id, pending.code ?? "")).json.code,
    "code_rejected",
  );
});

test("a giver's erasure removes the person; what they made stays, without creator", async () => {
  const { giver, recipient, spaceId } = await family();
  const things = await furnish(spaceId, giver);
  const answer = await erase(giver);
  assert.equal(answer.status, 200);
  assert.equal(answer.json.complete, true);
  assert.equal(answer.json.took.creatorForgotten, 4);
  assert.equal(answer.json.took.spaces, 1, "the personal space");
  assert.equal(await sync(things.done), "synced");
  assert.deepEqual(
    await harness.rows("SELECT created_by FROM resources WHERE id = $1", [things.resourceId]),
    [{ created_by: null }],
  );
  for (const path of [`jobs/${things.open}`, `uploads/${things.upload}`, `results/${things.done}`]) {
    assert.equal((await harness.firestore.doc(path).get()).get("createdBy"), FORGOTTEN, path);
  }
  assert.equal((await harness.firestore.doc(`jobs/${things.open}`).get()).get("state"), "running");
  assert.equal(objectsOf(spaceId).length, 2);
  assert.deepEqual((await harness.call(recipient, "GET", "/v1/group")).json.givers, []);
  assert.deepEqual(await harness.mirrorOf(giver), []);
  // The change log of the group that goes on says, for 30 days, that this member went.
  assert.deepEqual(await tracesOf(giver.id, giver.email), ["audit_log", "changes", "erasures"]);
});

test("erasing again, also at once, gives the same answer and removes nothing more", async () => {
  const { recipient, spaceId, giver } = await family();
  await furnish(spaceId, giver);
  const answers = await Promise.all([erase(recipient), erase(recipient), erase(recipient)]);
  assert.ok(answers.every((answer) => answer.status === 200 || answer.status === 202));
  const after = await erase(recipient);
  assert.deepEqual([after.status, after.json.complete], [200, true]);
  assert.equal(after.json.took.jobs, 2);
  assert.equal((await harness.call(recipient, "GET", "/v1/me")).json.code, "token_invalid");
  const log = await harness.rows("SELECT action FROM audit_log WHERE user_id = $1 ORDER BY id", [
    recipient.id,
  ]);
  assert.deepEqual(
    log.map((row) => row.action),
    ["erasure_requested", "erased"],
  );
  assert.equal((await erase({ id: randomId() })).status, 401);
});

test("interrupted anywhere, the account is gone at once and sweep finishes the rest", async () => {
  const interruptions: {
    name: string;
    broken: (deps: GroupsHarness["erasure"]) => GroupsHarness["erasure"];
  }[] = [
    {
      name: "at the first document",
      broken: (deps) => ({ ...deps, firestore: withoutQueries(deps.firestore) }),
    },
    {
      name: "at the first object of resources",
      broken: (deps) => ({
        ...deps,
        resources: { ...deps.resources, remove: () => Promise.reject(new Error("storage is away")) },
      }),
    },
    {
      name: "at the first object of uploads",
      broken: (deps) => ({
        ...deps,
        uploads: { ...deps.uploads, remove: () => Promise.reject(new Error("storage is away")) },
      }),
    },
    {
      name: "at Firebase",
      broken: (deps) => ({
        ...deps,
        firebase: { remove: () => Promise.reject(new Error("Firebase is away")) },
      }),
    },
  ];
  const whole = harness.erasure;
  for (const { name, broken } of interruptions) {
    const { giver, recipient, spaceId } = await family();
    await furnish(spaceId, giver);
    harness.erasure = broken(whole);
    const answer = await erase(recipient);
    harness.erasure = whole;
    assert.deepEqual([answer.status, answer.json.complete], [202, false], name);
    assert.equal((await harness.call(recipient, "GET", "/v1/me")).status, 401, name);
    assert.equal((await harness.call(giver, "GET", "/v1/group")).status, 404, name);
    assert.ok(await exists(`tombstones/${spaceId}`), name);
    assert.deepEqual(await harness.mirrorOf(giver), [], name);
    const { unfinished } = await continueErasures({ ...harness.erasure, db: harness.backend.as("sweep") });
    assert.equal(unfinished, 0, name);
    assert.deepEqual(await documentsOf(spaceId), [], name);
    assert.deepEqual(objectsOf(spaceId), [], name);
    assert.ok(harness.removedAccounts.includes(recipient.id), name);
    assert.equal((await erase(recipient)).json.complete, true, name);
  }
});

test("the request answers 202 after 35 s, before Hosting ends it; sweep does the rest", async (t) => {
  const { giver, recipient, spaceId } = await family();
  await furnish(spaceId, giver);
  const whole = harness.erasure;
  const now = performance.now.bind(performance);
  let spent = 0;
  t.mock.method(performance, "now", () => now() + spent);
  const resources = {
    ...whole.resources,
    remove: async (object: string) => {
      spent = 35_000;
      await whole.resources.remove(object);
    },
  };
  harness.erasure = { ...whole, resources };
  const answer = await erase(recipient);
  harness.erasure = whole;
  assert.deepEqual([answer.status, answer.json.complete], [202, false]);
  assert.equal(objectsOf(spaceId).filter((name) => name.includes("/uploads/")).length, 1);
  assert.deepEqual(await continueErasures({ ...whole, db: harness.backend.as("sweep") }), {
    continued: 1,
    unfinished: 0,
    cut: false,
  });
  assert.deepEqual(objectsOf(spaceId), []);
});

test("the request answers 202 in time also when a step hangs; sweep does the rest", async () => {
  const { giver, recipient, spaceId } = await family();
  await furnish(spaceId, giver);
  const whole = harness.erasure;
  const [stuck, goOn] = signal();
  const [recorded, hasRecorded] = signal();
  const transaction: Database["transaction"] = async (work, options) => {
    const result = await whole.db.transaction(work, options);
    if (harness.now > claimedUntil) hasRecorded();
    return result;
  };
  const hangs = { ...whole, db: { ...whole.db, transaction }, firebase: { remove: () => stuck } };
  const caller = { userId: recipient.id, sessionId: randomId(), requestId: randomId() };
  const claimedUntil = new Date(harness.now.getTime() + 600_000);
  const erasure = await eraseCaller(caller, hangs, { work: 60, most: 0.5 });
  assert.equal(erasure.doneAt, null);
  assert.ok(SECONDS.work < SECONDS.most && SECONDS.most <= 50, "Hosting ends a request after 60");

  // The worker that hangs has the claim until its end. Then another has it, and what the first one records late is not taken.
  assert.equal((await continueErasures(whole)).continued, 0);
  harness.advance(601);
  assert.deepEqual(await continueErasures(whole), { continued: 1, unfinished: 0, cut: false });
  const row = () => harness.rows("SELECT * FROM erasures WHERE user_id = $1", [recipient.id]);
  const done = await row();
  goOn();
  await recorded;
  assert.deepEqual(await row(), done);
  assert.ok(harness.removedAccounts.includes(recipient.id));
});

/** A promise and what resolves it. */
function signal(): [Promise<void>, () => void] {
  const { promise, resolve } = Promise.withResolvers<void>();
  return [promise, resolve];
}

test("without time it stops between two steps, and goes on where it was", async () => {
  const { giver, recipient, spaceId } = await family();
  await furnish(spaceId, giver);
  const whole = harness.erasure;
  harness.erasure = { ...whole, firestore: withoutQueries(whole.firestore) };
  await erase(recipient);
  harness.erasure = whole;
  assert.equal((await continueErasure(recipient.id, whole, new TimeLimit(0))).doneAt, null);
  assert.equal((await documentsOf(spaceId)).length, 6);
  assert.deepEqual(await continueErasures({ ...whole, db: harness.backend.as("sweep") }), {
    continued: 1,
    unfinished: 0,
    cut: false,
  });
  assert.deepEqual(await documentsOf(spaceId), []);
});

test("a dead worker's claim ends after a while; two never work on one erasure", async () => {
  const { recipient } = await family();
  const whole = harness.erasure;
  harness.erasure = { ...whole, firestore: withoutQueries(whole.firestore) };
  const open = randomId();
  const [group] = await harness.rows<{ space_id: string }>(
    "SELECT space_id FROM space_members WHERE user_id = $1 AND space_type = 'care'",
    [recipient.id],
  );
  await harness.firestore
    .doc(`jobs/${open}`)
    .set({ spaceId: group?.space_id, state: "queued", createdBy: recipient.id });
  await erase(recipient);
  harness.erasure = whole;
  await harness.rows("UPDATE erasures SET busy_until = $2 WHERE user_id = $1", [
    recipient.id,
    new Date(harness.now.getTime() + 600_000),
  ]);
  assert.equal((await continueErasures({ ...whole, db: harness.backend.as("sweep") })).continued, 0);
  assert.ok(await exists(`jobs/${open}`));
  harness.advance(600);
  assert.deepEqual(await continueErasures({ ...whole, db: harness.backend.as("sweep") }), {
    continued: 1,
    unfinished: 0,
    cut: false,
  });
  assert.equal(await exists(`jobs/${open}`), false);
});

test("a late result, object or upload is refused, or removed at the next look", async () => {
  const { giver, recipient, spaceId } = await family();
  const { done } = await furnish(spaceId, giver);
  await erase(recipient);

  await putResult(spaceId, giver, done);
  assert.equal(await sync(done), "erased");
  const fresh = randomId();
  await putResult(spaceId, giver, fresh);
  assert.equal(await sync(fresh), "erased");
  assert.deepEqual(await harness.rows("SELECT 1 FROM resources WHERE space_id = $1", [spaceId]), []);
  assert.deepEqual(await documentsOf(spaceId), []);
  assert.deepEqual(objectsOf(spaceId), []);

  harness.resources.put(`spaces/${spaceId}/jobs/${done}/2/scene.glb`, Buffer.from("late"));
  harness.uploads.put(`spaces/${spaceId}/uploads/${randomId()}`, Buffer.from("late"));
  await harness.firestore.doc(`uploads/${randomId()}`).set({ spaceId, createdBy: giver.id });
  assert.equal(
    (await continueErasures({ ...harness.erasure, db: harness.backend.as("sweep") })).continued,
    0,
    "not before its time",
  );
  harness.advance(3_600);
  await continueErasures({ ...harness.erasure, db: harness.backend.as("sweep") });
  assert.deepEqual(objectsOf(spaceId), []);
  assert.deepEqual(await documentsOf(spaceId), []);
  for (let day = 0; day < 10; day++) {
    harness.advance(86_400);
    await continueErasures({ ...harness.erasure, db: harness.backend.as("sweep") });
  }
  const [row] = await harness.rows(
    "SELECT next_at, former_members, firebase_uids FROM erasures WHERE user_id = $1",
    [recipient.id],
  );
  assert.deepEqual(row, { next_at: null, former_members: [], firebase_uids: [] });
});

test("erasing while the group is joined, synced and given a badge leaves nothing", async () => {
  for (let round = 0; round < 5; round++) {
    const { giver, recipient, spaceId } = await family();
    const late = await harness.person("care_giver");
    const { id, code = "" } = await harness.invited(late, recipient.email);
    const jobId = randomId();
    await putResult(spaceId, giver, jobId);
    await Promise.allSettled([
      harness.confirm(late, id, code),
      sync(jobId),
      erase(recipient),
      harness.call(recipient, "POST", "/v1/badges"),
      harness.call(giver, "DELETE", `/v1/group/members/${giver.id}`),
    ]);
    await continueErasures({ ...harness.erasure, db: harness.backend.as("sweep") });
    harness.advance(3_600);
    await continueErasures({ ...harness.erasure, db: harness.backend.as("sweep") });
    assert.equal((await erase(recipient)).json.complete, true);
    assert.deepEqual(await documentsOf(spaceId), []);
    assert.deepEqual(objectsOf(spaceId), []);
    for (const person of [giver, late, recipient]) assert.deepEqual(await harness.mirrorOf(person), []);
    for (const table of ["spaces", "space_members", "resources", "badges"]) {
      assert.ok(!(await tracesOf(spaceId, recipient.id)).includes(table), table);
    }
  }
});

test("someone who never chose a role, and a recipient without a group, are erased too", async () => {
  for (const role of [null, "care_recipient"] as const) {
    const person = await harness.person(role);
    const answer = await erase(person);
    assert.deepEqual([answer.status, answer.json.took.accounts], [200, 1]);
    assert.deepEqual(await tracesOf(person.id, person.email), ["audit_log", "erasures"]);
  }
});
