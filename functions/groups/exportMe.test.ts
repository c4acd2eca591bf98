import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOf, PERSON, testHttp, unreached } from "#shared/platform/http/testing/caller.ts";
import { exportMeRoute } from "./exportMe.ts";
import { CALLER } from "./testing/callers.ts";

test("the export is answered as a file, which no cache keeps", async () => {
  const document = {
    exportedAt: "2026-03-01T10:00:00.000Z",
    linksExpireAt: "2026-03-01T10:15:00.000Z",
    complete: true,
    truncated: [],
    nextCursor: null,
    badges: [{ type: "LOVELY" }],
  };
  const inputs: unknown[] = [];
  const route = exportMeRoute.performing(async (input) => {
    inputs.push(input);
    return document;
  });
  const { status, json, headers } = await callerOf(route, {})("GET", "/v1/me/export?cursor=uploads.u1");
  assert.deepEqual([status, json, inputs], [200, document, [{ caller: CALLER, cursor: "uploads.u1" }]]);
  assert.equal(headers.get("content-disposition"), 'attachment; filename="reverie-export.json"');
  assert.equal(headers.get("cache-control"), "no-store");
});

test("exports count against a budget of the account", async () => {
  const taken: string[][] = [];
  const limits = {
    take: async (name: string, subject: string) => {
      taken.push([name, subject]);
      return { allowed: name !== "export", limit: 10, remaining: 0, resetSeconds: 30 };
    },
  };
  const ask = callerOf(exportMeRoute.performing(unreached), {}, { ...testHttp, limits });
  assert.equal((await ask("GET", "/v1/me/export")).status, 429);
  assert.deepEqual(taken.at(-1), ["export", PERSON]);
});
