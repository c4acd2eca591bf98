import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOf, PERSON } from "#shared/platform/http/testing/caller.ts";
import { databaseGiving } from "#shared/platform/sql/testing/databaseGiving.ts";
import { listChangesRoute } from "./listChanges.ts";
import { ID } from "./testing/rows.ts";

const PATH = `/v1/spaces/${ID}/changes`;
const at = new Date("2026-03-01T10:00:00.123Z");
const changed = (seq: number) => ({ seq: String(seq), type: "resource", id: `r${seq}`, op: "put", at });
const ask = (rows: readonly object[], query = "") => {
  const db = databaseGiving(rows.map((row) => ({ last: "7", log_after: "2", ...row })));
  return callerOf(listChangesRoute, { db })("GET", `${PATH}${query}`).then(({ status, json }) => ({
    status,
    json,
    asked: db.asked,
  }));
};

test("a full page goes on after its last item, any other after the log's end", async () => {
  const full = await ask([changed(4), changed(6)], "?after=3&limit=2");
  assert.deepEqual(full.asked, [[PERSON, ID, 3, 2]]);
  assert.deepEqual(full.json, {
    items: [
      { seq: 4, type: "resource", id: "r4", op: "put", at: "2026-03-01T10:00:00.123Z" },
      { seq: 6, type: "resource", id: "r6", op: "put", at: "2026-03-01T10:00:00.123Z" },
    ],
    nextSeq: 6,
    reset: false,
  });
  const last = await ask([changed(7)], "?after=6");
  assert.deepEqual([last.json.items.length, last.json.nextSeq, last.json.reset], [1, 7, false]);
  assert.deepEqual(last.asked, [[PERSON, ID, 6, 100]]);
});

test("nothing new is an empty page; what the log can't answer is a reset", async () => {
  for (const [after, reset] of [
    [7, false],
    [2, false],
    [1, true],
    // Of a log that was lost: a database that was restored.
    [8, true],
  ] as const) {
    const { status, json } = await ask([{ seq: null }], `?after=${after}`);
    assert.deepEqual([status, json], [200, { items: [], nextSeq: 7, reset }], `${after}`);
  }
});

test("another's space is 404; a bad number is 400 and asks nothing", async () => {
  assert.deepEqual((await ask([])).status, 404);
  for (const query of ["?after=-1", "?after=x", "?after=1.5", "?after=1e99", "?limit=0", "?limit=501"]) {
    const { status, json, asked } = await ask([{ seq: null }], query);
    assert.deepEqual([status, json.code, asked], [400, "invalid_request", []], query);
  }
  const none = await callerOf(listChangesRoute, { db: databaseGiving([]) })("GET", "/v1/spaces/a b/changes");
  assert.equal(none.status, 404);
});
