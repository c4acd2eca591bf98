import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { z } from "zod";
import { uploadsApp } from "#functions/uploads/routes.ts";
import {
  type TestDatabase,
  type TestFirestore,
  testDatabase,
  testFirestore,
} from "#local/testing/backends.ts";
import { memoryObjects } from "#local/testing/memoryObjects.ts";
import { kinds } from "#shared/kinds/index.ts";
import { plusSeconds } from "#shared/platform/clock.ts";
import { randomId } from "#shared/platform/ids.ts";
import { silentLogger } from "#shared/platform/log/logger.ts";

const SPACE = randomId();
const OTHER_SPACE = randomId();
const [MEMBER, OUTSIDER, STRANGER] = [randomId(), randomId(), randomId()];

let database: TestDatabase;
let firestore: TestFirestore;
let app: ReturnType<typeof uploadsApp>;
let now = new Date("2026-03-01T10:00:00Z");

before(async () => {
  [database, firestore] = await Promise.all([testDatabase(), testFirestore()]);
  await database.pool.query("INSERT INTO users (id) SELECT unnest($1::text[])", [
    [MEMBER, OUTSIDER, STRANGER],
  ]);
  for (const [spaceId, userId] of [
    [SPACE, MEMBER],
    [OTHER_SPACE, OUTSIDER],
  ]) {
    await database.pool.query(
      "INSERT INTO spaces (id, type, owner_id, created_at) VALUES ($1, 'care', $2, now())",
      [spaceId, userId],
    );
    await database.pool.query(
      "INSERT INTO space_members (user_id, space_id, space_type, role, joined_at) VALUES ($2, $1, 'care', 'recipient', now())",
      [spaceId, userId],
    );
  }
  app = uploadsApp(() => ({
    http: {
      log: silentLogger,
      newId: randomId,
      edge: "none",
      refuseUndeclaredErrors: true,
      verifyAccessToken: async (userId) => ({ userId, sessionId: "session", role: null }),
    },
    sql: database.as("uploads"),
    firestore: firestore.firestore,
    objects: memoryObjects(),
    kinds,
    clock: () => now,
    newId: randomId,
    retentionDays: 7,
    bytesPerSpace: undefined,
  }));
});
after(() => Promise.all([database?.drop(), firestore?.drop()]));

const text = z.string().default("");
/** The fields of an upload, of its state and of a problem. */
const fields = z.looseObject({
  id: text,
  url: text,
  expiresAt: text,
  urlExpiresAt: text,
  resumable: z.object({ url: z.string() }).default({ url: "" }),
  code: text,
  detail: text,
});

async function call(userId: string, method: string, path: string, body?: object) {
  const init = {
    method,
    headers: { authorization: `Bearer ${userId}`, ...(body ? { "content-type": "application/json" } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  };
  const response = await app.request(`/v1/uploads${path}`, init, {});
  return { status: response.status, json: fields.parse(await response.json()) };
}

async function newUpload() {
  now = new Date("2026-03-01T10:00:00Z");
  const answer = await call(MEMBER, "POST", "", { contentType: "video/mp4", size: 10 });
  assert.equal(answer.status, 201);
  return answer.json;
}

test("the state has the ends of upload and URLs; renewing gives URLs of the same form", async () => {
  const created = await newUpload();
  const state = async () => {
    const { state, expiresAt, urlExpiresAt } = (await call(MEMBER, "GET", `/${created.id}`)).json;
    return { state, expiresAt, urlExpiresAt };
  };
  const expiresAt = "2026-03-08T10:00:00.000Z";
  assert.deepEqual(await state(), { state: "pending", expiresAt, urlExpiresAt: created.expiresAt });

  now = new Date("2026-03-03T08:00:00Z");
  const { status, json } = await call(MEMBER, "POST", `/${created.id}/renew`);
  assert.equal(status, 200);
  assert.deepEqual(Object.keys(json).sort(), Object.keys(created).sort());
  assert.deepEqual(
    { ...json, url: 0, resumable: 0 },
    { ...created, expiresAt: "2026-03-03T08:15:00.000Z", url: 0, resumable: 0 },
  );
  const object = (url: string) => new URL(url).pathname;
  assert.equal(object(json.url), object(created.url));
  assert.equal(object(json.resumable.url), object(created.resumable.url));
  assert.notEqual(json.url, created.url);
  assert.deepEqual(await state(), { state: "pending", expiresAt, urlExpiresAt: json.expiresAt });
});

test("renewing twice at once gives both URLs; near the upload's end they end with it", async () => {
  const { id } = await newUpload();
  now = new Date("2026-03-08T09:55:00Z");
  const answers = await Promise.all([1, 2].map(() => call(MEMBER, "POST", `/${id}/renew`)));
  for (const { status, json } of answers) {
    assert.deepEqual([status, json.expiresAt], [200, "2026-03-08T10:00:00.000Z"]);
  }
});

test("received, rejected, expired and fetched uploads aren't renewed, and stay", async () => {
  const over = async (change: object, seconds = 0) => {
    const { id } = await newUpload();
    const document = firestore.firestore.doc(`uploads/${id}`);
    await document.update({ ...change });
    const before = (await document.get()).data();
    now = plusSeconds(now, seconds);
    const { status, json } = await call(MEMBER, "POST", `/${id}/renew`);
    assert.deepEqual((await document.get()).data(), before);
    return `${status} ${json.code}: ${json.detail}`;
  };
  assert.equal(
    await over({ state: "received" }),
    "409 upload_over: the bytes have arrived; nothing more is to be sent",
  );
  assert.equal(
    await over({ state: "rejected", reason: { code: "type", message: "no video" } }),
    "409 upload_over: what arrived was rejected; make a new upload",
  );
  assert.equal(
    await over({ state: "pending" }, 7 * 86_400),
    "409 upload_over: the upload's time is over; make a new upload",
  );
  const source = { url: "https://media.example/", round: 1, begun: 0, fetch: null, failure: null };
  assert.equal(await over({ source }), "409 upload_over: it is fetched from a URL; nothing is to be sent");
});

test("another space's, an unknown and an impossible id are not found, change nothing", async () => {
  const { id, expiresAt } = await newUpload();
  for (const [who, path] of [
    [OUTSIDER, id],
    [STRANGER, id],
    [MEMBER, randomId()],
    [MEMBER, "no-id"],
  ]) {
    const { status, json } = await call(who ?? "", "POST", `/${path}/renew`);
    assert.deepEqual([status, json.code], [404, "not_found"]);
  }
  assert.equal((await call(MEMBER, "GET", `/${id}`)).json.urlExpiresAt, expiresAt);
});
