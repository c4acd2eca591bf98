import assert from "node:assert/strict";
import { test } from "node:test";
import { type FunctionManifest, functions } from "../manifest.ts";
import { secretSettings } from "../platform/config/settings.ts";
import { accountOf, type Grant } from "./grant.ts";
import { grantsOf, otherAccounts } from "./grants.ts";
import { permissionsOf } from "./roles.ts";

// Object.keys forgets that the keys are exactly the functions' names.
const names = Object.keys(functions) as (keyof typeof functions)[];
const all: [string, Grant][] = [
  ...names.flatMap((name) => grantsOf(name).map((grant): [string, Grant] => [name, grant])),
  ...Object.entries(otherAccounts).flatMap(([name, grants]) =>
    grants.map((grant): [string, Grant] => [name, grant]),
  ),
];

test("a role that IAM can grant more narrowly is granted for no whole project", () => {
  const narrow = ["storage.", "cloudtasks.", "iam.", "pubsub.", "secretmanager.", "run."];
  for (const [name, { role, on }] of all) {
    const narrower = permissionsOf(role).some((permission) =>
      narrow.some((prefix) => permission.startsWith(prefix)),
    );
    assert.equal(on.type === "project", !narrower, `${name}: ${role}`);
  }
});

test("an account signs as itself only, and acts as the tasks' account only", () => {
  for (const [name, { role, on }] of all) {
    if (on.type !== "serviceAccount") continue;
    const expected = permissionsOf(role).includes("iam.serviceAccounts.signBlob") ? "self" : "tasks";
    assert.equal(on.account, expected, `${name}: ${role}`);
  }
});

test("no account has the same grant twice, and each has a reason", () => {
  const texts = all.map(([name, { role, on }]) => JSON.stringify([name, role, on]));
  assert.deepEqual(texts, [...new Set(texts)]);
  for (const [name, { role, why }] of all) assert.ok(why.length > 10, `${name}: ${role}`);
});

test("each function may read the secrets that its settings name, and no others", () => {
  for (const name of names) {
    const read = grantsOf(name).flatMap(({ on }) => (on.type === "secret" ? [on.setting] : []));
    const settings: readonly string[] = functions[name].settings;
    assert.deepEqual(
      new Set(read),
      new Set([...secretSettings].filter((secret) => settings.includes(secret))),
    );
  }
});

test("a private function is called by its invoker's account and its callers, no others", () => {
  for (const name of names) {
    const { invoker, callers = [] }: FunctionManifest = functions[name];
    const granted = all.filter(([, { on }]) => on.type === "service" && on.function === name);
    const expected = invoker === "public" ? [] : [invoker, ...callers];
    assert.deepEqual(granted.map(([account]) => account).sort(), [...expected].sort(), name);
  }
});

test("the name of an account is one that IAM accepts", () => {
  for (const name of [...names, ...Object.keys(otherAccounts)]) {
    const [id] = accountOf(name, "project").split("@");
    assert.match(id ?? "", /^[a-z](?:[-a-z0-9]{4,28}[a-z0-9])$/);
  }
});
