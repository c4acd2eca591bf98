import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOf, PERSON, unreached } from "#shared/platform/http/testing/caller.ts";
import { registerDeviceRoute } from "./registerDevice.ts";

const SESSION = { userId: PERSON, sessionId: `session-of-${PERSON}` };
const BODY = { platform: "ios", pushToken: "t0k3n" };

test("a device is registered for the caller and the session, under the phone's id", async () => {
  const inputs: unknown[] = [];
  const route = registerDeviceRoute.performing(async (input) => {
    inputs.push(input);
  });
  const { status, text } = await callerOf(route, {})("PUT", "/v1/devices/my-phone.1", { body: BODY });
  assert.deepEqual([status, text, inputs], [204, "", [{ ...SESSION, id: "my-phone.1", ...BODY }]]);
});

test("an id, platform or token that can't be is 400, and nothing is registered", async () => {
  const ask = callerOf(registerDeviceRoute.performing(unreached), {});
  for (const [id, body] of [
    ["my%20phone", BODY],
    ["x".repeat(65), BODY],
    ["phone", { ...BODY, platform: "watch" }],
    ["phone", { ...BODY, pushToken: "" }],
    ["phone", { ...BODY, pushToken: "a b" }],
    ["phone", { ...BODY, userId: "another" }],
  ] as const)
    assert.equal((await ask("PUT", `/v1/devices/${id}`, { body })).status, 400);
});
