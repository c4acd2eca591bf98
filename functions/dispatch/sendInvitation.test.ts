import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "#shared/platform/errors.ts";
import { callerOf, unreached } from "#shared/platform/http/testing/caller.ts";
import { sendInvitationRoute } from "./sendInvitation.ts";

const BODY = { invitationId: "0123456789abcdefghjkmnpqrs" };

test("a mail that was sent, refused or not needed ends its task", async () => {
  for (const outcome of ["sent", "refused", "over"] as const) {
    const inputs: unknown[] = [];
    const route = sendInvitationRoute.performing(async (input) => {
      inputs.push(input);
      return outcome;
    });
    const { status } = await callerOf(route, {})("POST", "/mail", { body: BODY, token: null });
    assert.deepEqual([status, inputs], [204, [BODY]]);
  }
});

test("a mail server that is away has the task tried again", async () => {
  const route = sendInvitationRoute.performing(async () => {
    throw errors.unavailable("the mail server doesn't answer");
  });
  assert.equal((await callerOf(route, {})("POST", "/mail", { body: BODY })).status, 503);
});

test("a task of another form is 400, and nothing is mailed", async () => {
  const ask = callerOf(sendInvitationRoute.performing(unreached), {});
  for (const body of [{}, { invitationId: "x" }, { ...BODY, to: "someone@example.com" }])
    assert.equal((await ask("POST", "/mail", { body })).status, 400);
});
