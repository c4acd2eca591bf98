import assert from "node:assert/strict";
import { test } from "node:test";
import { patientSql } from "./patientSql.ts";
import type { Sql } from "./pool.ts";

/** A database that fails with these codes, one after the other, and then answers. */
function failing(codes: readonly string[]): { sql: Sql; asked: () => number } {
  let asked = 0;
  const sql: Sql = {
    async query() {
      const code = codes[asked++];
      if (code !== undefined) throw Object.assign(new Error("the statement failed"), { code });
      return { rows: [], rowCount: 3 };
    },
  };
  return { sql, asked: () => asked };
}

test("a statement is tried again, after longer and longer waits, until it is answered", async () => {
  const { sql, asked } = failing(["57P01", "ECONNREFUSED", "57P03"]);
  const waits: number[] = [];
  const answer = await patientSql(sql, async (milliseconds) => void waits.push(milliseconds)).query("SELECT");
  assert.equal(answer.rowCount, 3);
  assert.equal(asked(), 4);
  assert.deepEqual(waits, [100, 200, 400]);
});

test("a statement that is wrong is not tried again", async () => {
  const { sql, asked } = failing(["42P01"]);
  await assert.rejects(patientSql(sql, () => assert.fail("it waited")).query("SELECT"), { code: "42P01" });
  assert.equal(asked(), 1);
});

test("a database that stays away is given up after less than a minute", async () => {
  const { sql } = failing(Array.from({ length: 100 }, () => "ECONNREFUSED"));
  let waited = 0;
  const waiting = async (milliseconds: number) => {
    waited += milliseconds;
  };
  await assert.rejects(patientSql(sql, waiting).query("SELECT"), { code: "ECONNREFUSED" });
  assert.equal(waited, 47_000);
});
