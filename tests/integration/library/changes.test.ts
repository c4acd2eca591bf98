/** What people change in the library: titles and VR videos, two at once, and titles that are searched for. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { libraryApp } from "#functions/library/routes.ts";
import { createFileSigner } from "#functions/library/signedFiles.ts";
import { type Caller, callsOf, testHttp } from "#shared/platform/http/testing/caller.ts";
import { randomId } from "#shared/platform/ids.ts";
import { silentLogger } from "#shared/platform/log/logger.ts";
import { createReadUrls } from "#shared/platform/storage/readUrls.ts";
import type { UrlSigner } from "#shared/platform/storage/urlSigner.ts";
import { reconcileResults } from "#shared/results/reconcile.ts";
import { type Result, resourceIdOf, SAMPLES_SPACE } from "#shared/results/resultDocument.ts";
import { syncResult } from "#shared/results/syncResult.ts";
import {
  type Family,
  family,
  type ResultsWorld,
  resultOf,
  resultsWorld,
  writeResult,
} from "../results/harness.ts";

const now = new Date("2026-03-01T10:00:00Z");
let world: ResultsWorld;
let call: Caller;
/** Objects that were signed. */
let signed: string[] = [];
before(async () => {
  world = await resultsWorld(() => now);
  const objects: UrlSigner = {
    ...world.objects,
    signRead: (object, ...rest) => {
      signed.push(object);
      return world.objects.signRead(object, ...rest);
    },
  };
  const signer = createFileSigner(
    createReadUrls(objects, () => now, silentLogger),
    () => now,
  );
  const deps = { ...world.depsOf("library"), http: testHttp, newId: randomId, signer };
  call = callsOf(libraryApp(() => deps));
});
after(() => world.drop());

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
  const contentType = "model/gltf-binary";
  const { size, crc32c, generation } = world.objects.put(object, Buffer.from("a"), contentType);
  const files = [
    { name: "avatar.glb", role: "model" as const, object, contentType, size, crc32c, generation },
  ];
  return synced(home, { jobId, kind: "avatar", params: { gender: "male" }, files });
}

/** Writes the result's document so that it can't be read, or as it was, and syncs it. */
async function spoil(result: Result): Promise<void> {
  await writeResult(world, result.jobId, { ...result, title: 7 });
  assert.equal(await syncResult(result.jobId, world.deps), "quarantined");
}
async function mend(result: Result): Promise<void> {
  await writeResult(world, result.jobId, result);
  assert.equal(await syncResult(result.jobId, world.deps), "synced");
}

const at = (x: number) => ({ position: [x, 0, 0], rotation: [0, 0, 0, 1], scale: [1, 1, 1] });
const placed = (result: Result, x: number) => ({ resourceId: resourceIdOf(result.jobId), transform: at(x) });
const pathOf = (result: Result) => `/v1/resources/${resourceIdOf(result.jobId)}`;
const rename = (token: string, path: string, title: string, ifMatch: string) =>
  call("PATCH", path, { token, body: { title }, headers: { "if-match": ifMatch } });
const etagAt = async (token: string, path: string) =>
  (await call("GET", path, { token })).headers.get("etag") ?? "";

/** The titles that a search finds, newest first. */
async function found(token: string, q: string, rest = ""): Promise<string[]> {
  const { status, json } = await call("GET", `/v1/resources?q=${encodeURIComponent(q)}${rest}`, { token });
  assert.equal(status, 200);
  return json.items.map(({ title }: { title: string }) => title);
}

test("a title that a person gave survives redelivery, a newer result and reconciling", async () => {
  const home = await family(world);
  const result = await synced(home);
  const path = pathOf(result);
  const answer = await rename(home.recipientId, path, "Oma's Küche", await etagAt(home.giverId, path));
  assert.deepEqual([answer.status, answer.json.title], [200, "Oma's Küche"]);
  assert.equal(answer.headers.get("etag"), await etagAt(home.giverId, path));

  assert.equal(await syncResult(result.jobId, world.deps), "unchanged");
  await writeResult(world, result.jobId, { ...result, title: "Another", data: { panels: 4 } });
  assert.equal(await syncResult(result.jobId, world.deps), "synced");
  await world.backend.pool.query("UPDATE resources SET data = NULL WHERE job_id = $1", [result.jobId]);
  assert.equal((await reconcileResults(world.deps)).changed, 1);
  assert.equal((await reconcileResults(world.deps)).mended, 0);
  const { json } = await call("GET", path, { token: home.giverId });
  assert.deepEqual([json.title, json.data], ["Oma's Küche", { panels: 4 }]);
  assert.deepEqual(await found(home.giverId, "kuche"), ["Oma's Küche"]);
  assert.deepEqual(await found(home.giverId, "another"), []);
});

test("of two givers who save at once one gets 412, and nothing is lost", async () => {
  const home = await family(world);
  const [scene, elsewhere] = [await synced(home), await synced(home)];
  const avatar = await syncedAvatar(home);
  const body = { title: "Tea", scene: placed(scene, 0), avatars: [placed(avatar, 0)] };
  const { json } = await call("POST", "/v1/vr-videos", { token: home.giverId, body });
  const path = `/v1/vr-videos/${json.id}`;

  for (let round = 1; round <= 5; round++) {
    const seen = await etagAt(home.giverId, path);
    const save = (x: number) =>
      call("PATCH", path, {
        token: x > 0 ? home.giverId : home.recipientId,
        headers: { "if-match": seen },
        body: {
          scene: placed(x > 0 ? scene : elsewhere, x),
          avatars: [placed(avatar, x), placed(avatar, 2 * x)],
        },
      });
    const answers = await Promise.all([save(round), save(-round)]);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 412]);
    assert.equal(answers.find(({ status }) => status === 412)?.json.code, "changed_meanwhile");
    const saved = answers[0]?.status === 200 ? round : -round;
    const { json: now, headers } = await call("GET", path, { token: home.giverId });
    assert.equal(headers.get("etag"), answers.find(({ status }) => status === 200)?.headers.get("etag"));
    assert.deepEqual(now.scene.transform, at(saved));
    assert.deepEqual(
      now.avatars.map(({ transform }: { transform: unknown }) => transform),
      [at(saved), at(2 * saved)],
    );
    assert.equal(now.title, "Tea");
    assert.equal(now.scene.resource.files[0].role, "model");
    assert.match(now.avatars[1].resource.files[0].url, /avatar\.glb/);
  }

  const resource = pathOf(scene);
  const seen = await etagAt(home.giverId, resource);
  const renames = await Promise.all(
    ["a", "b", "c"].map((title) => rename(home.giverId, resource, `Named ${title}`, seen)),
  );
  assert.deepEqual(renames.map(({ status }) => status).sort(), [200, 412, 412]);
  const title = renames.find(({ status }) => status === 200)?.json.title;
  assert.deepEqual(await found(home.giverId, "named"), [title]);
});

test("a save keeps an avatar that can't be shown at the moment, and its place is full", async () => {
  const home = await family(world);
  const [scene, first, second] = [await synced(home), await syncedAvatar(home), await syncedAvatar(home)];
  const token = home.giverId;
  const body = { title: "Tea", scene: placed(scene, 0), avatars: [placed(second, 2), placed(first, 1)] };
  const path = `/v1/vr-videos/${(await call("POST", "/v1/vr-videos", { token, body })).json.id}`;
  const save = (seen: string, body: object) =>
    call("PATCH", path, { token, body, headers: { "if-match": seen } });
  const avatarsThere = async () =>
    (await call("GET", path, { token })).json.avatars.map(
      ({ resource: _, ...avatar }: { resource: unknown }) => avatar,
    );

  const whole = await etagAt(token, path);
  await spoil(second);
  assert.equal((await save(whole, { avatars: [placed(first, 3)] })).json.code, "changed_meanwhile");
  const without = await etagAt(token, path);
  const full = await save(without, { avatars: Array.from({ length: 10 }, () => placed(first, 3)) });
  assert.deepEqual([full.status, full.json.errors[0].path], [400, "avatars"]);
  assert.equal(await etagAt(token, path), without);
  const saved = await save(without, { avatars: [placed(first, 3), placed(first, 4)] });
  assert.deepEqual([saved.status, saved.json.avatars], [200, [placed(first, 3), placed(first, 4)]]);
  assert.equal((await save(saved.headers.get("etag") ?? "", { title: "Cake" })).status, 200);
  await mend(second);
  assert.deepEqual(await avatarsThere(), [placed(first, 3), placed(first, 4), placed(second, 2)]);
  // Seen without the avatar that is there again: it isn't deleted unseen.
  assert.equal((await save(without, { avatars: [placed(first, 5)] })).status, 412);
  await save("*", { avatars: [placed(first, 5)] });
  assert.deepEqual(await avatarsThere(), [placed(first, 5)]);

  const shown = await etagAt(token, path);
  await spoil(scene);
  assert.equal((await save(shown, { avatars: [placed(first, 6)] })).status, 404);
  await mend(scene);
  const { json } = await call("GET", path, { token });
  assert.deepEqual([json.title, json.scene.resourceId], ["Cake", resourceIdOf(scene.jobId)]);
  assert.deepEqual(await avatarsThere(), [placed(first, 5)]);
});

test("If-Match: any state, a list, a weak tag; without it 428; others' and samples not", async () => {
  const [home, others] = [await family(world), await family(world)];
  const result = await synced(home);
  const sample = await synced({ spaceId: SAMPLES_SPACE, giverId: home.giverId });
  const path = pathOf(result);
  const seen = await etagAt(home.giverId, path);
  assert.equal((await rename(home.giverId, path, "Weak", `W/${seen}`)).json.code, "changed_meanwhile");
  assert.equal((await rename(home.giverId, path, "Old", '"gone"')).json.code, "changed_meanwhile");
  assert.equal((await rename(home.giverId, path, "List", `"gone", ${seen}`)).status, 200);
  assert.equal((await rename(home.giverId, path, "Any", "*")).status, 200);
  assert.equal((await call("PATCH", path, { token: home.giverId, body: { title: "x" } })).status, 428);
  assert.equal((await rename(others.giverId, path, "Theirs", "*")).json.code, "not_found");
  assert.equal((await rename(home.giverId, pathOf(sample), "Mine", "*")).json.code, "forbidden");
  assert.equal((await call("GET", path, { token: home.giverId })).json.title, "Any");
});

test("a search finds beginnings of words in the space and the samples, page by page", async () => {
  const [home, others] = [await family(world), await family(world)];
  const at = (minute: number) => ({ completedAt: new Date(now.getTime() + minute * 60_000) });
  const titles = ["Die Küche", "우리 할머니의 부엌", "KÜCHE im Garten", "Kuchen", "Garden"];
  for (const [minute, title] of titles.entries()) await synced(home, { title, ...at(minute) });
  await synced(others, { title: "Küche der anderen" });
  const sample = await synced(
    { spaceId: SAMPLES_SPACE, giverId: home.giverId },
    { title: "Küche, sample", ...at(9) },
  );

  assert.deepEqual(await found(home.giverId, "kuch"), [
    "Küche, sample",
    "Kuchen",
    "KÜCHE im Garten",
    "Die Küche",
  ]);
  assert.deepEqual(await found(home.giverId, "KÜCHE gar"), ["KÜCHE im Garten"]);
  assert.deepEqual(await found(home.giverId, "gar"), ["Garden", "KÜCHE im Garten"]);
  assert.deepEqual(await found(home.giverId, "할머".normalize("NFD")), ["우리 할머니의 부엌"]);
  assert.deepEqual(await found(home.giverId, "부 할"), ["우리 할머니의 부엌"]);
  assert.deepEqual(await found(home.giverId, "머니"), []);
  assert.deepEqual(await found(home.giverId, "kuch", "&kind=avatar"), []);
  assert.deepEqual(await found(home.giverId, "%' OR 1=1 --"), []);

  const pages: string[] = [];
  for (let cursor = ""; ; ) {
    const { json } = await call("GET", `/v1/resources?q=kuch&limit=1&cursor=${cursor}`, {
      token: home.giverId,
    });
    pages.push(...json.items.map(({ title }: { title: string }) => title));
    if (json.nextCursor === null) break;
    cursor = json.nextCursor;
  }
  assert.deepEqual(pages, ["Küche, sample", "Kuchen", "KÜCHE im Garten", "Die Küche"]);
  await world.backend.pool.query("DELETE FROM resources WHERE job_id = $1", [sample.jobId]);
  assert.equal((await found(home.giverId, "kuch")).length, 3);
});

test("a page of 50 signs its posters only, a single resource all its files", async () => {
  const home = await family(world);
  const poster = { name: "poster.jpg", role: "poster" as const, contentType: "image/jpeg" };
  const made: Result[] = [];
  for (let n = 0; n < 50; n++) {
    const base = await resultOf(world, home, { completedAt: new Date(now.getTime() + n) });
    const put = (name: string) => {
      const object = `spaces/${home.spaceId}/jobs/${base.jobId}/1/${name}`;
      const { size, crc32c, generation } = world.objects.put(object, Buffer.from(name));
      return { name, object, size, crc32c, generation };
    };
    const pictures = [0, 1, 2].map((half) => ({
      ...put(`feat${half}.png`),
      role: "companion" as const,
      contentType: "image/png",
    }));
    const files = [...base.files, ...pictures, ...(n % 2 === 0 ? [{ ...put("poster.jpg"), ...poster }] : [])];
    const result = { ...base, files };
    await writeResult(world, result.jobId, result);
    assert.equal(await syncResult(result.jobId, world.deps), "synced");
    made.push(result);
  }
  signed = [];
  const { json } = await call("GET", "/v1/resources?limit=50", { token: home.giverId });
  const own = json.items.filter(({ isSample }: { isSample: boolean }) => !isSample);
  const posters = own.filter((item: { poster: unknown }) => item.poster !== null).length;
  assert.ok(own.length >= 40 && posters >= 20 && posters <= 25);
  assert.ok(
    own.every(({ files }: { files: { url?: string }[] }) => files.every(({ url }) => url === undefined)),
  );
  assert.equal(signed.length, posters);
  assert.ok(signed.every((object) => object.endsWith("/poster.jpg")));

  signed = [];
  const single = await call("GET", pathOf(made[1] ?? assert.fail()), { token: home.giverId });
  assert.deepEqual([single.json.files.length, signed.length], [4, 4]);
});
