import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "#shared/platform/errors.ts";
import { callerOf, PERSON, unreached } from "#shared/platform/http/testing/caller.ts";
import { ID } from "#shared/queue/testing/jobView.ts";
import { MAX_INLINE_BYTES } from "#shared/uploads/givenInput.ts";
import { submitJobRoute } from "./submitJob.ts";

const BODY = { kind: "scene", title: " Our garden ", params: {}, inputs: { video: ID } };

test("a job is 202 with the stored answer and its Location; the title is tidied", async () => {
  const inputs: unknown[] = [];
  const route = submitJobRoute.performing(async (input) => {
    inputs.push(input);
    return { status: 202, headers: { location: `/v1/jobs/${ID}` }, body: '{"id": "x"}' };
  });
  const headers = { "idempotency-key": "k1" };
  const answer = await callerOf(route, {})("POST", "/v1/jobs", { body: BODY, headers });
  assert.deepEqual([answer.status, answer.text], [202, '{"id": "x"}']);
  assert.equal(answer.headers.get("location"), `/v1/jobs/${ID}`);
  assert.deepEqual(inputs, [{ userId: PERSON, key: "k1", body: { ...BODY, title: "Our garden" } }]);
});

test("the most content that a request may hold fits into its body", async () => {
  const bodies: unknown[] = [];
  const route = submitJobRoute.performing(async ({ body }) => {
    bodies.push(body);
    return { status: 202, body: "{}" };
  });
  const video = { contentType: "video/mp4", base64: Buffer.alloc(MAX_INLINE_BYTES, 7).toString("base64") };
  const body = { ...BODY, title: "x".repeat(200), inputs: { video } };
  assert.equal((await callerOf(route, {})("POST", "/v1/jobs", { body })).status, 202);
  assert.deepEqual(bodies, [body]);
});

test("a body that can't be a job is 400 and names the field; no job is made", async () => {
  const ask = callerOf(submitJobRoute.performing(unreached), {});
  for (const [changes, path] of [
    [{ kind: 7 }, "kind"],
    [{ title: "\u0000" }, "title"],
    [{ title: "x".repeat(201) }, "title"],
    [{ inputs: { video: 1 } }, "inputs.video"],
    [{ inputs: undefined }, "inputs"],
    [{ inputs: { video: { contentType: "video/mp4" } } }, "inputs.video"],
    [{ inputs: { video: { contentType: "video", base64: "AAAA" } } }, "inputs.video.contentType"],
    [{ inputs: { video: { contentType: "video/mp4", base64: "AAAA", size: 3 } } }, "inputs.video"],
    [{ inputs: { video: { contentType: "video/mp4", base64: "A".repeat(174_768) } } }, "inputs.video.base64"],
    [{ spaceId: "another" }, "spaceId"],
  ] as const) {
    const { status, json } = await ask("POST", "/v1/jobs", { body: { ...BODY, ...changes } });
    assert.deepEqual([status, json.errors[0].path], [400, path]);
  }
});

test("why a job isn't taken has its own code", async () => {
  for (const [error, status] of [
    [errors.unknownKind("kind: expected one of scene, avatar"), 400],
    [errors.forbidden("a member of this space may not submit here"), 403],
    [errors.memberUnknown("params.playerId: expected a member of the space"), 422],
    [errors.uploadUnknown("inputs.video: no such upload"), 422],
    [errors.uploadRejected("inputs.video: no video"), 422],
    [errors.idempotencyKeyReused(), 422],
    [errors.tooManyOpenJobs("200 jobs are open"), 429],
    [errors.uploadBudgetSpent("at most 3 bytes are left"), 429],
  ] as const) {
    const route = submitJobRoute.performing(async () => {
      throw error;
    });
    const answer = await callerOf(route, {})("POST", "/v1/jobs", { body: BODY });
    assert.deepEqual([answer.status, answer.json.code], [status, error.code]);
  }
});
