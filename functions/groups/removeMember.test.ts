import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "#shared/platform/errors.ts";
import { callerOf, unreached } from "#shared/platform/http/testing/caller.ts";
import { removeMemberRoute } from "./removeMember.ts";
import { CALLER, ID } from "./testing/callers.ts";

test("a member is removed for the caller, by their id", async () => {
  const inputs: unknown[] = [];
  const route = removeMemberRoute.performing(async (input) => {
    inputs.push(input);
  });
  const { status, text } = await callerOf(route, {})("DELETE", `/v1/group/members/${ID}`);
  assert.deepEqual([status, text, inputs], [204, "", [{ caller: CALLER, memberId: ID }]]);
});

test("naming another giver is 403; no member or no id is 404, and no one goes", async () => {
  const refused = removeMemberRoute.performing(async () => {
    throw errors.forbidden("a care giver can only leave");
  });
  assert.equal((await callerOf(refused, {})("DELETE", `/v1/group/members/${ID}`)).status, 403);
  const missing = removeMemberRoute.performing(async () => {
    throw errors.notFound();
  });
  assert.equal((await callerOf(missing, {})("DELETE", `/v1/group/members/${ID}`)).status, 404);
  const ask = callerOf(removeMemberRoute.performing(unreached), {});
  assert.equal((await ask("DELETE", "/v1/group/members/me")).status, 404);
});
