import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "#shared/platform/errors.ts";
import { callerOf, PERSON, unreached } from "#shared/platform/http/testing/caller.ts";
import { listBadgesRoute } from "./listBadges.ts";

test("a month and the streak are answered; this month unless one is named, not emptily", async () => {
  const month = {
    items: [{ id: "x", type: "LOVELY" as const, date: "2026-03-01", earnedAt: "2026-03-01T10:00:00.000Z" }],
    streak: 1,
  };
  const inputs: unknown[] = [];
  const route = listBadgesRoute.performing(async (input) => {
    inputs.push(input);
    return month;
  });
  const ask = callerOf(route, {});
  const { status, json } = await ask("GET", "/v1/badges?year=2026&month=3");
  assert.deepEqual([status, json], [200, month]);
  await ask("GET", "/v1/badges");
  await ask("GET", "/v1/badges?year=&month=");
  assert.deepEqual(inputs, [
    { userId: PERSON, month: { year: 2026, month: 3 } },
    { userId: PERSON, month: undefined },
    { userId: PERSON, month: undefined },
  ]);
});

test("a year without a month, or a month that isn't one, is 400", async () => {
  const ask = callerOf(listBadgesRoute.performing(unreached), {});
  for (const query of [
    "year=2026",
    "year=2026&month=",
    "month=3",
    "year=2026&month=13",
    "year=1999&month=1",
    "year=x&month=1",
  ])
    assert.equal((await ask("GET", `/v1/badges?${query}`)).status, 400, query);
});

test("a giver without a group is 404 not_in_group", async () => {
  const route = listBadgesRoute.performing(async () => {
    throw errors.notInGroup("the caller is in no care group");
  });
  const { status, json } = await callerOf(route, {})("GET", "/v1/badges");
  assert.deepEqual([status, json.code], [404, "not_in_group"]);
});
