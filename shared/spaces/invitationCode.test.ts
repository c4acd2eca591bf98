import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { codeHash, codeOf, normalCode, recipientKey } from "./invitationCode.ts";

const key = Buffer.alloc(32, 7);
const binding = { invitationId: "invitation", giverId: "giver", recipientKey: Buffer.from("recipient") };

test("a code is eight characters of Crockford base32, the same for the same seed", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
      const seed = Buffer.from(bytes);
      assert.match(codeOf(key, binding, seed), /^[0-9A-HJKMNP-TV-Z]{8}$/);
      assert.equal(codeOf(key, binding, seed), codeOf(key, binding, seed));
    }),
  );
});

test("all 40 bits are used: every character takes every value", () => {
  const seen = Array.from({ length: 8 }, () => new Set<string>());
  for (let number = 0; number < 2000; number++) {
    const code = codeOf(key, binding, randomBytes(16));
    for (const [index, values] of seen.entries()) values.add(code.charAt(index));
  }
  assert.deepEqual(
    seen.map((values) => values.size),
    Array.from({ length: 8 }, () => 32),
  );
});

test("code and hash are bound to key, invitation, giver and invited address", () => {
  const seed = Buffer.alloc(16, 1);
  const others = [
    { ...binding, invitationId: "other" },
    { ...binding, giverId: "other" },
    { ...binding, recipientKey: Buffer.from("other") },
    { invitationId: "invitation", giverId: "giverrecipient", recipientKey: Buffer.alloc(0) },
  ];
  const made = (use: Buffer, bound: typeof binding) => [
    codeOf(use, bound, seed),
    codeHash(use, bound, "ABCDEFGH").toString("hex"),
  ];
  const all = [
    made(key, binding),
    ...others.map((bound) => made(key, bound)),
    made(Buffer.alloc(32, 8), binding),
  ].flat();
  assert.equal(new Set(all).size, all.length);
});

test("however it is typed, a code is read as it was made", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      fc.array(fc.constantFrom("", " ", "-", "\u2013", "\u00a0", "\t"), { minLength: 9, maxLength: 9 }),
      fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
      (seed, gaps, lower) => {
        const code = codeOf(key, binding, Buffer.from(seed));
        const typed = [...code]
          .map((character, index) => {
            const lookalike =
              { "1": lower[index] ? "l" : "I", "0": lower[index] ? "o" : "O" }[character] ?? character;
            return `${gaps[index]}${lower[index] ? lookalike.toLowerCase() : lookalike}`;
          })
          .join("");
        assert.equal(normalCode(typed + gaps[8]), code);
      },
    ),
  );
  assert.equal(normalCode("\uff21\uff22\uff23\uff24\uff11\uff12\uff13\uff14"), "ABCD1234");
});

test("what is no code stays wrong and harms nothing", () => {
  for (const typed of ["", "U", "\u0000", "💌💌💌💌", "A".repeat(64), "../../etc"]) {
    assert.doesNotMatch(normalCode(typed), /^[0-9A-HJKMNP-TV-Z]{8}$/);
  }
});

test("an address is one recipient under one key, and no other address is", () => {
  const one = recipientKey(key, "halmoni@example.com");
  assert.deepEqual(recipientKey(key, "halmoni@example.com"), one);
  assert.notDeepEqual(recipientKey(Buffer.alloc(32, 8), "halmoni@example.com"), one);
  assert.notDeepEqual(recipientKey(key, "halmoni@example.com"), recipientKey(key, "halmoni@example.org"));
});
