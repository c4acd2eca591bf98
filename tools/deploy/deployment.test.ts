import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { grantsOf, otherAccounts } from "#shared/access/grants.ts";
import { secretSettings, settingSchemas } from "#shared/platform/config/settings.ts";
import { functionNames, ROOT } from "../build/functions.ts";
import { deployment } from "./deployment.ts";
import { deploymentFileProblems } from "./deploymentFile.ts";

const data = deployment();

test("the file that Terraform reads is what the project's data says", () => {
  assert.deepEqual(deploymentFileProblems(), []);
});

test("Terraform grants what the stand-ins check, and no other secrets", () => {
  for (const name of functionNames) {
    const expected = grantsOf(name).filter(
      ({ on }) => on.type !== "secret" || data.secrets.includes(on.setting),
    );
    const granted = data.functions[name]?.grants ?? [];
    assert.deepEqual(
      granted.map(({ role, on, why }) => ({ role, on, why })),
      expected,
      name,
    );
    assert.equal(new Set(granted.map(({ key }) => key)).size, granted.length, name);
  }
  assert.deepEqual(Object.keys(data.accounts), Object.keys(otherAccounts));
});

test("a setting is a secret, derived, or the operator's, never two of these", () => {
  for (const [setting, source] of Object.entries(data.settings)) {
    assert.ok(setting in settingSchemas, setting);
    if (source.from === "operator")
      assert.ok(![...secretSettings].some((secret) => secret === setting), setting);
  }
  // With IAM the connection string has no password.
  assert.deepEqual(
    [...secretSettings].filter((setting) => !data.secrets.includes(setting)),
    ["DATABASE_URL"],
  );
});

test("each alert has its page, and each page its alert and its four parts", () => {
  const pages = globSync("docs/runbooks/*.md", { cwd: ROOT }).map((path) => path.replaceAll("\\", "/"));
  assert.deepEqual(
    pages.sort(),
    Object.values(data.alerts)
      .map(({ runbook }) => runbook)
      .sort(),
  );
  for (const page of pages) {
    const headings = readFileSync(join(ROOT, page), "utf8").match(/^## .*$/gm);
    assert.deepEqual(
      headings,
      ["## What it means", "## What to look at", "## What to do", "## How to know it is over"],
      page,
    );
  }
});

test("connections call at 80 % of what two revisions of all functions may open", () => {
  const { connections } = data.database;
  const opened = functionNames
    .map((name) => data.functions[name])
    .reduce((sum, entry) => sum + (entry ? entry.maxInstances * entry.sqlPool : 0), 0);
  assert.ok(2 * opened <= connections);
  const [condition] = data.alerts.sql_connections?.conditions ?? [];
  assert.equal(condition?.above, Math.floor(connections * 0.8));
});

test("an alert that counts an event names one that is counted", () => {
  const counted = Object.values(data.alerts)
    .flatMap(({ conditions }) => conditions)
    .flatMap(({ filter }) => [...filter.matchAll(/logging\.googleapis\.com\/user\/(\w+)/g)])
    .map(([, metric = ""]) => metric);
  assert.ok(counted.length > 4);
  assert.deepEqual(
    counted.filter((metric) => !(metric in data.metrics)),
    [],
  );
});
