import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeCursor } from "#shared/platform/http/cursor.ts";
import { callerOf, PERSON } from "#shared/platform/http/testing/caller.ts";
import { databaseGiving } from "#shared/platform/sql/testing/databaseGiving.ts";
import { listVrVideosRoute } from "./listVrVideos.ts";
import { asMember, ID, vrVideoRow } from "./testing/rows.ts";

test("a page has at most limit items, and a cursor while there are more", async () => {
  const db = databaseGiving([asMember(vrVideoRow()), vrVideoRow({ id: "next" })]);
  const { status, json } = await callerOf(listVrVideosRoute, { db })("GET", "/v1/vr-videos?limit=1");
  assert.equal(status, 200);
  assert.deepEqual(
    json.items.map(({ id }: { id: string }) => id),
    [ID],
  );
  assert.deepEqual(decodeCursor(json.nextCursor), ["2026-03-01T10:00:00.123456Z", ID]);
  assert.deepEqual(db.asked, [
    [PERSON, ["care", "personal"]],
    ["space", null, null, 2],
  ]);
});

test("a cursor of no list is 400, and nothing is read", async () => {
  const db = databaseGiving([]);
  const { status } = await callerOf(listVrVideosRoute, { db })("GET", "/v1/vr-videos?cursor=x");
  assert.deepEqual([status, db.asked], [400, []]);
});
