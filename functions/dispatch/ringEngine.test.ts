import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOf, unreached } from "#shared/platform/http/testing/caller.ts";
import { type Rung, ringEngineRoute } from "./ringEngine.ts";

const BODY = { kind: "scene", address: "a", round: 1 };

test("a round that is over ends the task; another has it tried again", async () => {
  const cases: [Rung, number, string | null][] = [
    [{ outcome: "over" }, 204, null],
    [{ outcome: "again", busy: true, retryAfterSeconds: 7 }, 429, "7"],
    [{ outcome: "again", busy: false }, 503, null],
  ];
  for (const [rung, status, retryAfter] of cases) {
    const inputs: unknown[] = [];
    const route = ringEngineRoute.performing(async (input) => {
      inputs.push(input);
      return rung;
    });
    const answer = await callerOf(route, {})("POST", "/ring", { body: BODY, token: null });
    assert.deepEqual([answer.status, answer.headers.get("retry-after")], [status, retryAfter]);
    assert.deepEqual(inputs, [BODY]);
  }
});

test("a task of another form is 400, and no engine is rung", async () => {
  const ask = callerOf(ringEngineRoute.performing(unreached), {});
  for (const changes of [{ round: 0 }, { kind: undefined }, { url: "https://evil.example" }])
    assert.equal((await ask("POST", "/ring", { body: { ...BODY, ...changes } })).status, 400);
});
