import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "#shared/platform/errors.ts";
import { callerOf, PERSON, unreached } from "#shared/platform/http/testing/caller.ts";
import { deleteResourceRoute } from "./deleteResource.ts";
import { ID } from "./testing/rows.ts";

test("a resource is deleted for the caller, by its id", async () => {
  const deleted: unknown[] = [];
  const route = deleteResourceRoute.performing(async (input) => {
    deleted.push(input);
  });
  const { status, text } = await callerOf(route, {})("DELETE", `/v1/resources/${ID}`);
  assert.deepEqual([status, text, deleted], [204, "", [{ userId: PERSON, id: ID }]]);
});

test("a sample is 403; another space's is 404", async () => {
  for (const [error, status] of [
    [errors.forbidden("a sample belongs to everyone"), 403],
    [errors.notFound(), 404],
  ] as const) {
    const route = deleteResourceRoute.performing(async () => {
      throw error;
    });
    const answer = await callerOf(route, {})("DELETE", `/v1/resources/${ID}`);
    assert.deepEqual([answer.status, answer.json.code], [status, error.code]);
  }
});

test("what can't be an id is 404, and nothing is deleted", async () => {
  const ask = callerOf(deleteResourceRoute.performing(unreached), {});
  assert.equal((await ask("DELETE", "/v1/resources/none")).status, 404);
});
