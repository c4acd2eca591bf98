import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOf, PERSON } from "#shared/platform/http/testing/caller.ts";
import { databaseGiving } from "#shared/platform/sql/testing/databaseGiving.ts";
import { listSessionsRoute } from "./listSessions.ts";

const clock = () => new Date("2026-03-02T10:00:00Z");
const row = {
  id: `session-of-${PERSON}`,
  device_id: null,
  device_name: "Mina's phone",
  device_platform: "ios",
  created_at: new Date("2026-03-01T10:00:00.123Z"),
  created_exactly: "2026-03-01T10:00:00.123456Z",
  last_used_at: new Date("2026-03-02T09:00:00Z"),
};

test("sessions are answered with their devices; the caller's own is current", async () => {
  const db = databaseGiving([row, { ...row, id: "other", device_id: "d", device_name: null }]);
  const { status, json } = await callerOf(listSessionsRoute, { db, clock })("GET", "/v1/auth/sessions");
  assert.equal(status, 200);
  const times = { createdAt: "2026-03-01T10:00:00.123Z", lastUsedAt: "2026-03-02T09:00:00.000Z" };
  assert.deepEqual(json, {
    items: [
      { id: row.id, device: { name: "Mina's phone", platform: "ios" }, ...times, current: true },
      { id: "other", device: { id: "d", platform: "ios" }, ...times, current: false },
    ],
    nextCursor: null,
  });
  // That it is in the list says that it is live.
  assert.equal(db.asked.length, 1);
});

test("a session that has ended sees no list", async () => {
  const db = databaseGiving([]);
  const { status, json } = await callerOf(listSessionsRoute, { db, clock })("GET", "/v1/auth/sessions");
  assert.deepEqual([status, json.code, db.asked.length], [401, "token_invalid", 2]);
});
