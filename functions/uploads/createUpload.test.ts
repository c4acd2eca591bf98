import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "#shared/platform/errors.ts";
import { callerOf, PERSON, unreached } from "#shared/platform/http/testing/caller.ts";
import { databaseGiving } from "#shared/platform/sql/testing/databaseGiving.ts";
import { createUploadOfCaller, createUploadRoute } from "./createUpload.ts";

const BODY = { contentType: "video/mp4", size: 5 };
const CREATED = {
  id: "upload",
  method: "PUT" as const,
  url: "https://storage.example/x",
  headers: { "content-type": "video/mp4" },
  expiresAt: "2026-03-01T10:15:00.000Z",
  resumable: { url: "https://storage.example/y", headers: {} },
};

test("the signed requests are answered, with the upload's Location", async () => {
  const inputs: unknown[] = [];
  const route = createUploadRoute.performing(async (input) => {
    inputs.push(input);
    return CREATED;
  });
  const answer = await callerOf(route, {})("POST", "/v1/uploads", { body: BODY });
  assert.deepEqual([answer.status, answer.json], [201, CREATED]);
  assert.equal(answer.headers.get("location"), "/v1/uploads/upload");
  assert.deepEqual(inputs, [{ userId: PERSON, body: BODY }]);
});

test("a body that can't be an upload is 400 and names the field; nothing is signed", async () => {
  const ask = callerOf(createUploadRoute.performing(unreached), {});
  const wrong: [object, string][] = [
    [{ ...BODY, contentType: "video" }, "contentType"],
    [{ ...BODY, contentType: "video/mp4;\0" }, "contentType"],
    [{ ...BODY, contentType: "video/mp4;\r\nX-A: 1" }, "contentType"],
    [{ ...BODY, size: 0 }, "size"],
    [{ ...BODY, name: "a\u0007" }, "name"],
    [{ ...BODY, crc32c: "AAAAAA" }, "crc32c"],
    [{ ...BODY, path: "/etc" }, ""],
  ];
  for (const [body, path] of wrong) {
    const { status, json } = await ask("POST", "/v1/uploads", { body });
    assert.deepEqual([status, json.errors[0].path], [400, path]);
  }
});

test("who isn't in the space is refused before anything is signed", async () => {
  const asked = createUploadOfCaller(
    { userId: PERSON, body: { ...BODY, spaceId: "0".repeat(26) } },
    // Only a part, asserted to be all: the refusal comes before the rest is read, and what it read would be undefined.
    { sql: databaseGiving([]) } as unknown as Parameters<typeof createUploadOfCaller>[1],
  );
  await assert.rejects(asked, { code: "not_found" });
  const route = createUploadRoute.performing(async () => {
    throw errors.notFound();
  });
  assert.equal((await callerOf(route, {})("POST", "/v1/uploads", { body: BODY })).status, 404);
});
