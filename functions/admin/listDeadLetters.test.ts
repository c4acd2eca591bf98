import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOf, unreached } from "#shared/platform/http/testing/caller.ts";
import { listDeadLettersRoute } from "./listDeadLetters.ts";
import { DEAD_LETTER, token } from "./testing/entries.ts";

test("a page of failed jobs is answered to an administrator", async () => {
  const found = { items: [DEAD_LETTER], nextCursor: "next" };
  const route = listDeadLettersRoute.performing(async () => found);
  const { status, json } = await callerOf(route, {})("GET", "/v1/admin/dead-letters", { token });
  assert.deepEqual([status, json], [200, found]);
});

test("a limit that can't be is 400, and nothing is read", async () => {
  const ask = callerOf(listDeadLettersRoute.performing(unreached), {});
  assert.equal((await ask("GET", "/v1/admin/dead-letters?limit=0", { token })).status, 400);
});
