import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { MAX_DEVICES } from "#functions/groups/registerDevice.ts";
import { type GroupsHarness, groupsHarness, type TestPerson } from "./harness.ts";

let harness: GroupsHarness;
before(async () => {
  harness = await groupsHarness();
});
after(() => harness.close());

const put = (person: TestPerson, id: string, pushToken: string, platform = "ios") =>
  harness.call(person, "PUT", `/v1/devices/${id}`, { body: { platform, pushToken } });
const devicesOf = (person: TestPerson) =>
  harness.rows<{ id: string; push_token: string }>(
    "SELECT id, platform, push_token FROM devices WHERE user_id = $1 ORDER BY id",
    [person.id],
  );

test("a device is registered, gets a new token, and is removed; other devices stay", async () => {
  const person = await harness.person("care_giver");
  assert.equal((await put(person, "phone-1", "token-a")).status, 204);
  await put(person, "tablet", "token-b", "android");
  await put(person, "phone-1", "token-c");
  assert.deepEqual(await devicesOf(person), [
    { id: "phone-1", platform: "ios", push_token: "token-c" },
    { id: "tablet", platform: "android", push_token: "token-b" },
  ]);
  assert.equal((await harness.call(person, "DELETE", "/v1/devices/phone-1")).status, 204);
  assert.equal((await harness.call(person, "DELETE", "/v1/devices/phone-1")).status, 404);
  assert.deepEqual(
    (await devicesOf(person)).map((device) => device.id),
    ["tablet"],
  );
});

test("a push token moves to the account that registers it, also for two at once", async () => {
  const [first, second] = [await harness.person("care_giver"), await harness.person("care_recipient")];
  await put(first, "shared-tablet", "one-token");
  await put(second, "shared-tablet", "one-token");
  assert.deepEqual(await devicesOf(first), []);
  assert.equal((await devicesOf(second)).length, 1);
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, number) => put(number % 2 ? first : second, `id-${number}`, "one-token")),
  );
  assert.ok(answers.every((answer) => answer.status === 204));
  assert.equal((await harness.rows("SELECT 1 FROM devices WHERE push_token = 'one-token'")).length, 1);
});

test("a device belongs to the session that registers it; an ended session gets 401", async () => {
  const person = await harness.person("care_giver");
  const sessionId = await harness.signIn(person);
  const body = { platform: "ios", pushToken: "session-token" };
  await harness.call(person, "PUT", "/v1/devices/phone", { body, sessionId });
  const sessions = () =>
    harness.rows<{ session_id: string }>("SELECT session_id FROM devices WHERE user_id = $1", [person.id]);
  assert.deepEqual(await sessions(), [{ session_id: sessionId }]);
  await harness.rows("UPDATE sessions SET ended_at = $2, end_reason = 'signed_out' WHERE id = $1", [
    sessionId,
    harness.now,
  ]);
  assert.deepEqual(await sessions(), []);
  const late = await harness.call(person, "PUT", "/v1/devices/phone", { body, sessionId });
  assert.deepEqual([late.status, late.json.code], [401, "token_invalid"]);
  assert.deepEqual(await sessions(), []);
});

test("two people may call their devices alike, and neither deletes the other's", async () => {
  const [owner, other, stranger] = [
    await harness.person("care_giver"),
    await harness.person("care_giver"),
    await harness.person("care_giver"),
  ];
  await put(owner, "phone", "owner-token");
  await put(other, "phone", "other-token");
  assert.equal((await harness.call(stranger, "DELETE", "/v1/devices/phone")).status, 404);
  assert.equal((await harness.call(stranger, "DELETE", "/v1/devices/%00")).status, 404);
  await harness.call(other, "DELETE", "/v1/devices/phone");
  assert.equal((await devicesOf(owner)).length, 1);
});

test("a person's devices are bounded; the one unused longest gives way", async () => {
  const person = await harness.person("care_giver");
  for (let number = 0; number <= MAX_DEVICES; number++) {
    harness.advance(1);
    await put(person, `device-${number}`, `bounded-${number}`);
  }
  const ids = (await devicesOf(person)).map((device) => device.id);
  assert.equal(ids.length, MAX_DEVICES);
  assert.ok(!ids.includes("device-0") && ids.includes(`device-${MAX_DEVICES}`));
});

test("what can't be a device is refused and leaves nothing", async () => {
  const person = await harness.person("care_giver");
  const refusals = [
    await put(person, "phone", "t", "windows"),
    await put(person, "phone", ""),
    await put(person, "phone", "with space"),
    await put(person, "phone", "x".repeat(1025)),
    await put(person, "a".repeat(65), "t"),
    await put(person, "%00", "t"),
  ];
  assert.deepEqual(new Set(refusals.map((answer) => answer.status)), new Set([400]));
  assert.deepEqual(await devicesOf(person), []);
});
