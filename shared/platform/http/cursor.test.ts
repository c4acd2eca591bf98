import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeCursor, encodeCursor } from "./cursor.ts";

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
