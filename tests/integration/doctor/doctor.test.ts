/** The doctor at a whole local cloud: well, and then with ten faults set on purpose, one by one. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { Firestore } from "@google-cloud/firestore";
import pg from "pg";
import { type TestCloud, testCloud } from "#local/testing/cloud.ts";
import { quarantineOf } from "#shared/results/quarantineDocument.ts";
import { ROOT } from "#tools/build/functions.ts";
import { examine } from "#tools/doctor/examine.ts";
import { localWorld } from "#tools/doctor/localWorld.ts";
import type { World } from "#tools/doctor/world.ts";

let cloud: TestCloud;
let database: pg.Pool;
let firestore: Firestore;
before(async () => {
  cloud = await testCloud();
  database = new pg.Pool({ connectionString: cloud.postgres, max: 1, allowExitOnIdle: true });
  firestore = new Firestore({ projectId: cloud.projectId, host: cloud.firestore, ssl: false });
});
after(async () => {
  await Promise.all([database.end(), firestore.terminate()]);
});

const endpointsFile = () => join(cloud.dataDir, "endpoints.json");
const world = () => localWorld(endpointsFile(), () => new Date());

/** What isn't well, as `check: sentence`. */
async function bad(at: World = world()): Promise<string[]> {
  const findings = await examine(at);
  return findings.filter(({ ok }) => !ok).map(({ check, sentence }) => `${check}: ${sentence}`);
}

/** Changes a JSON file of the cloud, runs `work`, and puts the file back. */
async function changed<Content>(
  file: string,
  change: (content: Content) => void,
  work: () => Promise<void>,
): Promise<void> {
  const path = join(cloud.dataDir, file);
  const kept = readFileSync(path, "utf8");
  const write = (text: string) => {
    writeFileSync(`${path}.new`, text, { mode: 0o600 });
    renameSync(`${path}.new`, path);
  };
  const content: Content = JSON.parse(kept);
  change(content);
  write(JSON.stringify(content));
  try {
    await work();
  } finally {
    write(kept);
  }
}
/** Of the command itself. */
function exitCode(file: string, ...more: string[]): Promise<number> {
  const command = [join(ROOT, "tools/doctor/main.ts"), "--local", "--endpoints", file, ...more];
  return promisify(execFile)(process.execPath, command).then(
    () => 0,
    (error: { code: number }) => error.code,
  );
}

type Environments = Record<string, Record<string, string>>;

/** Changes the settings of one function, and expects one finding. */
function settingFault(name: string, change: (settings: Record<string, string>) => void, expected: RegExp) {
  return changed<Environments>(
    "environments.json",
    (all) => change(all[name] ?? {}),
    async () => {
      const [first = "nothing", ...others] = await bad();
      assert.match(first, expected);
      assert.deepEqual(others, []);
    },
  );
}

test("a cloud that is well has one sentence for each check, and exit code 0", async () => {
  assert.deepEqual(await bad(), []);
  const { stdout } = await promisify(execFile)(process.execPath, [
    join(ROOT, "tools/doctor/main.ts"),
    "--local",
    "--json",
    "--endpoints",
    endpointsFile(),
  ]);
  const { origin, findings } = JSON.parse(stdout);
  assert.equal(origin, cloud.api);
  assert.equal(findings.length, 14);
  const addresses = findings.find(({ check }: { check: string }) => check === "caller's address").sentence;
  assert.match(
    addresses,
    /counted as ".* via .*" through the origin and as ".*" at the function's own address/,
  );
});

test("fault 1: a setting is missing", () =>
  settingFault(
    "auth",
    (settings) => delete settings.GOOGLE_CLIENT_IDS,
    /^settings: auth: GOOGLE_CLIENT_IDS is missing: .*tfvars/,
  ));

test("fault 2: a setting is malformed, and its value is not repeated", () =>
  settingFault(
    "jobs",
    (settings) => {
      settings.ENGINES = "private";
    },
    /^settings: jobs: ENGINES is malformed \((?!.*private).*\)/,
  ));

test("fault 3: a function knows other keys than auth signs with", () =>
  settingFault(
    "library",
    (settings) => {
      const keys = JSON.parse(settings.TOKEN_PUBLIC_KEYS ?? "").keys;
      settings.TOKEN_PUBLIC_KEYS = JSON.stringify({ keys: [{ ...keys[0], kid: "another" }] });
    },
    /^keys: library does not know the key .* npm run secrets/,
  ));

test("fault 4: tasks are sent where nothing answers", () =>
  settingFault(
    "groups",
    (settings) => {
      settings.DISPATCH_URL = "http://127.0.0.1:1/dispatch";
    },
    /^ways in: groups has http:\/\/127\.0\.0\.1:1\/dispatch as DISPATCH_URL/,
  ));

test("fault 5: a function logs in to Postgres as another", () =>
  settingFault(
    "sync",
    (settings) => {
      settings.DATABASE_URL = (settings.DATABASE_URL ?? "").replace("reverie-sync", "reverie-auth");
    },
    /^SQL: sync logs in to Postgres as reverie-auth@.* and not as reverie-sync@/,
  ));

test("fault 6: an account lacks a role", () =>
  changed<{ bindings: { member: string; role: string }[] }>(
    "policy.json",
    (policy) => {
      policy.bindings = policy.bindings.filter(
        ({ member, role }) =>
          !(member.startsWith("reverie-ingest@") && role === "roles/storage.objectViewer"),
      );
    },
    async () => {
      assert.deepEqual(await bad(), [
        "roles: the account ingest lacks roles/storage.objectViewer on bucket UPLOADS_BUCKET, with which it looks at what was uploaded and reads its first bytes: apply.",
      ]);
    },
  ));

test("fault 7: this machine's clock is ten minutes ahead", async () => {
  const ahead = localWorld(endpointsFile(), () => new Date(Date.now() + 600_000));
  const found = await bad(ahead);
  assert.equal(found.length, 1);
  assert.match(found[0] ?? "", /^clock: this machine's clock is (599|600|601) s ahead .* NTP/);
});

test("fault 8: a result is in quarantine", async () => {
  const entry = quarantineOf(firestore).doc("doctor");
  await entry.set({
    jobId: "doctor",
    version: "2026-01-01T00:00:00.000000Z",
    code: "malformed",
    detail: "only in a test",
    payload: "{}",
    payloadObject: null,
    spaceId: null,
    quarantinedAt: new Date(),
  });
  try {
    assert.deepEqual(await bad(), [
      "quarantine: 1 in quarantine: docs/runbooks/quarantine-not-empty.md says what to do.",
    ]);
  } finally {
    await entry.delete();
  }
});

test("fault 9: a job failed for good", async () => {
  const job = firestore.collection("jobs").doc("doctor");
  await job.set({ state: "failed", kind: "scene", finishedAt: new Date() });
  try {
    const [first = "nothing", ...others] = await bad();
    assert.match(first, /^dead letters: 1 failed for good in the last day: GET \/v1\/admin\/dead-letters/);
    assert.deepEqual(others, []);
    assert.equal(await exitCode(endpointsFile()), 1);
    // A deployment is not to blame for it.
    assert.equal(await exitCode(endpointsFile(), "--fail-on", "configuration"), 0);
  } finally {
    await job.delete();
  }
});

test("fault 10: the comparison of both stores is overdue", async () => {
  const { rows } = await database.query(
    "SELECT place, spent_ms, next_at FROM walks WHERE name = 'reconcile_results'",
  );
  await database.query(
    `INSERT INTO walks (name, spent_ms, next_at, holder, held_until) VALUES ('reconcile_results', 0, '2020-01-01Z', 'doctor', now() + interval '1 hour')
     ON CONFLICT (name) DO UPDATE SET next_at = '2020-01-01Z', holder = 'doctor', held_until = now() + interval '1 hour'`,
  );
  try {
    const [first = "nothing", ...others] = await bad();
    assert.match(first, /^reconciliation: the comparison of both stores is due since 2020-01-01/);
    assert.deepEqual(others, []);
  } finally {
    const [row] = rows;
    if (row)
      await database.query(
        "UPDATE walks SET place = $1, spent_ms = $2, next_at = $3, holder = NULL, held_until = NULL WHERE name = 'reconcile_results'",
        [row.place, row.spent_ms, row.next_at],
      );
    else await database.query("DELETE FROM walks WHERE name = 'reconcile_results'");
  }
});

test("what can't be reached at all is a finding, and no check stops another", async () => {
  const away = { ...world(), request: () => Promise.reject(new Error("away")) };
  const found = await bad(away);
  assert.ok(found.some((line) => line.startsWith("ways in: ")));
  assert.ok(found.some((line) => line.startsWith("quarantine: ")));
});

test("with a fault the exit code is 1, and with no cloud 2", async () => {
  assert.equal(await exitCode(join(cloud.dataDir, "no-endpoints.json")), 2);
  await changed<Environments>(
    "environments.json",
    (all) => delete all.groups?.CODE_KEY,
    async () => {
      assert.equal(await exitCode(endpointsFile()), 1);
      assert.equal(await exitCode(endpointsFile(), "--fail-on", "configuration"), 1);
    },
  );
});
