import assert from "node:assert/strict";
import { test } from "node:test";
import { kinds } from "#shared/kinds/index.ts";
import { callerOf, PERSON, unreached } from "#shared/platform/http/testing/caller.ts";
import { databaseGiving } from "#shared/platform/sql/testing/databaseGiving.ts";
import { changeVrVideoRoute } from "./changeVrVideo.ts";
import { asMember, ID, recording, vrVideoRow } from "./testing/rows.ts";

const PATH = `/v1/vr-videos/${ID}`;
const { scene_transform: transform } = vrVideoRow();
const deps = (rows: readonly object[]) => ({
  ...recording,
  db: databaseGiving(rows),
  kinds,
  newId: () => "v2",
});
const headers = { "if-match": '"v1"' };

test("a title alone leaves scene and avatars as they are", async () => {
  const given = deps([asMember(vrVideoRow({ version: "v2" }))]);
  const ask = callerOf(changeVrVideoRoute, given);
  const { status, headers: answered } = await ask("PATCH", PATH, { body: { title: "Tea" }, headers });
  assert.deepEqual([status, answered.get("etag")], [200, '"v2"']);
  assert.deepEqual(given.db.asked, [
    [PERSON, ID],
    [PERSON, "space"],
    [ID],
    [ID, "Tea", null, null, "v2", ["v1"]],
    [PERSON, ID],
    ["space", recording.clock(), ["vr_video"], [ID], ["put"]],
  ]);
});

test("avatars take the place of all; a resource that can't be used is named", async () => {
  const avatars = [{ resourceId: ID, transform }];
  const given = deps([asMember({ ...vrVideoRow(), kind: "avatar" })]);
  assert.equal(
    (await callerOf(changeVrVideoRoute, given)("PATCH", PATH, { body: { avatars }, headers })).status,
    200,
  );
  assert.deepEqual(given.db.asked.slice(5, 7), [[ID], [ID, JSON.stringify(avatars)]]);

  const wrong = callerOf(changeVrVideoRoute, deps([asMember({ ...vrVideoRow(), kind: "avatar" })]));
  const body = { scene: { resourceId: ID, transform } };
  const { status, json } = await wrong("PATCH", PATH, { body, headers });
  assert.deepEqual([status, json.code, json.errors[0].path], [422, "resource_unknown", "scene.resourceId"]);
});

test("without If-Match it is 428; what isn't there is 404", async () => {
  const ask = callerOf(changeVrVideoRoute, deps([]));
  assert.equal((await ask("PATCH", PATH, { body: { title: "Tea" } })).json.code, "precondition_required");
  assert.equal((await ask("PATCH", PATH, { body: { title: "Tea" }, headers })).json.code, "not_found");
});

test("a body that changes nothing, or to what can't be, is 400", async () => {
  const ask = callerOf(changeVrVideoRoute.performing(unreached), {});
  for (const body of [
    {},
    { title: "" },
    { avatars: [] },
    { scene: null },
    { id: "x" },
    { scene: { resourceId: ID } },
  ]) {
    assert.equal((await ask("PATCH", PATH, { body, headers })).status, 400, JSON.stringify(body));
  }
});
