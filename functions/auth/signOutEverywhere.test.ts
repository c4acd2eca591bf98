import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOf } from "#shared/platform/http/testing/caller.ts";
import { databaseGiving } from "#shared/platform/sql/testing/databaseGiving.ts";
import { signOutEverywhereRoute } from "./signOutEverywhere.ts";

const clock = () => new Date("2026-03-02T10:00:00Z");

test("all sessions end, and then the listeners", async () => {
  const db = databaseGiving([{}]);
  const ended: number[] = [];
  const endListeners = async () => void ended.push(db.asked.length);
  const ask = callerOf(signOutEverywhereRoute, { db, clock, endListeners });
  const { status, text } = await ask("DELETE", "/v1/auth/sessions");
  // The live session, its ending and the audit's line came before.
  assert.deepEqual([status, text, ended], [204, "", [3]]);
});

test("a session that has ended ends no others", async () => {
  const db = databaseGiving([]);
  const endListeners = async () => assert.fail("listeners were ended");
  const ask = callerOf(signOutEverywhereRoute, { db, clock, endListeners });
  const { status, json } = await ask("DELETE", "/v1/auth/sessions");
  assert.deepEqual([status, json.code, db.asked.length], [401, "token_invalid", 1]);
});
