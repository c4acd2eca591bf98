import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type FunctionName, functions } from "#shared/manifest.ts";
import { settingsFor } from "#shared/platform/config/settings.ts";
import { functionEnvironments } from "./functionSettings.ts";
import { planCloud } from "./plan.ts";
import { loadSecrets } from "./secrets.ts";

// Object.keys forgets that the manifest's keys are exactly FunctionName.
const names = Object.keys(functions) as FunctionName[];

test("every function finds its manifest's settings in the local cloud, and no others", () => {
  const dir = mkdtempSync(join(tmpdir(), "reverie-settings-"));
  try {
    const plan = planCloud({ portBase: 8700, dataDir: dir, fresh: false, engine: true });
    const secrets = loadSecrets(plan.files.keys);
    assert.deepEqual(loadSecrets(plan.files.keys), secrets);
    const environments = functionEnvironments(
      plan,
      secrets,
      "postgres://owner:secret@127.0.0.1/reverie",
      names,
    );
    const platform = new Set([
      "NODE_ENV",
      "NODE_COMPILE_CACHE",
      "NODE_OPTIONS",
      "GCE_METADATA_HOST",
      "METADATA_SERVER_DETECTION",
      "STORAGE_EMULATOR_HOST",
    ]);
    for (const name of names) {
      const environment = environments[name] ?? {};
      settingsFor(functions[name].settings, environment);
      const listed = new Set<string>(functions[name].settings);
      assert.deepEqual(
        Object.keys(environment).filter((variable) => !listed.has(variable) && !platform.has(variable)),
        [],
        name,
      );
    }
    const jobs = settingsFor(functions.jobs.settings, environments.jobs);
    assert.deepEqual(
      [
        jobs.OPEN_JOBS_PER_SPACE,
        jobs.RATE_PER_ACCOUNT,
        jobs.RATE_PER_ADDRESS,
        jobs.RETRY_BACKOFF_MAX_SECONDS,
      ],
      [2000, 3000, 12_000, 3],
    );
    for (const name of ["jobs", "streams", "admin"] as const)
      assert.equal(settingsFor(["EVENTS_ORIGIN"], environments[name]).EVENTS_ORIGIN, plan.urls.streams);
    const users = names.flatMap((name) => environments[name]?.DATABASE_URL ?? []).map((url) => new URL(url));
    assert.equal(new Set(users.map(({ username }) => username)).size, users.length);
    assert.equal(new Set(users.map(({ password }) => password).concat("secret")).size, users.length + 1);
    assert.equal(jobs.DATABASE_URL.includes("reverie-jobs%40"), true);
    assert.equal(settingsFor(functions.engine.settings, environments.engine).LEASE_SECONDS_MIN, 1);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
