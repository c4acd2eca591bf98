import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeCursor } from "#shared/platform/http/cursor.ts";
import { callerOf, PERSON, unreached } from "#shared/platform/http/testing/caller.ts";
import { databaseGiving } from "#shared/platform/sql/testing/databaseGiving.ts";
import { listResourcesRoute } from "./listResources.ts";
import { ID, resourceRow, signer } from "./testing/rows.ts";

test("a page has at most limit items, and a cursor while there are more", async () => {
  const db = databaseGiving([resourceRow(), resourceRow({ id: "next" })]);
  const ask = callerOf(listResourcesRoute, { db, signer });
  const { status, json } = await ask("GET", "/v1/resources?limit=1&kind=scene");
  assert.equal(status, 200);
  assert.deepEqual(
    json.items.map(({ id }: { id: string }) => id),
    [ID],
  );
  assert.deepEqual(decodeCursor(json.nextCursor), ["2026-03-01T10:00:00.123456Z", ID]);
  assert.deepEqual(db.asked, [[PERSON, null, null, "scene", 2]]);

  const next = await ask("GET", `/v1/resources?limit=2&cursor=${json.nextCursor}`);
  assert.equal(next.json.nextCursor, null);
  assert.deepEqual(db.asked[1], [PERSON, "2026-03-01T10:00:00.123456Z", ID, null, 3]);
});

test("an empty limit, cursor and kind are as if they weren't there", async () => {
  const db = databaseGiving([]);
  const ask = callerOf(listResourcesRoute, { db, signer });
  const { json } = await ask("GET", "/v1/resources?limit=&cursor=&kind=");
  assert.deepEqual([json, db.asked], [{ items: [], nextCursor: null }, [[PERSON, null, null, null, 21]]]);
});

test("a limit, kind or cursor that can't be is 400, and nothing is read", async () => {
  const db = databaseGiving([]);
  const ask = callerOf(listResourcesRoute, { db, signer });
  for (const query of ["limit=0", "limit=101", "kind=no%20kind", "cursor=x"]) {
    const { status, json } = await ask("GET", `/v1/resources?${query}`);
    assert.deepEqual([status, json.code], [400, "invalid_request"], query);
  }
  assert.deepEqual(db.asked, []);
});

test("without a token it is 401, and the list is not reached", async () => {
  const ask = callerOf(listResourcesRoute.performing(unreached), {});
  assert.equal((await ask("GET", "/v1/resources", { token: null })).status, 401);
});
