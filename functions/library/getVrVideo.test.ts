import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOf, PERSON } from "#shared/platform/http/testing/caller.ts";
import { databaseGiving } from "#shared/platform/sql/testing/databaseGiving.ts";
import { getVrVideoRoute } from "./getVrVideo.ts";
import { ID, resourceRow, signer, vrVideoRow } from "./testing/rows.ts";

const PATH = `/v1/vr-videos/${ID}`;

test("a VR video is answered with its scene, its avatars and URLs of their files", async () => {
  // The same row is given to both statements: a VR video whose scene and avatar are one resource.
  const { scene_transform, ...row } = vrVideoRow({ scene_id: ID });
  const avatars = [{ resourceId: ID, transform: scene_transform }];
  const db = databaseGiving([{ ...resourceRow(), ...row, scene_transform, avatars }]);
  const { status, json, headers } = await callerOf(getVrVideoRoute, { db, signer })("GET", PATH);
  assert.equal(status, 200);
  assert.equal(headers.get("etag"), '"v1"');
  const { resource } = json.scene;
  assert.equal(resource.files[0].url, "https://storage.example/spaces/s/scene.glb");
  assert.deepEqual(json, {
    id: ID,
    spaceId: "space",
    title: "Together",
    scene: { resourceId: ID, transform: scene_transform, resource },
    avatars: [{ resourceId: ID, transform: scene_transform, resource }],
    createdAt: "2026-03-01T10:00:00.123Z",
    urlsExpireAt: "2026-03-01T10:15:00.000Z",
  });
  assert.deepEqual(db.asked, [
    [PERSON, ID],
    [PERSON, [ID]],
  ]);
});

test("another space's is 404; so is what can't be an id, and then nothing is read", async () => {
  const db = databaseGiving([]);
  const ask = callerOf(getVrVideoRoute, { db, signer });
  assert.equal((await ask("GET", `/v1/vr-videos/${ID}`)).json.code, "not_found");
  assert.equal((await ask("GET", "/v1/vr-videos/none")).json.code, "not_found");
  assert.equal(db.asked.length, 1);
});
