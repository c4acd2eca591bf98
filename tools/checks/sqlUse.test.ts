import assert from "node:assert/strict";
import { test } from "node:test";
import { grantProblems, sqlUseIn } from "./sqlUse.ts";

const TABLES = ["users", "spaces", "walks"];

test("what a statement needs is read from how it is written", () => {
  const cases: Readonly<Record<string, Record<string, string[]>>> = {
    "`SELECT 1 FROM users u JOIN spaces s ON true`": { users: ["SELECT"], spaces: ["SELECT"] },
    "`INSERT INTO walks (name) VALUES ($1)`": { walks: ["INSERT"] },
    "`INSERT INTO walks (name) VALUES ($1) ON CONFLICT (name) DO NOTHING`": { walks: ["INSERT", "SELECT"] },
    "`INSERT INTO walks (name) VALUES ($1)\n ON CONFLICT (name) DO UPDATE SET place = $2`": {
      walks: ["INSERT", "SELECT", "UPDATE"],
    },
    "`UPDATE walks SET place = $1` + `INSERT INTO users (id) SELECT 1`": {
      users: ["INSERT"],
      walks: ["UPDATE", "SELECT"],
    },
    "`DELETE FROM walks WHERE true`": { walks: ["SELECT", "DELETE"] },
    '`SELECT 1 FROM users WHERE id = $1${lock ? " FOR NO KEY UPDATE" : ""}`': { users: ["SELECT", "UPDATE"] },
    "`SELECT 1 FROM spaces WHERE id = (SELECT id FROM users) FOR SHARE`": {
      spaces: ["SELECT"],
      users: ["SELECT", "UPDATE"],
    },
    "`the word FROM elsewhere`": {},
  };
  for (const [text, expected] of Object.entries(cases))
    assert.deepEqual(sqlUseIn(text, TABLES), expected, text);
});

test("missing and unused privileges are named, and tables without any", () => {
  const functions = {
    jobs: { use: { users: ["SELECT"] }, granted: { spaces: ["SELECT"] } },
    sync: {
      use: { users: ["SELECT"], spaces: ["SELECT"] },
      granted: { users: ["SELECT"], spaces: ["SELECT"] },
    },
  } as const;
  const problems = grantProblems(functions, TABLES);
  assert.deepEqual(
    problems.map((problem) => problem.split(":")[0]),
    [
      "jobs has SQL that needs SELECT on users",
      "jobs may SELECT on spaces, but nothing in its bundle does",
      "no function may use walks",
    ],
  );
});
