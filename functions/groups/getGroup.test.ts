import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOf } from "#shared/platform/http/testing/caller.ts";
import { databaseGiving } from "#shared/platform/sql/testing/databaseGiving.ts";
import { getGroupRoute } from "./getGroup.ts";

test("the group is answered with its recipient and its givers", async () => {
  const group = {
    id: "space",
    recipient: { id: "r", name: "Grandma", email: null },
    givers: [{ id: "g", name: null, email: "mina@example.com" }],
    createdAt: "2026-03-01T10:00:00.000Z",
  };
  const { status, json } = await callerOf(
    getGroupRoute.performing(async () => group),
    {},
  )("GET", "/v1/group");
  assert.deepEqual([status, json], [200, group]);
});

test("who is in no group is answered 404 not_in_group", async () => {
  const ask = callerOf(getGroupRoute, { db: databaseGiving([]) });
  const { status, json } = await ask("GET", "/v1/group");
  assert.deepEqual([status, json.code], [404, "not_in_group"]);
});
