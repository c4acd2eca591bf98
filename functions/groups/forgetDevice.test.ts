import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOf, PERSON } from "#shared/platform/http/testing/caller.ts";
import { databaseGiving } from "#shared/platform/sql/testing/databaseGiving.ts";
import { forgetDeviceRoute } from "./forgetDevice.ts";

test("a device of the caller is forgotten", async () => {
  const db = databaseGiving([{}]);
  const { status, text } = await callerOf(forgetDeviceRoute, { db })("DELETE", "/v1/devices/phone");
  assert.deepEqual([status, text, db.asked], [204, "", [[PERSON, "phone"]]]);
});

test("another's device is 404; so is what can't be one, and then nothing is asked", async () => {
  const db = databaseGiving([]);
  const ask = callerOf(forgetDeviceRoute, { db });
  assert.equal((await ask("DELETE", "/v1/devices/phone")).json.code, "not_found");
  assert.equal((await ask("DELETE", "/v1/devices/no%20phone")).json.code, "not_found");
  assert.equal(db.asked.length, 1);
});
