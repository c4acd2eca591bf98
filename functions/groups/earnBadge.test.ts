import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "#shared/platform/errors.ts";
import { callerOf, PERSON, unreached } from "#shared/platform/http/testing/caller.ts";
import { earnBadgeRoute } from "./earnBadge.ts";

test("a badge is 201 with the stored answer; without a body the type is drawn", async () => {
  const inputs: unknown[] = [];
  const route = earnBadgeRoute.performing(async (input) => {
    inputs.push(input);
    return { status: 201, body: '{"id":"x"}' };
  });
  const ask = callerOf(route, {});
  const { status, text } = await ask("POST", "/v1/badges", { body: { type: "LOVELY" } });
  assert.deepEqual([status, text], [201, '{"id":"x"}']);
  await ask("POST", "/v1/badges");
  await ask("POST", "/v1/badges", {
    headers: { "content-type": "application/json", "idempotency-key": "k" },
  });
  assert.deepEqual(inputs, [
    { userId: PERSON, type: "LOVELY", idempotencyKey: undefined },
    { userId: PERSON, type: undefined, idempotencyKey: undefined },
    { userId: PERSON, type: undefined, idempotencyKey: "k" },
  ]);
});

test("another type is 400, and no badge is earned", async () => {
  const ask = callerOf(earnBadgeRoute.performing(unreached), {});
  for (const body of [{ type: "BAD" }, { type: null }, { kind: "LOVELY" }, []])
    assert.equal((await ask("POST", "/v1/badges", { body })).status, 400);
});

test("a second one today is 409", async () => {
  const route = earnBadgeRoute.performing(async () => {
    throw errors.alreadyEarned("there is one badge a day");
  });
  const { status, json } = await callerOf(route, {})("POST", "/v1/badges");
  assert.deepEqual([status, json.code], [409, "already_earned"]);
});
