import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOf, PERSON, unreached } from "#shared/platform/http/testing/caller.ts";
import { databaseGiving } from "#shared/platform/sql/testing/databaseGiving.ts";
import { getSpaceRoute } from "./getSpace.ts";
import { ID, spaceRow } from "./testing/callers.ts";

test("a space is answered, asked for by the caller's own id; its number is a number", async () => {
  const db = databaseGiving([spaceRow()]);
  const { status, json } = await callerOf(getSpaceRoute, { db })("GET", `/v1/spaces/${ID}`);
  assert.deepEqual([status, json, db.asked], [200, { ...spaceRow(), seq: 9007 }, [[PERSON, ID]]]);
});

test("a space one isn't in is 404; so is what can't be one, and then nothing is read", async () => {
  const ask = callerOf(getSpaceRoute, { db: databaseGiving([]) });
  assert.equal((await ask("GET", `/v1/spaces/${ID}`)).json.code, "not_found");
  const odd = callerOf(getSpaceRoute.performing(unreached), {});
  assert.equal((await odd("GET", "/v1/spaces/mine")).json.code, "not_found");
});
