import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "#shared/platform/errors.ts";
import { callerOf, unreached } from "#shared/platform/http/testing/caller.ts";
import { fetchUploadRoute } from "./fetchUpload.ts";

const ID = "1".repeat(26);

test("a task ends with 204, also after a fetch that failed", async () => {
  for (const outcome of ["fetched", "over", "url_without_file"] as const) {
    const asked: unknown[] = [];
    const route = fetchUploadRoute.performing(async (input) => {
      asked.push(input);
      return outcome;
    });
    assert.equal((await callerOf(route, {})("POST", "/fetch", { body: { uploadId: ID } })).status, 204);
    assert.deepEqual(asked, [{ uploadId: ID }]);
  }
});

test("while another fetch is under way the task is tried again later", async () => {
  const route = fetchUploadRoute.performing(async () => {
    throw errors.unavailable("this is being fetched", { retryAfterSeconds: 90 });
  });
  const answer = await callerOf(route, {})("POST", "/fetch", { body: { uploadId: ID } });
  assert.deepEqual([answer.status, answer.headers.get("retry-after")], [503, "90"]);
});

test("a body that names no upload is 400, and nothing is fetched", async () => {
  const ask = callerOf(fetchUploadRoute.performing(unreached), {});
  for (const body of [{}, { uploadId: "../x" }, { uploadId: ID, url: "https://media.example/" }])
    assert.equal((await ask("POST", "/fetch", { body })).status, 400);
});
