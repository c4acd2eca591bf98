import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeCursor, encodeCursor, pageQuery } from "./cursor.ts";

const TIME = "2026-03-01T10:00:00.000001Z";
const cursorOf = (keyset: unknown) => Buffer.from(JSON.stringify(keyset)).toString("base64url");

test("a cursor comes back as it was made; none is the first page", () => {
  assert.deepEqual(decodeCursor(encodeCursor([TIME, "1".repeat(26)])), [TIME, "1".repeat(26)]);
  assert.equal(decodeCursor(undefined), undefined);
});

test("a cursor that no list made is refused before any store sees it", () => {
  const forged = [
    "zzz",
    cursorOf([TIME]),
    cursorOf(["2026-03-01", "a"]),
    cursorOf(["0000-01-01T00:00:00.000000Z", "a"]),
    ...["", "a\0", "a/b", "..", "__id__"].map((id) => cursorOf([TIME, id])),
  ];
  for (const cursor of forged) assert.throws(() => decodeCursor(cursor), { code: "invalid_request" }, cursor);
});

test("an empty limit or cursor is as if it weren't there; a wrong one is refused", () => {
  assert.deepEqual(pageQuery.parse({ limit: "", cursor: "" }), { limit: 20, cursor: undefined });
  assert.equal(pageQuery.parse({}).limit, 20);
  assert.deepEqual(pageQuery.parse({ limit: "5", cursor: "x" }), { limit: 5, cursor: "x" });
  for (const limit of ["0", "101", "1.5", "x", " "])
    assert.equal(pageQuery.safeParse({ limit }).success, false);
});
