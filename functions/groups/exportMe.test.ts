import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOf } from "#shared/platform/http/testing/caller.ts";
import { exportMeRoute } from "./exportMe.ts";
import { CALLER } from "./testing/callers.ts";

test("the export is answered as a file, which no cache keeps", async () => {
  const document = {
    exportedAt: "2026-03-01T10:00:00.000Z",
    linksExpireAt: "2026-03-01T10:15:00.000Z",
    complete: true,
    truncated: [],
    badges: [{ type: "LOVELY" }],
  };
  const inputs: unknown[] = [];
  const route = exportMeRoute.performing(async (input) => {
    inputs.push(input);
    return document;
  });
  const { status, json, headers } = await callerOf(route, {})("GET", "/v1/me/export");
  assert.deepEqual([status, json, inputs], [200, document, [CALLER]]);
  assert.equal(headers.get("content-disposition"), 'attachment; filename="reverie-export.json"');
  assert.equal(headers.get("cache-control"), "no-store");
});
