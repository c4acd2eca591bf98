import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOf, unreached } from "#shared/platform/http/testing/caller.ts";
import { type Diagnosis, getDiagnosisRoute } from "./getDiagnosis.ts";
import { token } from "./testing/entries.ts";

const FOUND: Diagnosis = {
  at: "2026-03-01T10:00:00.000Z",
  callerCountedAs: "203.0.113.9",
  sql: { user: "reverie-admin@demo.iam", roles: ["reverie_admin"], encrypted: true },
  quarantined: 0,
  failedJobs: 2,
  nextReconciliationAt: null,
  compiledFiles: 7,
};

test("an administrator hears what this request is counted by", async () => {
  const counted: string[] = [];
  const route = getDiagnosisRoute.performing(async ({ callerCountedAs }) => {
    counted.push(callerCountedAs);
    return FOUND;
  });
  const { status, json } = await callerOf(route, {})("GET", "/v1/admin/diagnosis", { token });
  assert.deepEqual([status, json, counted], [200, FOUND, ["unknown"]]);
});

test("a person's token is no administrator's, and nothing is looked at", async () => {
  const ask = callerOf(getDiagnosisRoute.performing(unreached), {});
  assert.equal((await ask("GET", "/v1/admin/diagnosis", { token: "person" })).status, 401);
});
