/** People in spaces of every type, over the routes that take or list things, on real Postgres and Firestore. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { spacesOf } from "#functions/groups/space.ts";
import { jobsApp } from "#functions/jobs/routes.ts";
import { libraryApp } from "#functions/library/routes.ts";
import { createFileSigner } from "#functions/library/signedFiles.ts";
import { uploadsApp } from "#functions/uploads/routes.ts";
import { type TestDatabase, testDatabase } from "#local/testing/backends.ts";
import { requestErasure } from "#shared/erasure/requestErasure.ts";
import type { App } from "#shared/platform/http/appEnv.ts";
import { callsOf } from "#shared/platform/http/testing/caller.ts";
import { randomId } from "#shared/platform/ids.ts";
import { silentLogger } from "#shared/platform/log/logger.ts";
import { createReadUrls } from "#shared/platform/storage/readUrls.ts";
import { joinSpace, makePersonalSpace } from "#shared/spaces/joinSpace.ts";
import { leaveSpace } from "#shared/spaces/leaveSpace.ts";
import { mirroredSpaces } from "#shared/spaces/membershipStore.ts";
import { mirrorIfPending, mirrorMember } from "#shared/spaces/mirror.ts";
import {
  allows,
  MOST_SPACES,
  rulesOf,
  SPACE_ROLES,
  SPACE_TYPES,
  type SpaceRole,
  type SpaceType,
} from "#shared/spaces/spaceTypes.ts";
import { type QueueHarness, queueHarness } from "../queue/harness.ts";

let queue: QueueHarness;
let database: TestDatabase;
/** A route's app by the first part of its path. */
let apps: Readonly<Record<string, App>>;
const NOW = new Date("2026-03-10T09:00:00Z");

before(async () => {
  [queue, database] = await Promise.all([queueHarness(), testDatabase()]);
  queue.now = NOW;
  const clock = () => NOW;
  const { uploads, resources } = queue;
  const http = {
    log: silentLogger,
    newId: randomId,
    edge: "none" as const,
    refuseUndeclaredErrors: true,
    verifyAccessToken: async (userId: string) => ({ userId, sessionId: "session", role: null }),
  };
  const common = { ...queue.deps, http, clock, newId: randomId, log: silentLogger };
  const budget = { retentionDays: 7, bytesPerSpace: undefined };
  const inputs = { ...budget, inputKey: randomBytes(32), objects: uploads, fetches: queue.deps.tasks };
  const library = libraryApp(() => ({
    ...common,
    db: database.as("library"),
    objects: resources,
    signer: createFileSigner(createReadUrls(resources, clock, silentLogger), clock),
    raiseFeeds: async () => {},
  }));
  apps = {
    jobs: jobsApp(() => ({
      ...common,
      sql: database.as("jobs"),
      inputs,
      status: () => assert.fail("not asked"),
    })),
    uploads: uploadsApp(() => ({
      ...common,
      ...budget,
      sql: database.as("uploads"),
      objects: uploads,
    })),
    resources: library,
    "vr-videos": library,
  };
});
after(() => Promise.all([queue.backend.drop(), database.drop()]));

function call(userId: string, method: string, path: string, body?: unknown, key?: string) {
  const app = apps[path.split(/[/?]/)[0] ?? ""] ?? assert.fail(path);
  return callsOf(app)(method, `/v1/${path}`, {
    token: userId,
    ...(body === undefined ? {} : { body }),
    headers: {
      ...(key ? { "idempotency-key": key } : {}),
      ...(method === "PATCH" ? { "if-match": "*" } : {}),
    },
  });
}

interface Person {
  readonly id: string;
  readonly personal: string;
}

async function person(): Promise<Person> {
  const [id, personal] = [randomId(), randomId()];
  await database.pool.query(
    "INSERT INTO users (id, email, email_verified, name) VALUES ($1, $2, true, 'Kim')",
    [id, `${id}@example.com`],
  );
  await makePersonalSpace(database.pool, { spaceId: personal, userId: id, now: NOW });
  return { id, personal };
}

async function space(type: SpaceType, owner?: Person): Promise<string> {
  const id = randomId();
  await database.pool.query(
    "INSERT INTO spaces (id, type, title, owner_id, created_at) VALUES ($1, $2, 'Ours', $3, $4)",
    [id, type, owner?.id ?? null, NOW],
  );
  return id;
}

async function join(
  { id: userId }: Person,
  spaceId: string,
  type: SpaceType,
  role: SpaceRole,
): Promise<void> {
  const by = rulesOf(type, role)?.joinsBy;
  if (by === undefined || by === "account") assert.fail("no one joins so");
  await database.as("groups").transaction((sql) => joinSpace(sql, { userId, spaceId, type, role }, by, NOW));
  await mirrorMember(database.as("groups"), queue.firestore, userId);
}

const changingDeps = () => ({ db: database.as("groups"), clock: () => NOW, raiseFeeds: async () => {} });

const leave = ({ id: userId }: Person, spaceId: string) =>
  leaveSpace({ ...changingDeps(), firestore: queue.firestore }, { userId, spaceId }, async () => {});

/** A resource in a space, as a synced result leaves it. @returns its id */
async function resource(spaceId: string, kind: "scene" | "avatar" = "scene"): Promise<string> {
  const [id, jobId] = [randomId(), randomId()];
  await database.pool.query(
    "INSERT INTO result_versions (job_id, version, state, space_id) VALUES ($1, now(), 'synced', $2)",
    [jobId, spaceId],
  );
  await database.pool.query(
    `INSERT INTO resources (id, job_id, space_id, kind, title, params, lease_number, completed_at)
     VALUES ($1, $2, $3, $4, 'A garden', '{}', 1, now())`,
    [id, jobId, spaceId, kind],
  );
  return id;
}

const transform = { position: [0, 0, 0], rotation: [0, 0, 0, 1], scale: [1, 1, 1] };
const UPLOAD = { contentType: "video/mp4", size: 5 };
const jobOf = (video: unknown, more: object = {}) => ({
  kind: "scene",
  title: "Home",
  params: {},
  inputs: { video },
  ...more,
});

/** One of each thing in a space, made by someone who may. */
async function furnish({ id }: Person, spaceId: string) {
  const made = async (answer: ReturnType<typeof call>): Promise<string> => {
    const { status, text, json } = await answer;
    assert.ok(status === 201 || status === 202, text);
    return json.id;
  };
  const uploadId = await made(call(id, "POST", "uploads", { ...UPLOAD, spaceId }));
  const jobId = await made(call(id, "POST", "jobs", jobOf(uploadId, { spaceId })));
  const [sceneId, avatarId] = [await resource(spaceId), await resource(spaceId, "avatar")];
  const video = {
    title: "Tea",
    spaceId,
    scene: { resourceId: sceneId, transform },
    avatars: [{ resourceId: avatarId, transform }],
  };
  const vrVideoId = await made(call(id, "POST", "vr-videos", video));
  return { uploadId, jobId, sceneId, avatarId, vrVideoId, video };
}
type Things = Awaited<ReturnType<typeof furnish>>;

/** Every request about a space or a thing of it; what each does, and its status for those who may. */
function requests(
  spaceId: string,
  things: Things,
): [string, "read" | "submit" | "delete", number, unknown?][] {
  return [
    [`GET uploads/${things.uploadId}`, "read", 200],
    [`GET jobs?spaceId=${spaceId}`, "read", 200],
    [`GET jobs/${things.jobId}`, "read", 200],
    [`GET resources?spaceId=${spaceId}`, "read", 200],
    [`GET resources?spaceId=${spaceId}&q=garden`, "read", 200],
    [`GET resources/${things.sceneId}`, "read", 200],
    [`GET vr-videos?spaceId=${spaceId}`, "read", 200],
    [`GET vr-videos/${things.vrVideoId}`, "read", 200],
    ["POST uploads", "submit", 201, { ...UPLOAD, spaceId }],
    [`POST uploads/${things.uploadId}/renew`, "submit", 200],
    ["POST jobs", "submit", 202, jobOf(things.uploadId, { spaceId })],
    [`POST jobs/${things.jobId}/cancel`, "submit", 200],
    [`POST jobs/${things.jobId}/retry`, "submit", 200],
    ["POST vr-videos", "submit", 201, things.video],
    [`PATCH vr-videos/${things.vrVideoId}`, "submit", 200, { title: "Coffee" }],
    [`PATCH resources/${things.avatarId}`, "submit", 200, { title: "Grandma" }],
    [`DELETE vr-videos/${things.vrVideoId}`, "delete", 204],
    [`DELETE resources/${things.avatarId}`, "delete", 204],
  ];
}

for (const type of SPACE_TYPES)
  test(`${type}: each role does what the table allows; who left and strangers get 404`, async () => {
    const roles = SPACE_ROLES.filter((role) => rulesOf(type, role) !== undefined);
    const owner = await person();
    const spaceId = type === "personal" ? owner.personal : await space(type, owner);
    const [stranger, former] = [await person(), await person()];
    const members: [SpaceRole, Person][] = [];
    for (const role of roles) {
      const isOwner = type === "personal" || role === "recipient";
      const member = isOwner ? owner : await person();
      if (type !== "personal") await join(member, spaceId, type, role);
      members.push([role, member]);
    }
    const leaves = roles.find((role) => allows(type, role, "leave"));
    if (leaves) {
      await join(former, spaceId, type, leaves);
      await leave(former, spaceId);
    }
    const maker = members.find(([role]) => allows(type, role, "submit"))?.[1] ?? assert.fail("no one may");
    for (const [role, member] of members) {
      const things = await furnish(maker, spaceId);
      for (const [request, act, good, body] of requests(spaceId, things)) {
        const [method = "", path = ""] = request.split(" ");
        for (const outside of [stranger, former]) {
          const { status, text } = await call(outside.id, method, path, body);
          assert.equal(status, 404, `outside: ${request}: ${text}`);
        }
        const expected = act === "read" || allows(type, role, act) ? good : 403;
        const { status, text } = await call(member.id, method, path, body);
        assert.equal(status, expected, `${role}: ${request}: ${text}`);
      }
    }
    for (const outside of [stranger, former])
      assert.deepEqual(
        (await spacesOf(database.as("groups"), outside.id)).map(({ id }) => id),
        [outside.personal],
      );
  });

const idsOf = (answer: { json: { items: { id: string }[] } }) => answer.json.items.map(({ id }) => id).sort();

test("a person in several spaces never sees one's things in the list of another", async () => {
  const kim = await person();
  const care = await space("care", kim);
  const talk = await space("conversation");
  await join(kim, care, "care", "recipient");
  await join(kim, talk, "conversation", "owner");
  const things = new Map<string, Things>();
  for (const id of [care, talk, kim.personal]) things.set(id, await furnish(kim, id));
  for (const [spaceId, { jobId, sceneId, avatarId, vrVideoId }] of things) {
    const list = (what: string) => call(kim.id, "GET", `${what}?spaceId=${spaceId}`);
    assert.deepEqual(idsOf(await list("jobs")), [jobId]);
    assert.deepEqual(idsOf(await list("resources")), [sceneId, avatarId].sort());
    assert.deepEqual(idsOf(await list("vr-videos")), [vrVideoId]);
    assert.equal((await call(kim.id, "GET", `jobs/${jobId}`)).json.spaceId, spaceId);
  }
  const spaces = await spacesOf(database.as("groups"), kim.id);
  assert.deepEqual(
    spaces.map(({ id, type, title, role }) => [id, type, title, role]).sort(),
    [
      [care, "care", "Ours", "recipient"],
      [kim.personal, "personal", "Kim", "owner"],
      [talk, "conversation", "Ours", "owner"],
    ].sort(),
  );
  assert.deepEqual(
    spaces[0]?.members.map(({ id, name }) => [id, name]),
    [[kim.id, "Kim"]],
  );
  const { json } = await call(kim.id, "POST", "vr-videos", {
    ...things.get(talk)?.video,
    spaceId: kim.personal,
  });
  assert.equal(json.code, "resource_unknown", "a thing of one space can't be put into another");
});

test("without spaceId it is the care group, else one's own; a job is with its uploads", async () => {
  const [kim, alone] = [await person(), await person()];
  const care = await space("care", kim);
  await join(kim, care, "care", "recipient");
  const [inCare, ownThings] = [await furnish(kim, care), await furnish(kim, kim.personal)];
  assert.deepEqual(idsOf(await call(kim.id, "GET", "jobs")), [inCare.jobId]);
  assert.deepEqual(idsOf(await call(kim.id, "GET", "vr-videos?spaceId=")), [inCare.vrVideoId]);
  const followed = await call(kim.id, "POST", "jobs", jobOf(ownThings.uploadId));
  assert.deepEqual([followed.status, followed.json.spaceId], [202, kim.personal]);
  const upload = await call(alone.id, "POST", "uploads", UPLOAD);
  assert.equal(upload.status, 201);
  const job = await call(alone.id, "POST", "jobs", jobOf(upload.json.id));
  assert.deepEqual([job.status, job.json.spaceId], [202, alone.personal]);
  assert.deepEqual(idsOf(await call(alone.id, "GET", "jobs")), [job.json.id]);

  const inputs = { face: inCare.uploadId, body: ownThings.uploadId };
  const mixed = await call(kim.id, "POST", "jobs", { kind: "avatar", title: "Me", params: {}, inputs });
  assert.deepEqual([mixed.json.code, mixed.json.errors[0].path], ["upload_unknown", "inputs.body"]);
  const strangers = await call(alone.id, "POST", "jobs", jobOf(inCare.uploadId));
  assert.deepEqual([strangers.status, strangers.json.code], [422, "upload_unknown"]);
});

test("the first answer for a key is not given to one who has left its space", async () => {
  const kim = await person();
  const talk = await space("conversation");
  await join(kim, talk, "conversation", "owner");
  await join(await person(), talk, "conversation", "member");
  const { uploadId } = await furnish(kim, talk);
  const first = await call(kim.id, "POST", "jobs", jobOf(uploadId), "k");
  assert.equal((await call(kim.id, "POST", "jobs", jobOf(uploadId), "k")).text, first.text);
  await leave(kim, talk);
  assert.equal((await call(kim.id, "POST", "jobs", jobOf(uploadId), "k")).status, 404);
});

test("a person is in 200 spaces at most, also when two are joined at once", async () => {
  const kim = await person();
  const ids = await Promise.all(Array.from({ length: MOST_SPACES - 2 }, () => space("conversation")));
  for (const id of ids)
    await database
      .as("groups")
      .transaction((sql) =>
        joinSpace(
          sql,
          { userId: kim.id, spaceId: id, type: "conversation", role: "member" },
          "invitation",
          NOW,
        ),
      );
  const [last, tooMany] = [await space("site"), await space("site")];
  const outcomes = await Promise.allSettled([
    join(kim, last, "site", "member"),
    join(kim, tooMany, "site", "member"),
  ]);
  const refused = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
  assert.deepEqual(
    refused.map(({ code, status }) => [code, status]),
    [["too_many_spaces", 409]],
  );
  const mirror = await queue.firestore.doc(`members/${kim.id}`).get();
  assert.equal(mirroredSpaces(mirror.data())?.length, MOST_SPACES);
});

test("erased in three spaces: their own ends, and what no one else is in; others stay", async () => {
  const [kim, lee] = [await person(), await person()];
  const care = await space("care", lee);
  await join(lee, care, "care", "recipient");
  await join(kim, care, "care", "giver");
  const [shared, lonely] = [await space("conversation"), await space("conversation")];
  for (const [who, id] of [
    [kim, shared],
    [lee, shared],
    [kim, lonely],
  ] as const)
    await join(who, id, "conversation", "owner");
  const things = { care: await furnish(kim, care), shared: await furnish(kim, shared) };
  await furnish(kim, kim.personal);
  const erasure = await requestErasure({ userId: kim.id, sessionId: "s", requestId: "r" }, changingDeps());
  assert.deepEqual([...erasure.spaceIds].sort(), [kim.personal, lonely].sort());
  assert.deepEqual(
    (await spacesOf(database.as("groups"), lee.id)).map(({ id }) => id).sort(),
    [care, shared, lee.personal].sort(),
  );
  for (const [spaceId, { vrVideoId }] of [
    [care, things.care],
    [shared, things.shared],
  ] as const)
    assert.deepEqual(idsOf(await call(lee.id, "GET", `vr-videos?spaceId=${spaceId}`)), [vrVideoId]);
  const left = await database.pool.query("SELECT FROM vr_videos WHERE space_id = ANY($1)", [
    erasure.spaceIds,
  ]);
  assert.equal(left.rowCount, 0);
  assert.equal((await call(kim.id, "GET", "jobs")).json.code, "token_invalid");
});

test("a new account's space is mirrored with its first listener token, and once", async () => {
  const kim = await person();
  const mirror = queue.firestore.doc(`members/${kim.id}`);
  assert.equal((await mirror.get()).exists, false);
  await mirrorIfPending(database.as("auth"), queue.firestore, kim.id);
  const written = await mirror.get();
  assert.deepEqual(mirroredSpaces(written.data()), [kim.personal]);
  await mirrorIfPending(database.as("auth"), queue.firestore, kim.id);
  assert.deepEqual((await mirror.get()).updateTime, written.updateTime);
});

test("the last two members of a space, erased at once, take it with them", async () => {
  const [kim, lee] = [await person(), await person()];
  const talk = await space("conversation", kim);
  for (const who of [kim, lee]) await join(who, talk, "conversation", "member");
  const erase = ({ id }: Person) =>
    requestErasure({ userId: id, sessionId: "s", requestId: "r" }, changingDeps());
  const erasures = await Promise.all([erase(kim), erase(lee)]);
  assert.equal(erasures.filter(({ spaceIds }) => spaceIds.includes(talk)).length, 1);
  assert.equal((await database.pool.query("SELECT FROM spaces WHERE id = $1", [talk])).rowCount, 0);
});

test("the database allows each type the roles of the table, and no other", async () => {
  const client = await database.pool.connect();
  try {
    for (const type of SPACE_TYPES)
      for (const role of SPACE_ROLES) {
        const kim = await person();
        await client.query("BEGIN");
        await client.query("DELETE FROM space_members WHERE user_id = $1", [kim.id]);
        await client.query("DELETE FROM spaces WHERE owner_id = $1", [kim.id]);
        const spaceId = randomId();
        await client.query("INSERT INTO spaces (id, type, owner_id, created_at) VALUES ($1, $2, $3, now())", [
          spaceId,
          type,
          kim.id,
        ]);
        const inserted = await client
          .query(
            "INSERT INTO space_members (space_id, space_type, user_id, role, joined_at) VALUES ($1, $2, $3, $4, now())",
            [spaceId, type, kim.id, role],
          )
          .then(
            () => true,
            () => false,
          );
        await client.query("ROLLBACK");
        assert.equal(inserted, rulesOf(type, role) !== undefined, `${type} ${role}`);
      }
  } finally {
    client.release();
  }
});
