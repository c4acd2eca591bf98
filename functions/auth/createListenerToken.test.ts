import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOf, PERSON, unreached } from "#shared/platform/http/testing/caller.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { databaseGiving } from "#shared/platform/sql/testing/databaseGiving.ts";
import { createListenerTokenRoute } from "./createListenerToken.ts";

const NOW = new Date("2026-03-02T10:00:00Z");
const SESSION = `session-of-${PERSON}`;
const clock = () => NOW;

/** Documents of sessions in memory, and what was done to them. */
function rememberedListeners() {
  const done: unknown[] = [];
  return {
    done,
    allow: async (session: object) => void done.push(["allow", session]),
    end: async (ids: readonly string[]) => void done.push(["end", ids]),
  };
}

test("a token is made for the caller's own session, which may then listen", async () => {
  const firebase = { customToken: async (uid: string, sid: string) => `custom-${uid}-${sid}` };
  const listeners = rememberedListeners();
  const mirrorIfPending = async (userId: string) => void listeners.done.push(["mirror", userId]);
  const db = databaseGiving([{ expires_at: new Date("2026-03-05T00:00:00Z") }]);
  const ask = callerOf(createListenerTokenRoute, { db, clock, firebase, listeners, mirrorIfPending });
  const { status, json } = await ask("POST", "/v1/auth/firebase-token");
  assert.deepEqual([status, json], [200, { token: `custom-${PERSON}-${SESSION}` }]);
  assert.deepEqual(listeners.done, [
    ["allow", { id: SESSION, userId: PERSON, expiresAt: new Date("2026-03-05T00:00:00Z") }],
    ["mirror", PERSON],
  ]);
});

test("none is made for a session that has ended, and nothing is written", async () => {
  const listeners = { allow: unreached, end: unreached };
  const firebase = { customToken: unreached };
  const db = databaseGiving([]);
  const deps = { db, clock, firebase, listeners, mirrorIfPending: unreached };
  const ask = callerOf(createListenerTokenRoute, deps);
  const { status, json } = await ask("POST", "/v1/auth/firebase-token");
  assert.deepEqual([status, json.code], [401, "token_invalid"]);
});

test("a session that ends while its document is written leaves none, and gets no token", async () => {
  const [marking, asking] = [
    databaseGiving([{ expires_at: new Date("2027-03-02T10:00:00Z") }]),
    databaseGiving([]),
  ];
  // The two statements of one request: the mark, and the question that comes after the document.
  const db: Sql = {
    query: (text, values) => (marking.asked.length === 0 ? marking : asking).query(text, values),
  };
  const listeners = rememberedListeners();
  const ask = callerOf(createListenerTokenRoute, {
    db,
    clock,
    firebase: { customToken: unreached },
    listeners,
    mirrorIfPending: unreached,
  });
  const { status, json } = await ask("POST", "/v1/auth/firebase-token");
  assert.deepEqual([status, json.code], [401, "token_invalid"]);
  const expiresAt = new Date("2026-05-01T10:00:00Z");
  assert.deepEqual(listeners.done, [
    ["allow", { id: SESSION, userId: PERSON, expiresAt }],
    ["end", [SESSION]],
  ]);
});
