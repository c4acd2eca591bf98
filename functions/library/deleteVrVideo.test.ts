import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOf, PERSON } from "#shared/platform/http/testing/caller.ts";
import { databaseGiving } from "#shared/platform/sql/testing/databaseGiving.ts";
import { deleteVrVideoRoute } from "./deleteVrVideo.ts";
import { asMember, ID, recording } from "./testing/rows.ts";

test("a VR video of a space of the caller's is deleted", async () => {
  const db = databaseGiving([asMember({ space_id: "space" })]);
  const { status, text } = await callerOf(deleteVrVideoRoute, { ...recording, db })(
    "DELETE",
    `/v1/vr-videos/${ID}`,
  );
  assert.deepEqual(
    [status, text, db.asked],
    [204, "", [[ID], [PERSON, "space"], [ID], ["space", recording.clock(), ["vr_video"], [ID], ["delete"]]]],
  );
});

test("one that isn't there is 404; so is no id, and then nothing is asked", async () => {
  const db = databaseGiving([]);
  const ask = callerOf(deleteVrVideoRoute, { ...recording, db });
  assert.equal((await ask("DELETE", `/v1/vr-videos/${ID}`)).json.code, "not_found");
  assert.equal((await ask("DELETE", "/v1/vr-videos/none")).json.code, "not_found");
  assert.equal(db.asked.length, 1);
});
