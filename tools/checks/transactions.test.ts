import assert from "node:assert/strict";
import { test } from "node:test";
import { deployedSources } from "./edges.ts";
import { callbacksIn, transactionProblems } from "./transactions.ts";

test("nothing that is deployed calls anything but SQL inside a SQL transaction", () => {
  const sources = deployedSources();
  assert.ok(sources.flatMap(({ text }) => callbacksIn(text)).length > 12);
  assert.deepEqual(transactionProblems(sources), []);
});

test("a call to a store is found in the callback and in functions that it calls", () => {
  const problemsOf = (text: string) => transactionProblems([{ path: "a.ts", text }]).length;
  const found = [
    "db.transaction(async (sql) => { await deps.objects.look(name); })",
    "db.transaction((sql) => work(sql, deps)); async function work(sql: Sql, deps: Deps) { return fetch(deps.url); }",
    "db.transaction((sql) => work(sql, deps)); function work(sql: Sql, deps: Deps) { return more(deps); } function more(deps: Deps) { return deps.firestore(); }",
    "db.transaction(async (sql) => mirrorMember(sql, id))",
  ];
  for (const text of found) assert.equal(problemsOf(text), 1, text);
  const fine = [
    'db.transaction((sql) => sql.query("SELECT 1 FROM resources")); deps.objects.look(name)',
    "firestore.runTransaction(async (transaction) => deps.firestore.doc(id))",
    "db.transaction((sql) => work(sql)); function other() { return fetch(url); } function work(sql: Sql) { return 1; }",
  ];
  for (const text of fine) assert.equal(problemsOf(text), 0, text);
});
