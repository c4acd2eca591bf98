import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "#shared/platform/errors.ts";
import { callerOf, unreached } from "#shared/platform/http/testing/caller.ts";
import { changeMeRoute } from "./changeMe.ts";
import { viewMe } from "./me.ts";
import { CALLER, person } from "./testing/callers.ts";

test("what is named is changed, tidied; what isn't named is not", async () => {
  const inputs: unknown[] = [];
  const route = changeMeRoute.performing(async (input) => {
    inputs.push(input);
    return viewMe(person());
  });
  const change = { name: " Mina ", quietHours: null, timeZone: "Europe/Paris" };
  const { status, json } = await callerOf(route, {})("PATCH", "/v1/me", { body: change });
  assert.deepEqual([status, json.enrolled], [200, true]);
  assert.deepEqual(inputs, [{ caller: CALLER, change: { ...change, name: "Mina" } }]);
});

test("a value that can't be is 400 and names its field, and nothing is changed", async () => {
  const ask = callerOf(changeMeRoute.performing(unreached), {});
  const wrong: [object, string][] = [
    [{ name: " " }, "name"],
    [{ name: "a\u202eb" }, "name"],
    [{ role: "boss" }, "role"],
    [{ timeZone: "+09:00" }, "timeZone"],
    [{ language: "fr" }, "language"],
    [{ quietHours: { from: "22:00", to: "22:00" } }, "quietHours"],
    [{ quietHours: { from: "24:00", to: "07:00" } }, "quietHours.from"],
    [{ email: "a@example.com" }, ""],
  ];
  for (const [body, path] of wrong) {
    const { status, json } = await ask("PATCH", "/v1/me", { body });
    assert.deepEqual([status, json.errors[0].path], [400, path]);
  }
});

test("the other role is 409", async () => {
  const route = changeMeRoute.performing(async () => {
    throw errors.roleAlreadySet("the role was set to care_giver");
  });
  const { status, json } = await callerOf(route, {})("PATCH", "/v1/me", { body: { role: "care_recipient" } });
  assert.deepEqual([status, json.code], [409, "role_already_set"]);
});
