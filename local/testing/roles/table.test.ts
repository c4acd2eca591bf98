/** Each role that is taken out makes a call fail with Google's words, and each that nothing needs is found. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { BucketSetting, Grant } from "#shared/access/grant.ts";
import { permissionsOf, type Role } from "#shared/access/roles.ts";
import { functions } from "#shared/manifest.ts";
import { functionNames } from "#tools/build/functions.ts";
import { bundlesOf } from "#tools/checks/manifestUse.ts";
import { functionAccount } from "../../cloud/plan.ts";
import { bindingOf, localBindings } from "../../cloud/policy.ts";
import {
  comparedWithout,
  failsWithout,
  missingRoles,
  type Row,
  refusedCalls,
  resourceText,
  roleTable,
  usedOutside,
} from "./table.ts";
import { methodsCalledIn, methodsListedFor } from "./uses.ts";
import { callerOf, openRolesWorld, type RolesWorld } from "./world.ts";

let world: RolesWorld;
let rows: Row[];
before(async () => {
  world = await openRolesWorld();
  rows = await roleTable(world);
});
after(() => world.close());

test("the calls that are listed for each function are those that its code makes", async () => {
  for (const [name, { text }] of await bundlesOf(functionNames))
    assert.deepEqual(methodsListedFor(name), methodsCalledIn(text), name);
});

for (const name of functionNames) {
  test(`${name} makes all its calls with the roles that it has`, async () => {
    assert.deepEqual(await refusedCalls(world, name), []);
    const caller = callerOf(name);
    if (caller !== undefined) await world.invoke(name, caller);
  });
}

test("without any role of an account something fails, so none is there for nothing", () => {
  const unneeded = rows.filter(({ fails }) => fails === undefined);
  assert.deepEqual(
    unneeded.map(({ account, grant }) => `${account}: ${grant.role} on ${resourceText(grant.on)}`),
    [],
  );
});

test("a stand-in's refusal names a permission of the role that is missing", () => {
  const shown = rows.filter(({ shownBy }) => shownBy === "call");
  assert.ok(shown.length >= 50, `${shown.length} roles were shown by a call`);
  for (const { account, grant, fails } of shown) {
    const permissions = permissionsOf(grant.role).map((permission) =>
      permission.replace("run.routes.invoke", "403"),
    );
    const words = fails?.words ?? "";
    assert.ok(
      permissions.some((permission) => words.includes(permission)),
      `${account}: ${grant.role} on ${resourceText(grant.on)}: ${words}`,
    );
  }
});

test("a role that nothing needs is found", async () => {
  const views = (setting: BucketSetting): Grant => ({
    role: "roles/storage.objectViewer",
    on: { type: "bucket", setting },
    why: "",
  });
  assert.equal(await failsWithout(world, "ingest", views("RESOURCES_BUCKET")), undefined);
  assert.notEqual(await failsWithout(world, "ingest", views("UPLOADS_BUCKET")), undefined);
  world.setPolicy(localBindings());
});

test("a role that is missing is found, and makes no other role look needed", async () => {
  const uploads: Grant = {
    role: "roles/storage.objectViewer",
    on: { type: "bucket", setting: "UPLOADS_BUCKET" },
    why: "",
  };
  const out = JSON.stringify(bindingOf("ingest", uploads));
  const bindings = localBindings().filter((binding) => JSON.stringify(binding) !== out);
  const resources: Grant = { ...uploads, on: { type: "bucket", setting: "RESOURCES_BUCKET" } };
  assert.equal(await failsWithout(world, "ingest", resources, bindings), undefined);
  assert.deepEqual(await missingRoles(world), []);
  const missing = await missingRoles(world, bindings);
  assert.ok(missing.length > 0 && missing.every((text) => text.startsWith("ingest: uploads.")), `${missing}`);
  world.setPolicy(localBindings());
});

test("two roles of one account that nothing needs are both found", () => {
  const project = (role: Role): Grant => ({ role, on: { type: "project" }, why: "" });
  const unneeded = [project("roles/firebaseauth.admin"), project("roles/datastore.user")];
  const files = new Set(["functions/notify/pushSender.ts"]);
  const needed = project("roles/firebasecloudmessaging.admin");
  const grants = [...unneeded, needed];
  for (const grant of unneeded)
    assert.equal(comparedWithout("notify", grants, grant, files), undefined, grant.role);
  assert.notEqual(comparedWithout("notify", grants, needed, files), undefined);
});

test("what only Google checks is no excuse for another role of the same account", () => {
  const on = { type: "project" } as const;
  assert.notEqual(usedOutside("migrations", { role: "roles/cloudsql.client", on }), undefined);
  assert.equal(usedOutside("migrations", { role: "roles/datastore.user", on }), undefined);
  assert.equal(usedOutside("events", { role: "roles/cloudsql.client", on }), undefined);
});

test("workshop is called by dispatch too, and by no other function", async () => {
  world.setPolicy(localBindings());
  const reached: string[] = [];
  for (const name of functionNames) {
    const called = world.invoke("workshop", functionAccount(name));
    await called.then(
      () => reached.push(name),
      (error) => assert.match(String(error), /403 Error: Forbidden/),
    );
  }
  assert.deepEqual(reached, ["dispatch"]);
});

test("a private function refuses every account but its caller", async () => {
  world.setPolicy(localBindings());
  const called = functionNames.filter((name) => callerOf(name) !== undefined);
  assert.deepEqual(
    called.map((name) => functions[name].invoker),
    ["tasks", "tasks", "tasks", "scheduler"],
  );
  for (const name of called) {
    for (const other of called.filter((one) => callerOf(one) !== callerOf(name)))
      await assert.rejects(world.invoke(name, callerOf(other) ?? ""), /403 Error: Forbidden/);
  }
});
