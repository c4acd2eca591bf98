import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOf, PERSON } from "#shared/platform/http/testing/caller.ts";
import { databaseGiving } from "#shared/platform/sql/testing/databaseGiving.ts";
import { getResourceRoute } from "./getResource.ts";
import { ID, resourceRow, signer } from "./testing/rows.ts";

const PATH = `/v1/resources/${ID}`;

test("a resource is answered with URLs, without the names of objects and jobs", async () => {
  const db = databaseGiving([resourceRow()]);
  const { status, json, headers } = await callerOf(getResourceRoute, { db, signer })("GET", PATH);
  assert.equal(status, 200);
  assert.deepEqual(json, {
    id: ID,
    spaceId: "space",
    kind: "scene",
    title: "The garden",
    params: { location: "outdoor" },
    data: null,
    isSample: false,
    createdAt: "2026-03-01T10:00:00.123Z",
    files: [
      {
        name: "scene.glb",
        role: "model",
        contentType: "model/gltf-binary",
        size: 7,
        url: "https://storage.example/spaces/s/scene.glb",
      },
    ],
    urlsExpireAt: "2026-03-01T10:15:00.000Z",
  });
  assert.equal(headers.get("etag"), '"v1"');
  assert.deepEqual(db.asked, [[PERSON, [ID]]]);
});

test("a resource of no space is a sample", async () => {
  const db = databaseGiving([resourceRow({ space_id: null })]);
  assert.equal((await callerOf(getResourceRoute, { db, signer })("GET", PATH)).json.isSample, true);
});

test("another space's is 404; so is what can't be an id, and then nothing is read", async () => {
  const db = databaseGiving([]);
  const ask = callerOf(getResourceRoute, { db, signer });
  assert.equal((await ask("GET", PATH)).json.code, "not_found");
  assert.equal((await ask("GET", "/v1/resources/none")).json.code, "not_found");
  assert.equal(db.asked.length, 1);
});
