import assert from "node:assert/strict";
import { test } from "node:test";
import pg from "pg";
import { isPassingFault } from "./passingFault.ts";

const coded = (code: string | number, message = "x") => Object.assign(new Error(message), { code });

test("a store away or busy is a passing fault; a bad statement or a bug is not", async () => {
  for (const code of ["ECONNREFUSED", "08006", "53300", "57P01", "40001", 4, 10, 14]) {
    assert.equal(isPassingFault(coded(code)), true, String(code));
  }
  for (const code of ["23505", "42P01", "22P02", "57014", 3, 5, 6, 7, 9]) {
    assert.equal(isPassingFault(coded(code)), false, String(code));
  }
  assert.equal(isPassingFault(new TypeError("bug")), false);
  assert.equal(isPassingFault("text"), false);
  assert.equal(isPassingFault(new Error("wrapped", { cause: coded("ECONNRESET") })), true);
  // What node-postgres really throws when no server listens.
  const client = new pg.Client("postgres://user@127.0.0.1:1/none");
  const refused = await client.connect().catch((error: unknown) => error);
  assert.equal(isPassingFault(refused), true);
});
