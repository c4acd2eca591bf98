import assert from "node:assert/strict";
import { test } from "node:test";
import { CRC32C } from "@google-cloud/storage";
import fc from "fast-check";
import { Crc32c } from "./crc32c.ts";

const hexOf = (bytes: Uint8Array) =>
  Buffer.from(new Crc32c().update(bytes).base64(), "base64").toString("hex");

test("the examples of RFC 3720, B.4, and the usual check value", () => {
  assert.equal(hexOf(Buffer.from("123456789")), "e3069283");
  assert.equal(hexOf(Buffer.alloc(32)), "8a9136aa");
  assert.equal(hexOf(Buffer.alloc(32, 0xff)), "62a8ab43");
  assert.equal(hexOf(Buffer.from(Array.from({ length: 32 }, (_, index) => index))), "46dd794e");
  assert.equal(hexOf(Buffer.alloc(0)), "00000000");
});

test("the sum is the one that Google's own client computes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const theirs = new CRC32C();
      theirs.update(Buffer.from(bytes));
      assert.equal(new Crc32c().update(bytes).base64(), theirs.toString());
    }),
  );
});

test("bytes that come in pieces give the same sum as at once", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 }), (pieces) => {
      const sum = new Crc32c();
      for (const piece of pieces) sum.update(piece);
      assert.equal(sum.base64(), new Crc32c().update(Buffer.concat(pieces)).base64());
    }),
  );
});
