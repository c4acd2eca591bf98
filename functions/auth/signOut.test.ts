import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "#shared/platform/errors.ts";
import { callerOf, PERSON, REQUEST_ID, unreached } from "#shared/platform/http/testing/caller.ts";
import { signOutRoute } from "./signOut.ts";

const ID = "0123456789abcdefghjkmnpqrs";
const ACCOUNT = { userId: PERSON, sessionId: `session-of-${PERSON}`, role: null };

test("a session is ended by its id, or as the current one", async () => {
  for (const id of [ID, "current"]) {
    const inputs: unknown[] = [];
    const route = signOutRoute.performing(async (input) => {
      inputs.push(input);
    });
    const { status, text } = await callerOf(route, {})("DELETE", `/v1/auth/sessions/${id}`);
    assert.deepEqual([status, text], [204, ""]);
    assert.deepEqual(inputs, [{ account: ACCOUNT, requestId: REQUEST_ID, id }]);
  }
});

test("another's session is 404; so is what can't be one, and then nothing is ended", async () => {
  const missing = signOutRoute.performing(async () => {
    throw errors.notFound();
  });
  assert.equal((await callerOf(missing, {})("DELETE", `/v1/auth/sessions/${ID}`)).status, 404);
  const ask = callerOf(signOutRoute.performing(unreached), {});
  for (const id of ["all", "CURRENT", "x"])
    assert.equal((await ask("DELETE", `/v1/auth/sessions/${id}`)).status, 404);
});
