import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOf, PERSON } from "#shared/platform/http/testing/caller.ts";
import { databaseGiving } from "#shared/platform/sql/testing/databaseGiving.ts";
import { listSpacesRoute } from "./listSpaces.ts";
import { ID, spaceRow } from "./testing/callers.ts";

test("all spaces of the caller are one list", async () => {
  const db = databaseGiving([spaceRow(), spaceRow({ id: "other" })]);
  const { status, json } = await callerOf(listSpacesRoute, { db })("GET", "/v1/spaces");
  assert.deepEqual([status, json.items.map(({ id }: { id: string }) => id)], [200, [ID, "other"]]);
  assert.deepEqual(db.asked, [[PERSON, null]]);
});
