/** The library as a phone sees it, over the app's own routes, on real Postgres and Firestore. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { libraryApp } from "#functions/library/routes.ts";
import { createFileSigner } from "#functions/library/signedFiles.ts";
import { kinds } from "#shared/kinds/index.ts";
import type { App } from "#shared/platform/http/appEnv.ts";
import { randomId } from "#shared/platform/ids.ts";
import { silentLogger } from "#shared/platform/log/logger.ts";
import { createReadUrls } from "#shared/platform/storage/readUrls.ts";
import { finishRemovals } from "#shared/results/finishRemoval.ts";
import { type Result, resourceIdOf, SAMPLES_SPACE } from "#shared/results/resultDocument.ts";
import { syncResult } from "#shared/results/syncResult.ts";
import {
  type Family,
  family,
  type ResultsWorld,
  resultOf,
  resultsWorld,
  sqlOf,
  writeResult,
} from "../results/harness.ts";

let world: ResultsWorld;
let app: App;
let now = new Date("2026-03-01T10:00:00Z");
before(async () => {
  world = await resultsWorld(() => now);
  const deps = {
    ...world.depsOf("library"),
    http: {
      log: silentLogger,
      newId: randomId,
      edge: "none" as const,
      refuseUndeclaredErrors: true,
      verifyAccessToken: async (userId: string) => ({ userId, sessionId: "s", role: null }),
    },
    kinds,
    newId: randomId,
    signer: createFileSigner(
      createReadUrls(world.objects, () => now, silentLogger),
      () => now,
    ),
  };
  app = libraryApp(() => deps);
});
after(() => world.drop());

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: compared with what is expected, field by field
  readonly json: any;
}

async function call(
  userId: string,
  method: string,
  path: string,
  options: { body?: unknown; key?: string } = {},
): Promise<Answer> {
  const answer = await app.request(
    path,
    {
      method,
      headers: {
        authorization: `Bearer ${userId}`,
        ...(options.key ? { "idempotency-key": options.key } : {}),
        ...(options.body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    },
    {},
  );
  const text = await answer.text();
  return {
    status: answer.status,
    text,
    headers: answer.headers,
    json: text === "" ? undefined : JSON.parse(text),
  };
}

async function synced(
  home: Pick<Family, "spaceId" | "giverId">,
  overrides: Partial<Result> = {},
): Promise<Result> {
  const result = await resultOf(world, home, overrides);
  await writeResult(world, result.jobId, result);
  assert.equal(await syncResult(result.jobId, world.deps), "synced");
  return result;
}

async function syncedAvatar(home: Family): Promise<Result> {
  const jobId = randomId();
  const object = `spaces/${home.spaceId}/jobs/${jobId}/1/avatar.glb`;
  const { size, crc32c, generation } = world.objects.put(object, Buffer.from("avatar"), "model/gltf-binary");
  const contentType = "model/gltf-binary";
  const role = "model" as const;
  const files = [{ name: "avatar.glb", role, object, contentType, size, crc32c, generation }];
  return synced(home, { jobId, kind: "avatar", params: { gender: "female" }, files });
}

/** A VR video as a list has it: without the resources that a viewer needs. */
function listed({ json }: Answer) {
  const { urlsExpireAt: _, ...video } = json;
  const without = ({ resource: _, ...placed }: { resource: unknown }) => placed;
  return { ...video, scene: without(video.scene), avatars: video.avatars.map(without) };
}

const transform = { position: [0, 1.6, -2], rotation: [0, 0, 0, 1], scale: [1, 1, 1] };
const placed = (result: Pick<Result, "jobId">) => ({ resourceId: resourceIdOf(result.jobId), transform });

test("both members of its space get a resource with working URLs; others get 404", async () => {
  const [home, others] = [await family(world), await family(world)];
  const result = await synced(home);
  const path = `/v1/resources/${resourceIdOf(result.jobId)}`;
  for (const member of [home.giverId, home.recipientId]) {
    const { status, json } = await call(member, "GET", path);
    assert.equal(status, 200);
    const { generation } = result.files[0] ?? {};
    assert.ok(json.files[0].url.includes(`generation=${generation}&`), "the accepted bytes, and no others");
    assert.deepEqual(
      { ...json, files: json.files.map(({ url: _, ...file }: { url: string }) => file) },
      {
        id: resourceIdOf(result.jobId),
        spaceId: home.spaceId,
        kind: "scene",
        title: result.title,
        params: result.params,
        data: result.data,
        isSample: false,
        createdAt: result.completedAt.toISOString(),
        files: [
          { name: "scene.glb", role: "model", contentType: "model/gltf-binary", size: result.files[0]?.size },
        ],
        urlsExpireAt: "2026-03-01T10:15:00.000Z",
      },
    );
  }
  for (const stranger of [others.giverId, randomId()]) {
    for (const [method, at] of [
      ["GET", path],
      ["DELETE", path],
      ["GET", "/v1/resources/../../etc"],
      ["GET", "/v1/resources/%00"],
    ] as const) {
      const { status, json } = await call(stranger, method, at);
      assert.deepEqual([status, json.code], [404, "not_found"], `${method} ${at}`);
    }
  }
  const listed = await call(others.giverId, "GET", "/v1/resources");
  assert.deepEqual(listed.json, { items: [], nextCursor: null });
  assert.equal((await call(randomId(), "GET", "/v1/resources")).json.code, "token_invalid");
  assert.equal((await sqlOf(world, result.jobId)).state, "synced");
});

test("a member who was removed is out at once, with any token", async () => {
  const home = await family(world);
  const result = await synced(home);
  await world.backend.pool.query("DELETE FROM space_members WHERE user_id = $1", [home.giverId]);
  assert.equal((await call(home.giverId, "GET", `/v1/resources/${resourceIdOf(result.jobId)}`)).status, 404);
  assert.equal(
    (await call(home.recipientId, "GET", `/v1/resources/${resourceIdOf(result.jobId)}`)).status,
    200,
  );
});

test("pages are newest first, each item once, at equal times too; a filter is by kind", async () => {
  const home = await family(world);
  const times = [1, 1, 1, 2, 3, 3, 4].map((second) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)));
  const results = await Promise.all(times.map((completedAt) => synced(home, { completedAt })));
  const avatar = await syncedAvatar(home);
  const expected = [...results, avatar]
    .map((result) => ({ at: result.completedAt.getTime(), id: resourceIdOf(result.jobId) }))
    .sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1))
    .map(({ id }) => id);
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const { json } = await call(home.giverId, "GET", `/v1/resources?limit=3${query}`);
    assert.ok(json.items.length <= 3);
    seen.push(...json.items.map((item: { id: string }) => item.id));
    cursor = json.nextCursor;
  } while (cursor !== null);
  assert.deepEqual(seen, expected);
  const avatars = await call(home.giverId, "GET", "/v1/resources?kind=avatar");
  assert.deepEqual(
    avatars.json.items.map((item: { id: string }) => item.id),
    [resourceIdOf(avatar.jobId)],
  );
});

test("hostile queries get 400 and no more", async () => {
  const home = await family(world);
  const forged = (keyset: unknown) => Buffer.from(JSON.stringify(keyset)).toString("base64url");
  for (const query of [
    "limit=0",
    "limit=101",
    "limit=x",
    "kind=%00",
    "cursor=%00",
    "cursor=e30",
    `cursor=${forged(["2026-01-01T00:00:00.000000Z", "a\0"])}`,
    `cursor=${forged(["0000-01-01T00:00:00.000000Z", "a"])}`,
    `cursor=${forged(["2026-01-01T00:00:00.000000Z'; DROP TABLE resources; --", "a"])}`,
  ]) {
    const { status, json } = await call(home.giverId, "GET", `/v1/resources?${query}`);
    assert.deepEqual([status, json.code], [400, "invalid_request"], query);
  }
});

test("a sample is seen by anyone signed in, is marked, and can't be deleted", async () => {
  const home = await family(world);
  const sample = await synced({ spaceId: SAMPLES_SPACE, giverId: "nobody" });
  const path = `/v1/resources/${resourceIdOf(sample.jobId)}`;
  for (const person of [home.giverId, randomId()]) {
    assert.equal((await call(person, "GET", path)).json.isSample, true);
    const refused = await call(person, "DELETE", path);
    assert.deepEqual([refused.status, refused.json.code], [403, "forbidden"]);
  }
  await world.store.firestore.doc(`results/${sample.jobId}`).delete();
  await syncResult(sample.jobId, world.deps);
});

test("a resource with an unreadable document is hidden, and its VR videos too", async () => {
  const home = await family(world);
  const [scene, avatar, other] = [await synced(home), await syncedAvatar(home), await syncedAvatar(home)];
  const body = { title: "Visit", scene: placed(scene), avatars: [placed(avatar), placed(other)] };
  const video = (await call(home.giverId, "POST", "/v1/vr-videos", { body })).json;
  const spoil = async (result: Result) => {
    await writeResult(world, result.jobId, { ...result, title: 7 });
    await syncResult(result.jobId, world.deps);
  };
  const heal = async (result: Result) => {
    await writeResult(world, result.jobId, result);
    await syncResult(result.jobId, world.deps);
  };
  await spoil(avatar);
  assert.equal((await call(home.giverId, "GET", `/v1/resources/${resourceIdOf(avatar.jobId)}`)).status, 404);
  assert.deepEqual(listed(await call(home.giverId, "GET", `/v1/vr-videos/${video.id}`)).avatars, [
    placed(other),
  ]);
  await spoil(scene);
  assert.equal((await call(home.giverId, "GET", `/v1/vr-videos/${video.id}`)).status, 404);
  assert.deepEqual((await call(home.giverId, "GET", "/v1/vr-videos")).json.items, []);
  assert.equal((await call(home.giverId, "POST", "/v1/vr-videos", { body })).json.code, "resource_unknown");
  await heal(scene);
  await heal(avatar);
  assert.deepEqual(listed(await call(home.giverId, "GET", `/v1/vr-videos/${video.id}`)), video);
});

test("deletion is for good: no late event or reconciliation brings anything back", async () => {
  const home = await family(world);
  const [doomed, kept] = [await synced(home), await synced(home)];
  const path = `/v1/resources/${resourceIdOf(doomed.jobId)}`;
  assert.equal((await call(home.giverId, "DELETE", path)).status, 204);
  assert.equal((await call(home.giverId, "DELETE", path)).status, 404);
  assert.deepEqual(
    world.objects.names().filter((name) => name.includes(doomed.jobId)),
    [],
  );
  assert.equal((await world.store.firestore.doc(`results/${doomed.jobId}`).get()).exists, false);
  await writeResult(world, doomed.jobId, doomed); // an engine's completion that was held up, or an import
  assert.equal(await syncResult(doomed.jobId, world.deps), "erased");
  assert.equal((await world.store.firestore.doc(`results/${doomed.jobId}`).get()).exists, false);
  assert.equal((await call(home.giverId, "GET", path)).status, 404);
  assert.equal((await call(home.giverId, "GET", `/v1/resources/${resourceIdOf(kept.jobId)}`)).status, 200);
  const { rows } = await world.backend.pool.query("SELECT action FROM audit_log WHERE space_id = $1", [
    home.spaceId,
  ]);
  assert.deepEqual(rows, [{ action: "resource_deleted" }]);
  await assert.rejects(
    world.backend.pool.query("UPDATE result_versions SET state = 'synced' WHERE job_id = $1", [doomed.jobId]),
    /stays erased/,
  );
});

test("a deletion while storage is away is a deletion: sweep takes what was left", async () => {
  const home = await family(world);
  const result = await synced(home);
  const list = world.objects.list;
  world.objects.list = () => {
    throw new Error("storage is away");
  };
  assert.equal(
    (await call(home.giverId, "DELETE", `/v1/resources/${resourceIdOf(result.jobId)}`)).status,
    204,
  );
  world.objects.list = list;
  assert.notDeepEqual(
    world.objects.names().filter((name) => name.includes(result.jobId)),
    [],
  );
  const done = await finishRemovals(world.depsOf("sweep"), {
    requestedBefore: new Date(now.getTime() + 1),
    limit: 10,
  });
  assert.deepEqual(done, { finished: 1, errors: [], cut: false });
  assert.deepEqual(
    world.objects.names().filter((name) => name.includes(result.jobId)),
    [],
  );
});

test("deletion and sync at the same moment: it ends deleted, whichever comes first", async () => {
  const home = await family(world);
  for (let round = 0; round < 10; round++) {
    const result = await synced(home);
    await writeResult(world, result.jobId, { ...result, title: "Newer" });
    const [deleted] = await Promise.all([
      call(home.giverId, "DELETE", `/v1/resources/${resourceIdOf(result.jobId)}`),
      syncResult(result.jobId, world.deps),
      syncResult(result.jobId, world.deps),
    ]);
    assert.equal(deleted.status, 204);
    await syncResult(result.jobId, world.deps);
    const sql = await sqlOf(world, result.jobId);
    assert.deepEqual([sql.state, sql.title], ["erased", undefined]);
  }
});

test("a URL is handed out again while five minutes are left, then a new one is signed", async () => {
  const home = await family(world);
  const result = await synced(home);
  const path = `/v1/resources/${resourceIdOf(result.jobId)}`;
  const first = (await call(home.giverId, "GET", path)).json;
  now = new Date("2026-03-01T10:10:00Z");
  const again = (await call(home.recipientId, "GET", path)).json;
  assert.deepEqual([again.files, again.urlsExpireAt], [first.files, first.urlsExpireAt]);
  now = new Date("2026-03-01T10:10:01Z");
  const later = (await call(home.giverId, "GET", path)).json;
  assert.notEqual(later.files[0].url, first.files[0].url);
  assert.equal(later.urlsExpireAt, "2026-03-01T10:25:01.000Z");
});

test("a VR video is one scene and one to ten avatars; it is made once per key", async () => {
  const home = await family(world);
  const [scene, avatar] = [await synced(home), await syncedAvatar(home)];
  const body = {
    title: "At home",
    scene: placed(scene),
    avatars: Array.from({ length: 10 }, () => placed(avatar)),
  };
  const key = randomId();
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => call(home.giverId, "POST", "/v1/vr-videos", { body, key })),
  );
  assert.deepEqual(new Set(answers.map((answer) => answer.status)), new Set([201]));
  assert.equal(new Set(answers.map((answer) => answer.text)).size, 1);
  const made = answers[0]?.json;
  assert.equal(answers[0]?.headers.get("location"), `/v1/vr-videos/${made.id}`);
  assert.deepEqual(listed(await call(home.recipientId, "GET", `/v1/vr-videos/${made.id}`)), made);
  assert.deepEqual((await call(home.recipientId, "GET", "/v1/vr-videos")).json.items, [made]);
  const reused = await call(home.giverId, "POST", "/v1/vr-videos", { body: { ...body, title: "Else" }, key });
  assert.deepEqual([reused.status, reused.json.code], [422, "idempotency_key_reused"]);
  assert.equal((await call(home.recipientId, "DELETE", `/v1/vr-videos/${made.id}`)).status, 204);
  assert.equal((await call(home.giverId, "GET", `/v1/vr-videos/${made.id}`)).status, 404);
  assert.equal((await call(home.giverId, "GET", `/v1/resources/${resourceIdOf(scene.jobId)}`)).status, 200);
});

test("what can't be put together is refused with each place named, and leaves nothing", async () => {
  const [home, others] = [await family(world), await family(world)];
  const [scene, avatar, foreign] = [await synced(home), await syncedAvatar(home), await syncedAvatar(others)];
  const good = { title: "Visit", scene: placed(scene), avatars: [placed(avatar)] };
  const refused = await call(home.giverId, "POST", "/v1/vr-videos", {
    body: {
      ...good,
      scene: placed(avatar),
      avatars: [placed(avatar), placed(foreign), placed({ jobId: "none" })],
    },
  });
  assert.deepEqual([refused.status, refused.json.code], [422, "resource_unknown"]);
  assert.deepEqual(
    refused.json.errors.map((issue: { path: string }) => issue.path),
    ["scene.resourceId", "avatars.1.resourceId", "avatars.2.resourceId"],
  );
  const moved = (change: object) => ({
    ...good,
    scene: { ...good.scene, transform: { ...transform, ...change } },
  });
  for (const body of [
    { ...good, avatars: [] },
    { ...good, avatars: Array.from({ length: 11 }, () => placed(avatar)) },
    { ...good, title: " " },
    { ...good, title: "a\0b" },
    { ...good, title: "x".repeat(201) },
    { ...good, extra: 1 },
    moved({ rotation: [1, 1, 1, 1] }),
    moved({ position: [0, 0, 1e9] }),
    moved({ scale: [1, 0, 1] }),
    moved({ scale: [1, -1, 1] }),
    moved({ shear: 1 }),
  ]) {
    const { status, json } = await call(home.giverId, "POST", "/v1/vr-videos", { body });
    assert.deepEqual([status, json.code], [400, "invalid_request"], JSON.stringify(body).slice(0, 200));
  }
  const alone = await call(randomId(), "POST", "/v1/vr-videos", { body: good });
  assert.deepEqual([alone.status, alone.json.code], [401, "token_invalid"]);
  assert.deepEqual((await call(home.giverId, "GET", "/v1/vr-videos")).json.items, []);
});

test("with its scene a VR video goes; without one of its avatars it stays", async () => {
  const home = await family(world);
  const [scene, avatar, other] = [await synced(home), await syncedAvatar(home), await syncedAvatar(home)];
  const body = { title: "Visit", scene: placed(scene), avatars: [placed(avatar), placed(other)] };
  const { id } = (await call(home.giverId, "POST", "/v1/vr-videos", { body })).json;
  await call(home.giverId, "DELETE", `/v1/resources/${resourceIdOf(avatar.jobId)}`);
  assert.deepEqual(listed(await call(home.giverId, "GET", `/v1/vr-videos/${id}`)).avatars, [placed(other)]);
  await call(home.giverId, "DELETE", `/v1/resources/${resourceIdOf(scene.jobId)}`);
  assert.equal((await call(home.giverId, "GET", `/v1/vr-videos/${id}`)).status, 404);
});

test("transforms are read by name or as lists; another space gets 404 for a VR video", async () => {
  const [home, others] = [await family(world), await family(world)];
  const [scene, avatar] = [await synced(home), await syncedAvatar(home)];
  const named = { position: { x: 1, y: 0, z: -2 }, rotation: { x: 0, y: 1, z: 0, w: 0 }, scale: 2 };
  const body = {
    title: "  Sunday ",
    scene: placed(scene),
    avatars: [{ resourceId: resourceIdOf(avatar.jobId), transform: named }],
  };
  const { status, json } = await call(home.giverId, "POST", "/v1/vr-videos", { body });
  assert.deepEqual([status, json.title], [201, "Sunday"]);
  assert.deepEqual(json.avatars[0].transform, {
    position: [1, 0, -2],
    rotation: [0, 1, 0, 0],
    scale: [2, 2, 2],
  });
  assert.deepEqual((await call(others.giverId, "GET", "/v1/vr-videos")).json.items, []);
  for (const method of ["GET", "DELETE"])
    assert.equal((await call(others.giverId, method, `/v1/vr-videos/${json.id}`)).status, 404);
});
