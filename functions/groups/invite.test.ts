import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "#shared/platform/errors.ts";
import { callerOf, unreached } from "#shared/platform/http/testing/caller.ts";
import { inviteRoute } from "./invite.ts";
import { CALLER } from "./testing/callers.ts";

const BODY = { recipientEmail: "Grandma@example.com" };

test("an invitation is 202 with the stored answer; address and key go in as sent", async () => {
  const inputs: unknown[] = [];
  const route = inviteRoute.performing(async (input) => {
    inputs.push(input);
    return { status: 202, body: '{"id":"x"}' };
  });
  const headers = { "idempotency-key": "k1" };
  const { status, text } = await callerOf(route, {})("POST", "/v1/invitations", { body: BODY, headers });
  assert.deepEqual([status, text], [202, '{"id":"x"}']);
  assert.deepEqual(inputs, [{ caller: CALLER, ...BODY, idempotencyKey: "k1" }]);
});

test("what is no address is 400, and no one is invited", async () => {
  const ask = callerOf(inviteRoute.performing(unreached), {});
  for (const recipientEmail of ["", "grandma", "a@b", `${"x".repeat(250)}@example.com`, null]) {
    const { status, json } = await ask("POST", "/v1/invitations", { body: { recipientEmail } });
    assert.deepEqual([status, json.errors[0].path], [400, "recipientEmail"]);
  }
});

test("only a giver may invite, and not without end", async () => {
  for (const [error, status] of [
    [errors.notEnrolled("choose a role first"), 403],
    [errors.roleMismatch("only a care giver does this"), 403],
    [errors.rateLimited("no more invitations today", { retryAfterSeconds: 60 }), 429],
  ] as const) {
    const route = inviteRoute.performing(async () => {
      throw error;
    });
    const answer = await callerOf(route, {})("POST", "/v1/invitations", { body: BODY });
    assert.deepEqual([answer.status, answer.json.code], [status, error.code]);
    assert.equal(answer.headers.get("retry-after"), error.retryAfterSeconds === undefined ? null : "60");
  }
});
