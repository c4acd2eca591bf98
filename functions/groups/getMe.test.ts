import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOf, PERSON } from "#shared/platform/http/testing/caller.ts";
import { databaseGiving } from "#shared/platform/sql/testing/databaseGiving.ts";
import { getMeRoute } from "./getMe.ts";
import { person } from "./testing/callers.ts";

test("one's own profile is answered; enrolled is whether the role is chosen", async () => {
  const db = databaseGiving([person({ role: null })]);
  const { status, json } = await callerOf(getMeRoute, { db })("GET", "/v1/me");
  assert.equal(status, 200);
  const { address: _, ...shown } = person({ role: null });
  assert.deepEqual(json, {
    ...shown,
    enrolled: false,
    createdAt: "2026-03-01T10:00:00.000Z",
  });
  assert.deepEqual(db.asked, [[PERSON]]);
});

test("a token that outlives its account is 401", async () => {
  const { status, json } = await callerOf(getMeRoute, { db: databaseGiving([]) })("GET", "/v1/me");
  assert.deepEqual([status, json.code], [401, "token_invalid"]);
});
