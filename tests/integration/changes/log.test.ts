/** The change log as members read it: what each act writes, and that a reader who follows it has what there is. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { libraryApp } from "#functions/library/routes.ts";
import { createFileSigner } from "#functions/library/signedFiles.ts";
import { type Caller, callsOf, testHttp } from "#shared/platform/http/testing/caller.ts";
import { randomId } from "#shared/platform/ids.ts";
import { silentLogger } from "#shared/platform/log/logger.ts";
import { createReadUrls } from "#shared/platform/storage/readUrls.ts";
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

const now = new Date("2026-03-01T10:00:00.123Z");
let world: ResultsWorld;
let call: Caller;
before(async () => {
  world = await resultsWorld(() => now);
  const signer = createFileSigner(
    createReadUrls(world.objects, () => now, silentLogger),
    () => now,
  );
  const deps = { ...world.depsOf("library"), http: testHttp, newId: randomId, signer };
  call = callsOf(libraryApp(() => deps));
});
after(() => world.drop());

/** All changes after a number, a page at a time; each as its op, type and id. */
async function changesAfter(home: Family, seq: number): Promise<{ changes: string[]; seq: number }> {
  const changes: string[] = [];
  for (let after = seq; ; ) {
    const path = `/v1/spaces/${home.spaceId}/changes?after=${after}&limit=3`;
    const { status, json } = await call("GET", path, { token: home.giverId });
    assert.equal(status, 200);
    if (json.items.length === 0) return { changes, seq: json.nextSeq };
    for (const { op, type, id } of json.items) changes.push(`${op} ${type} ${id}`);
    after = json.nextSeq;
  }
}

async function written(home: Pick<Family, "spaceId" | "giverId">, overrides: Partial<Result> = {}) {
  const result = await resultOf(world, home, overrides);
  await writeResult(world, result.jobId, result);
  return result;
}
async function avatarOf(home: Pick<Family, "spaceId" | "giverId">): Promise<Result> {
  const jobId = randomId();
  const object = `spaces/${home.spaceId}/jobs/${jobId}/1/avatar.glb`;
  const contentType = "model/gltf-binary";
  const { size, crc32c, generation } = world.objects.put(object, Buffer.from("a"), contentType);
  const file = { name: "avatar.glb", role: "model" as const, object, contentType, size, crc32c, generation };
  return written(home, { jobId, kind: "avatar", params: { gender: "male" }, files: [file] });
}
const synced = (result: Result) => syncResult(result.jobId, world.deps);
const idOf = (result: Result) => resourceIdOf(result.jobId);
const transform = { position: [0, 0, 0], rotation: [0, 0, 0, 1], scale: [1, 1, 1] };
const placed = (result: Result) => ({ resourceId: idOf(result), transform });
async function video(home: Family, scene: Result, avatars: Result[]): Promise<string> {
  const body = { title: "Together", scene: placed(scene), avatars: avatars.map(placed) };
  const { status, json } = await call("POST", "/v1/vr-videos", { token: home.giverId, body });
  assert.equal(status, 201);
  return json.id;
}

test("each act writes what members see of it; what changes nothing writes nothing", async () => {
  const home = await family(world);
  const [scene, avatar] = [await written(home), await avatarOf(home)];
  let seq = 0;
  const step = async (what: string, act: () => Promise<unknown>, expected: readonly string[]) => {
    await act();
    const read = await changesAfter(home, seq);
    assert.deepEqual(read.changes, expected, what);
    seq = read.seq;
  };
  const [s, a] = [idOf(scene), idOf(avatar)];
  const any = { token: home.giverId, headers: { "if-match": "*" } };
  await step("a result", () => synced(scene), [`put resource ${s}`]);
  await step("its event again", () => synced(scene), []);
  await step("an avatar", () => synced(avatar), [`put resource ${a}`]);
  await step("a title", () => call("PATCH", `/v1/resources/${s}`, { ...any, body: { title: "Sea" } }), [
    `put resource ${s}`,
  ]);
  await step(
    "a refused title",
    () => call("PATCH", `/v1/resources/${s}`, { token: home.giverId, body: {} }),
    [],
  );
  let v = "";
  const make = async () => {
    v = await video(home, scene, [avatar]);
  };
  await make();
  await step("a VR video", async () => {}, [`put vr_video ${v}`]);
  await step("its title", () => call("PATCH", `/v1/vr-videos/${v}`, { ...any, body: { title: "Tea" } }), [
    `put vr_video ${v}`,
  ]);
  const spoil = async (result: Result) => {
    await writeResult(world, result.jobId, { ...result, title: 7 });
    assert.equal(await synced(result), "quarantined");
  };
  const mend = async (result: Result) => {
    await writeResult(world, result.jobId, result);
    assert.equal(await synced(result), "synced");
  };
  await step("an avatar that can't be read", () => spoil(avatar), [
    `delete resource ${a}`,
    `put vr_video ${v}`,
  ]);
  await step("it can again", () => mend(avatar), [`put resource ${a}`, `put vr_video ${v}`]);
  await step("a scene that can't be read", () => spoil(scene), [
    `delete resource ${s}`,
    `delete vr_video ${v}`,
  ]);
  await step("it can again", () => mend(scene), [`put resource ${s}`, `put vr_video ${v}`]);
  await step("the document goes", () => world.store.firestore.doc(`results/${avatar.jobId}`).delete(), []);
  await step("and its event comes", () => synced(avatar), [`delete resource ${a}`, `put vr_video ${v}`]);
  await step("deleting the VR video", () => call("DELETE", `/v1/vr-videos/${v}`, any), [
    `delete vr_video ${v}`,
  ]);
  await mend(avatar);
  await make();
  await step("another", async () => {}, [`put resource ${a}`, `put vr_video ${v}`]);
  await step("deleting its scene", () => call("DELETE", `/v1/resources/${s}`, any), [
    `delete resource ${s}`,
    `delete vr_video ${v}`,
  ]);
  const { rows } = await world.backend.pool.query("SELECT seq::int FROM spaces WHERE id = $1", [
    home.spaceId,
  ]);
  // Each of the entries above has a number, though the log has a row for each thing only.
  assert.deepEqual(rows, [{ seq: seq }]);
  assert.equal((await changesAfter(home, 0)).changes.length, 4);
});

test("a sample is in no log, but VR videos made of it are in theirs", async () => {
  const [home, other] = [await family(world), await family(world)];
  const samples = { spaceId: SAMPLES_SPACE, giverId: home.giverId };
  const [scene, avatar] = [await written(samples), await avatarOf(samples)];
  assert.deepEqual([await synced(scene), await synced(avatar)], ["synced", "synced"]);
  assert.deepEqual((await changesAfter(home, 0)).changes, []);
  const videos = [await video(home, scene, [avatar]), await video(other, scene, [avatar])];
  await world.store.firestore.doc(`results/${scene.jobId}`).delete();
  assert.equal(await synced(scene), "gone");
  for (const [index, space] of [home, other].entries())
    assert.deepEqual((await changesAfter(space, 1)).changes, [`delete vr_video ${videos[index]}`]);
});

test("a result that comes to another space goes from the first", async () => {
  const [home, other] = [await family(world), await family(world)];
  const [scene, avatar] = [await written(home), await avatarOf(home)];
  await synced(scene);
  await synced(avatar);
  const v = await video(home, scene, [avatar]);
  const there = await resultOf(world, other, { jobId: avatar.jobId, kind: "avatar", params: avatar.params });
  const files = there.files.map((file) => ({ ...file, name: "avatar.glb" }));
  await writeResult(world, avatar.jobId, { ...there, files });
  assert.equal(await synced(avatar), "synced");
  assert.deepEqual((await changesAfter(home, 3)).changes, [
    `delete resource ${idOf(avatar)}`,
    `put vr_video ${v}`,
  ]);
  assert.deepEqual((await changesAfter(other, 0)).changes, [`put resource ${idOf(avatar)}`]);
});

test("who isn't a member, or is none any more, reads nothing", async () => {
  const [home, other] = [await family(world), await family(world)];
  await synced(await written(home));
  const path = `/v1/spaces/${home.spaceId}/changes`;
  assert.equal((await call("GET", path, { token: other.giverId })).status, 404);
  assert.equal((await call("GET", path, { token: home.recipientId })).json.items.length, 1);
  await world.backend.pool.query("DELETE FROM space_members WHERE user_id = $1", [home.giverId]);
  const { status, json } = await call("GET", path, { token: home.giverId });
  assert.deepEqual([status, json.code], [404, "not_found"]);
});
