import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { adminDeps } from "#functions/admin/deps.ts";
import { authDeps } from "#functions/auth/deps.ts";
import { dispatchDeps } from "#functions/dispatch/deps.ts";
import { engineDeps } from "#functions/engine/deps.ts";
import { groupsDeps } from "#functions/groups/deps.ts";
import { ingestDeps } from "#functions/ingest/deps.ts";
import { jobsDeps } from "#functions/jobs/deps.ts";
import { libraryDeps } from "#functions/library/deps.ts";
import { notifyDeps } from "#functions/notify/deps.ts";
import { outboundDeps } from "#functions/outbound/deps.ts";
import { streamsDeps } from "#functions/streams/deps.ts";
import { sweepDeps } from "#functions/sweep/deps.ts";
import { syncDeps } from "#functions/sync/deps.ts";
import { uploadsDeps } from "#functions/uploads/deps.ts";
import { workshopDeps } from "#functions/workshop/deps.ts";
import { functionEnvironments } from "#local/cloud/functionSettings.ts";
import { planCloud } from "#local/cloud/plan.ts";
import { loadSecrets } from "#local/cloud/secrets.ts";
import type { Grant } from "#shared/access/grant.ts";
import { grantsOf } from "#shared/access/grants.ts";
import type { Role } from "#shared/access/roles.ts";
import { type FunctionName, functions, type Settings } from "#shared/manifest.ts";
import {
  type SettingName,
  type SettingsOf,
  settingSchemas,
  settingsFor,
} from "#shared/platform/config/settings.ts";
import { functionNames } from "../build/functions.ts";
import { deployedSources, MAKES_CLIENT } from "./edges.ts";
import { bundlesOf, NEEDS, ROLELESS, recorded, roleProblems, settingProblems } from "./manifestUse.ts";

/** Makes all that an instance uses, clients that wait for a request included. Settings are read then and never later. */
const makers: { readonly [Name in FunctionName]: (settings: Settings<Name>) => unknown } = {
  auth: authDeps,
  groups: async (settings) => {
    const { firestore, tasks, uploads, resources, erasure } = groupsDeps(settings);
    await Promise.all([firestore(), tasks(), uploads(), resources(), erasure()]);
  },
  uploads: uploadsDeps,
  streams: streamsDeps,
  jobs: jobsDeps,
  library: libraryDeps,
  engine: engineDeps,
  admin: adminDeps,
  dispatch: dispatchDeps,
  workshop: workshopDeps,
  outbound: outboundDeps,
  ingest: ingestDeps,
  sync: syncDeps,
  notify: notifyDeps,
  sweep: sweepDeps,
};

const dir = mkdtempSync(join(tmpdir(), "reverie-manifest-"));
after(() => rmSync(dir, { recursive: true, force: true }));

/** A value for every setting, as the local cloud gives them. */
function allSettings(): SettingsOf<SettingName> {
  const plan = planCloud({ portBase: 8700, dataDir: dir, fresh: false, engine: true });
  const secrets = loadSecrets(plan.files.keys);
  const environments = functionEnvironments(
    plan,
    secrets,
    "postgres://user@127.0.0.1/reverie",
    functionNames,
  );
  // Object.keys forgets that the keys are exactly SettingName.
  const names = Object.keys(settingSchemas) as SettingName[];
  return settingsFor(names, Object.assign({}, ...Object.values(environments)));
}

async function settingsReadBy(name: FunctionName): Promise<ReadonlySet<string>> {
  const { settings, read } = recorded(allSettings());
  await makers[name](settings);
  return read;
}

for (const name of functionNames) {
  test(`${name} reads the settings that its manifest entry lists, and no others`, async () => {
    assert.deepEqual(settingProblems(name, functions[name].settings, await settingsReadBy(name)), []);
  });
}

test("a setting that is added to or removed from either side is found", async () => {
  const read = await settingsReadBy("jobs");
  const listed: readonly string[] = functions.jobs.settings;
  assert.deepEqual(settingProblems("jobs", [...listed, "SMTP_URL"], read), ["jobs never reads SMTP_URL"]);
  assert.deepEqual(
    settingProblems(
      "jobs",
      listed.filter((setting) => setting !== "ENGINES"),
      read,
    ),
    ["jobs reads ENGINES, which its entry doesn't list"],
  );
  const { settings, read: more } = recorded(allSettings());
  jobsDeps(settings);
  void settings.SMTP_URL;
  assert.deepEqual(settingProblems("jobs", listed, more), [
    "jobs reads SMTP_URL, which its entry doesn't list",
  ]);
});

const bundles = await bundlesOf(functionNames);
const filesOf = (name: FunctionName) => bundles.get(name)?.files ?? new Set<string>();

for (const name of functionNames) {
  test(`${name} has the roles of the clients in its bundle, and no others`, () => {
    assert.ok(filesOf(name).has(`functions/${name}/deps.ts`));
    assert.deepEqual(roleProblems(name, grantsOf(name), filesOf(name)), []);
  });
}

test("a role or a client that is added to or removed from either side is found", () => {
  const grants = grantsOf("ingest");
  const without = (role: Role) => grants.filter((grant) => grant.role !== role);
  assert.deepEqual(roleProblems("ingest", without("roles/pubsub.publisher"), filesOf("ingest")), [
    "ingest has shared/platform/pubsub/publisher.ts without roles/pubsub.publisher",
  ]);
  assert.deepEqual(roleProblems("ingest", without("roles/iam.serviceAccountUser"), filesOf("ingest")), [
    "ingest has shared/platform/tasks/taskQueue.ts without roles/iam.serviceAccountUser",
  ]);
  const more: Grant = { role: "roles/cloudsql.client", on: { type: "project" }, why: "" };
  assert.deepEqual(roleProblems("ingest", [...grants, more], filesOf("ingest")), [
    "ingest has roles/cloudsql.client and nothing that needs it",
  ]);
  const signing = new Set([...filesOf("ingest"), "shared/platform/storage/urlSigner.ts"]);
  assert.deepEqual(roleProblems("ingest", grants, signing), [
    "ingest has shared/platform/storage/urlSigner.ts without roles/iam.serviceAccountTokenCreator",
  ]);
  const silent = new Set([...filesOf("ingest")].filter((file) => !file.endsWith("publisher.ts")));
  assert.deepEqual(roleProblems("ingest", grants, silent), [
    "ingest has roles/pubsub.publisher and nothing that needs it",
  ]);
});

test("every file of the platform that makes a client is in the table of roles", () => {
  const known = new Set([...NEEDS.map(({ client }) => client), ...Object.keys(ROLELESS)]);
  const making = deployedSources().filter(
    ({ path, text }) => path.startsWith("shared/platform/") && MAKES_CLIENT.test(text),
  );
  assert.deepEqual(
    making.map(({ path }) => path).filter((path) => !known.has(path)),
    [],
  );
  assert.ok(making.length >= 9);
});
