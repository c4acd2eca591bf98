import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "#shared/platform/errors.ts";
import { callerOf, PERSON, testHttp, unreached } from "#shared/platform/http/testing/caller.ts";
import { confirmInvitationRoute } from "./confirmInvitation.ts";
import { CALLER, ID } from "./testing/callers.ts";

const PATH = `/v1/invitations/${ID}/confirm`;

test("a confirmation is 201 with the stored answer", async () => {
  const inputs: unknown[] = [];
  const route = confirmInvitationRoute.performing(async (input) => {
    inputs.push(input);
    return { status: 201, body: '{"id":"group"}' };
  });
  const { status, text } = await callerOf(route, {})("POST", PATH, { body: { code: "k7f3 q2" } });
  assert.deepEqual([status, text], [201, '{"id":"group"}']);
  assert.deepEqual(inputs, [
    { caller: CALLER, invitationId: ID, code: "k7f3 q2", idempotencyKey: undefined },
  ]);
});

test("a refused code is 422; another group is 409; another's invitation is 404", async () => {
  for (const [error, status] of [
    [errors.codeRejected("ask for a new one"), 422],
    [errors.alreadyInGroup("leave the other care group first"), 409],
    [errors.notFound(), 404],
  ] as const) {
    const route = confirmInvitationRoute.performing(async () => {
      throw error;
    });
    const answer = await callerOf(route, {})("POST", PATH, { body: { code: "x" } });
    assert.deepEqual([answer.status, answer.json.code], [status, error.code]);
  }
});

test("an id that can't be is 404 and a body that can't be is 400; no try is taken", async () => {
  const ask = callerOf(confirmInvitationRoute.performing(unreached), {});
  assert.equal((await ask("POST", "/v1/invitations/x/confirm", { body: { code: "x" } })).status, 404);
  for (const body of [{}, { code: "" }, { code: "x".repeat(65) }, { code: 7 }])
    assert.equal((await ask("POST", PATH, { body })).status, 400);
});

test("tries count against an account's budget of their own, not an address's", async () => {
  const taken: string[][] = [];
  const limits = {
    take: async (name: string, subject: string) => {
      taken.push([name, subject]);
      return { allowed: name !== "confirm", limit: 20, remaining: 0, resetSeconds: 30 };
    },
  };
  const ask = callerOf(confirmInvitationRoute.performing(unreached), {}, { ...testHttp, limits });
  const { status, headers } = await ask("POST", PATH, { body: { code: "x" } });
  assert.deepEqual([status, headers.get("retry-after")], [429, "30"]);
  assert.deepEqual(taken, [
    ["address", "unknown"],
    ["account", PERSON],
    ["confirm", PERSON],
  ]);
});
