import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOf, PERSON } from "#shared/platform/http/testing/caller.ts";
import { databaseGiving } from "#shared/platform/sql/testing/databaseGiving.ts";
import { getVrVideoRoute } from "./getVrVideo.ts";
import { ID, vrVideoRow } from "./testing/rows.ts";

test("a VR video is answered with its scene and avatars", async () => {
  const row = vrVideoRow();
  const db = databaseGiving([row]);
  const { status, json } = await callerOf(getVrVideoRoute, { db })("GET", `/v1/vr-videos/${ID}`);
  assert.equal(status, 200);
  assert.deepEqual(json, {
    id: ID,
    title: "Together",
    scene: { resourceId: "scene", transform: row.scene_transform },
    avatars: row.avatars,
    createdAt: "2026-03-01T10:00:00.123Z",
  });
  assert.deepEqual(db.asked, [[PERSON, ID]]);
});

test("another space's is 404; so is what can't be an id, and then nothing is read", async () => {
  const db = databaseGiving([]);
  const ask = callerOf(getVrVideoRoute, { db });
  assert.equal((await ask("GET", `/v1/vr-videos/${ID}`)).json.code, "not_found");
  assert.equal((await ask("GET", "/v1/vr-videos/none")).json.code, "not_found");
  assert.equal(db.asked.length, 1);
});
