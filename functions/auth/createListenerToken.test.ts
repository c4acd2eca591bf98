import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOf, PERSON, unreached } from "#shared/platform/http/testing/caller.ts";
import { databaseGiving } from "#shared/platform/sql/testing/databaseGiving.ts";
import { createListenerTokenRoute } from "./createListenerToken.ts";

const clock = () => new Date("2026-03-02T10:00:00Z");

test("a token is made for the caller themself while their session lives", async () => {
  const firebase = { customToken: async (uid: string) => `custom-${uid}` };
  const ask = callerOf(createListenerTokenRoute, { db: databaseGiving([{}]), clock, firebase });
  const { status, json } = await ask("POST", "/v1/auth/firebase-token");
  assert.deepEqual([status, json], [200, { token: `custom-${PERSON}` }]);
});

test("none is made for a session that has ended", async () => {
  const firebase = { customToken: unreached };
  const ask = callerOf(createListenerTokenRoute, { db: databaseGiving([]), clock, firebase });
  const { status, json } = await ask("POST", "/v1/auth/firebase-token");
  assert.deepEqual([status, json.code], [401, "token_invalid"]);
});
