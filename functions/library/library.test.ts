import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { plusSeconds } from "#shared/clock.ts";
import { type Result, resourceIdOf, SAMPLES_GROUP } from "#shared/documents/result.ts";
import { randomId } from "#shared/ids.ts";
import { kinds } from "#shared/kinds/index.ts";
import { silentLogger } from "#shared/log/logger.ts";
import { syncResult } from "#shared/results/syncResult.ts";
import {
  type Family,
  family,
  type ResultsWorld,
  resultOf,
  resultsWorld,
  sqlOf,
  writeResult,
} from "#tests/resultsHarness.ts";
import { libraryApp } from "./routes.ts";
import { createFileSigner } from "./signedFiles.ts";

let world: ResultsWorld;
let app: ReturnType<typeof libraryApp>;
let ours: Family;
let theirs: Family;
let now = new Date("2026-03-01T12:00:00Z");

before(async () => {
  world = await resultsWorld(() => now);
  [ours, theirs] = [await family(world), await family(world)];
  const clock = () => now;
  const deps = {
    ...world.deps,
    gate: {
      log: silentLogger,
      newId: randomId,
      trustedHops: 0,
      verifyAccessToken: async (token: string) => ({ userId: token, sessionId: "s", role: null }),
    },
    kinds,
    clock,
    newId: randomId,
    signer: createFileSigner(world.objects, clock),
  };
  app = libraryApp(() => deps);
});
after(() => world.drop());

interface Answer {
  readonly status: number;
  readonly text: string;
  /** The body, read by a test that knows what it asked for. */
  // biome-ignore lint/suspicious/noExplicitAny: tests compare it with what they expect, field by field
  readonly json: any;
}

async function ask(
  userId: string,
  method: string,
  path: string,
  body?: unknown,
  key?: string,
): Promise<Answer> {
  const init = {
    method,
    headers: {
      authorization: `Bearer ${userId}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(key === undefined ? {} : { "idempotency-key": key }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
  const response = await app.request(path, init, {});
  const text = await response.text();
  return { status: response.status, text, json: text === "" ? undefined : JSON.parse(text) };
}

async function synced(
  of: Pick<Family, "groupId" | "giverId">,
  overrides: Partial<Result> = {},
): Promise<Result> {
  const result = await resultOf(world, of, overrides);
  await writeResult(world, result.jobId, result);
  await syncResult(result.jobId, world.deps);
  return result;
}

async function syncedAvatar(of: Family): Promise<Result> {
  const scene = await resultOf(world, of);
  const [file] = scene.files;
  assert.ok(file);
  return synced(of, {
    jobId: scene.jobId,
    kind: "avatar",
    params: { gender: "neutral" },
    files: [{ ...file, name: "avatar.glb" }],
  });
}

test("members get a resource with URLs; a stranger and another group get the 404 of a thing that isn't there", async () => {
  const { jobId } = await synced(ours);
  const path = `/v1/resources/${resourceIdOf(jobId)}`;
  for (const member of [ours.giverId, ours.recipientId]) {
    const answer = await ask(member, "GET", path);
    assert.equal(answer.status, 200);
    assert.equal(answer.json.isSample, false);
    assert.equal(answer.json.files[0].name, "scene.glb");
    assert.match(answer.json.files[0].url, /signature=/);
    assert.doesNotMatch(
      answer.text,
      new RegExp(`"object"|${ours.giverId}`),
      "no object names, no creator's id",
    );
  }
  const absent = await ask(theirs.giverId, "GET", `/v1/resources/${randomId()}`);
  for (const outsider of [theirs.giverId, theirs.recipientId, randomId()]) {
    const answer = await ask(outsider, "GET", path);
    assert.equal(answer.status, 404);
    assert.equal(answer.json.detail, absent.json.detail);
  }
});

test("a list is walked page by page, newest first, each item once, also where times are equal to the microsecond", async () => {
  const group = await family(world);
  const made = new Set<string>();
  for (let n = 0; n < 7; n++) {
    const completedAt = plusSeconds(new Date("2026-02-01T00:00:00.5Z"), n < 4 ? 0 : n);
    made.add(resourceIdOf((await synced(group, { completedAt })).jobId));
  }
  const seen: string[] = [];
  const times: string[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const page: Answer = await ask(
      group.giverId,
      "GET",
      `/v1/resources?limit=2${cursor === "" ? "" : `&cursor=${cursor}`}`,
    );
    assert.equal(page.status, 200, page.text);
    for (const item of page.json.items) {
      if (item.isSample) continue;
      seen.push(item.id);
      times.push(item.createdAt);
    }
    cursor = page.json.nextCursor;
  }
  assert.equal(seen.length, 7);
  assert.deepEqual(new Set(seen), made);
  assert.deepEqual(times, [...times].sort().reverse());
  for (const bad of [
    "limit=0",
    "limit=101",
    "limit=x",
    "cursor=rubbish",
    `cursor=${Buffer.from('["now","x"]').toString("base64url")}`,
  ]) {
    assert.equal((await ask(group.giverId, "GET", `/v1/resources?${bad}`)).status, 400, bad);
  }
});

test("a sample is there for everyone who is signed in, and for nobody to delete", async () => {
  const { jobId } = await synced({ groupId: SAMPLES_GROUP, giverId: ours.giverId });
  const path = `/v1/resources/${resourceIdOf(jobId)}`;
  for (const anyone of [ours.recipientId, theirs.giverId, randomId()]) {
    const answer = await ask(anyone, "GET", path);
    assert.equal(answer.status, 200);
    assert.equal(answer.json.isSample, true);
    assert.equal((await ask(anyone, "DELETE", path)).status, 403);
  }
});

test("deleting takes document, objects and row; an event that comes late brings nothing back; others' things stay", async () => {
  const gone = await synced(ours);
  const stays = await synced(ours);
  const path = `/v1/resources/${resourceIdOf(gone.jobId)}`;
  assert.equal((await ask(theirs.giverId, "DELETE", path)).status, 404);
  assert.equal((await ask(ours.recipientId, "DELETE", path)).status, 204);
  assert.equal((await ask(ours.recipientId, "DELETE", path)).status, 404);
  assert.equal((await ask(ours.giverId, "GET", path)).status, 404);
  assert.equal((await world.store.firestore.doc(`results/${gone.jobId}`).get()).exists, false);
  assert.deepEqual(
    world.objects.names().filter((name) => name.includes(gone.jobId)),
    [],
  );

  await writeResult(world, gone.jobId, gone); // an engine, an import, an event from before
  await syncResult(gone.jobId, world.deps);
  assert.equal((await ask(ours.giverId, "GET", path)).status, 404);
  assert.equal((await sqlOf(world, gone.jobId)).state, "sealed");
  assert.equal((await world.store.firestore.doc(`results/${gone.jobId}`).get()).exists, false);
  assert.equal((await ask(ours.giverId, "GET", `/v1/resources/${resourceIdOf(stays.jobId)}`)).status, 200);
});

test("a URL is handed out again while it has ten minutes left, and made anew after; the time told is the earliest", async () => {
  const { jobId } = await synced(ours);
  const path = `/v1/resources/${resourceIdOf(jobId)}`;
  const start = now;
  const first = await ask(ours.giverId, "GET", path);
  now = plusSeconds(start, 299);
  const second = await ask(ours.giverId, "GET", path);
  assert.equal(second.json.files[0].url, first.json.files[0].url);
  assert.equal(second.json.urlsExpireAt, first.json.urlsExpireAt);
  now = plusSeconds(start, 301);
  const third = await ask(ours.giverId, "GET", path);
  assert.notEqual(third.json.files[0].url, first.json.files[0].url);
  assert.equal(third.json.urlsExpireAt, plusSeconds(now, 900).toISOString());
  now = start;
});

const AT_REST = { position: [0, 0, 0], rotation: [0, 0, 0, 1], scale: [1, 1, 1] };

test("a VR video puts a scene and avatars together; by name or as lists, transforms are answered as lists", async () => {
  const sceneId = resourceIdOf((await synced(ours)).jobId);
  const avatarId = resourceIdOf((await syncedAvatar(ours)).jobId);
  const body = {
    title: "  Sunday ",
    scene: { resourceId: sceneId, transform: AT_REST },
    avatars: [
      {
        resourceId: avatarId,
        transform: { position: { x: 1, y: 0, z: -2 }, rotation: { x: 0, y: 1, z: 0, w: 0 }, scale: 2 },
      },
    ],
  };
  const made = await ask(ours.giverId, "POST", "/v1/vr-videos", body);
  assert.equal(made.status, 201, made.text);
  assert.equal(made.json.title, "Sunday");
  assert.deepEqual(made.json.avatars[0].transform, {
    position: [1, 0, -2],
    rotation: [0, 1, 0, 0],
    scale: [2, 2, 2],
  });
  const path = `/v1/vr-videos/${made.json.id}`;
  assert.deepEqual((await ask(ours.recipientId, "GET", path)).json, made.json);
  assert.deepEqual((await ask(ours.recipientId, "GET", "/v1/vr-videos")).json.items, [made.json]);
  assert.deepEqual((await ask(theirs.giverId, "GET", "/v1/vr-videos")).json.items, []);
  assert.equal((await ask(theirs.giverId, "GET", path)).status, 404);
  assert.equal((await ask(theirs.giverId, "DELETE", path)).status, 404);

  // Without its avatar it is shown without; without its scene it goes.
  assert.equal((await ask(ours.giverId, "DELETE", `/v1/resources/${avatarId}`)).status, 204);
  assert.deepEqual((await ask(ours.giverId, "GET", path)).json.avatars, []);
  assert.equal((await ask(ours.giverId, "DELETE", `/v1/resources/${sceneId}`)).status, 204);
  assert.equal((await ask(ours.giverId, "GET", path)).status, 404);
});

test("what can't be put together is refused by field, and nothing is made", async () => {
  const sceneId = resourceIdOf((await synced(ours)).jobId);
  const avatarId = resourceIdOf((await syncedAvatar(ours)).jobId);
  const foreign = resourceIdOf((await syncedAvatar(theirs)).jobId);
  const good = {
    title: "T",
    scene: { resourceId: sceneId, transform: AT_REST },
    avatars: [{ resourceId: avatarId, transform: AT_REST }],
  };
  const before = (await ask(ours.giverId, "GET", "/v1/vr-videos")).json.items.length;
  const avatar = (change: object) => ({
    ...good,
    avatars: [{ resourceId: avatarId, transform: { ...AT_REST, ...change } }],
  });
  for (const [status, body] of [
    [422, { ...good, scene: { resourceId: avatarId, transform: AT_REST } }],
    [422, { ...good, avatars: [{ resourceId: foreign, transform: AT_REST }] }],
    [422, { ...good, avatars: [{ resourceId: randomId(), transform: AT_REST }] }],
    [400, { ...good, avatars: [] }],
    [400, { ...good, avatars: Array(11).fill(good.avatars[0]) }],
    [400, { ...good, title: "   " }],
    [400, { ...good, extra: true }],
    [400, avatar({ rotation: [0, 0, 0, 0] })],
    [400, avatar({ rotation: [1, 1, 1, 1] })],
    [400, avatar({ scale: [1, 1, 0] })],
    [400, avatar({ scale: -1 })],
    [400, avatar({ position: [0, 0, 1e9] })],
    [400, avatar({ position: [0, 0] })],
    [400, []],
  ] as const) {
    const answer = await ask(ours.giverId, "POST", "/v1/vr-videos", body);
    assert.equal(answer.status, status, `${JSON.stringify(body)}: ${answer.text}`);
  }
  assert.equal((await ask(ours.giverId, "GET", "/v1/vr-videos")).json.items.length, before);
  assert.equal((await ask(randomId(), "POST", "/v1/vr-videos", good)).status, 409);
});

test("the same key gets the same bytes, twenty times at once too, and one VR video; another body gets 422", async () => {
  const group = await family(world);
  const scene = { resourceId: resourceIdOf((await synced(group)).jobId), transform: AT_REST };
  const avatars = [{ resourceId: resourceIdOf((await syncedAvatar(group)).jobId), transform: AT_REST }];
  const body = { title: "Once", scene, avatars };
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => ask(group.giverId, "POST", "/v1/vr-videos", body, "key-1")),
  );
  assert.deepEqual(new Set(answers.map((answer) => answer.status)), new Set([201]));
  assert.equal(new Set(answers.map((answer) => answer.text)).size, 1);
  assert.equal((await ask(group.giverId, "GET", "/v1/vr-videos")).json.items.length, 1);
  const other = await ask(group.giverId, "POST", "/v1/vr-videos", { ...body, title: "Twice" }, "key-1");
  assert.equal(other.status, 422);
  assert.equal(other.json.code, "idempotency_key_reused");
});
