import assert from "node:assert/strict";
import { test } from "node:test";
import { withoutBody } from "./withoutBodies.ts";

test("the error of an unreadable body is printed without the body; other errors and values stay as they are", () => {
  const secret = '{"refreshToken":"s3cret';
  const unreadable = Object.assign(new SyntaxError(`Unexpected end of ${secret}`), {
    body: secret,
    type: "entity.parse.failed",
  });
  const printed = withoutBody(unreadable);
  assert.equal(typeof printed, "string");
  assert.doesNotMatch(String(printed), /s3cret/);
  assert.match(String(printed), /entity\.parse\.failed/);
  const other = new Error("other");
  assert.equal(withoutBody(other), other);
  assert.equal(withoutBody("text"), "text");
});
