import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isAddress, readAddress, readableAddress } from "./address.ts";

/** What is written, and what it is compared and mailed by; undefined: it is no address. */
const table: Readonly<Record<string, readonly [string, string | undefined]>> = {
  "a plain one": ["mina@example.com", "mina@example.com"],
  "blanks around it": ["  mina@example.com\u00a0\n", "mina@example.com"],
  "an ideographic blank after it": ["mina@example.com\u3000", "mina@example.com"],
  "invisible marks around it": ["\u200bmina@example.com\u200e\ufeff", "mina@example.com"],
  "any case": ["Mina.Kim@Example.COM", "mina.kim@example.com"],
  "a plus": ["mina+care@example.com", "mina+care@example.com"],
  "an ampersand": ["kim&lee@example.com", "kim&lee@example.com"],
  "every mark that needs no quotes": ["!#$%&'*+-/=?^_`{|}~@example.com", "!#$%&'*+-/=?^_`{|}~@example.com"],
  "an umlaut": ["jürgen@example.com", "jürgen@example.com"],
  "an umlaut in capitals": ["JÜRGEN@example.com", "jürgen@example.com"],
  "an umlaut in two characters": ["ju\u0308rgen@example.com", "jürgen@example.com"],
  Hangul: ["할머니@example.com", "할머니@example.com"],
  "Hangul in single letters": ["할머니".normalize("NFD").concat("@example.com"), "할머니@example.com"],
  "an international domain": ["mina@müller.de", "mina@xn--mller-kva.de"],
  "an international domain in capitals": ["mina@MÜLLER.de", "mina@xn--mller-kva.de"],
  "an international domain in ASCII": ["mina@XN--mller-kva.de", "mina@xn--mller-kva.de"],
  "the top level 한국": ["mina@도메인.한국", "mina@xn--hq1bm8jm9l.xn--3e0b707e"],
  "the top level 한국 in ASCII": ["mina@xn--hq1bm8jm9l.xn--3e0b707e", "mina@xn--hq1bm8jm9l.xn--3e0b707e"],
  "Hangul on both sides": ["할머니@도메인.한국", "할머니@xn--hq1bm8jm9l.xn--3e0b707e"],
  "a domain in full width": ["mina@ｅｘａｍｐｌｅ．ｃｏｍ", "mina@example.com"],
  "two dots in a row": ["a..b@docomo.ne.jp", "a..b@docomo.ne.jp"],
  "two dots in a row, quoted": ['"a..b"@docomo.ne.jp', "a..b@docomo.ne.jp"],
  "dots at both ends": [".ab.@docomo.ne.jp", ".ab.@docomo.ne.jp"],
  "64 bytes before the @": [`${"a".repeat(64)}@example.com`, `${"a".repeat(64)}@example.com`],
  "254 bytes": [`${"a".repeat(64)}@${longDomain(189)}`, `${"a".repeat(64)}@${longDomain(189)}`],

  nothing: ["", undefined],
  "no @": ["mina.example.com", undefined],
  "nothing before the @": ["@example.com", undefined],
  "only dots before the @": ["..@example.com", undefined],
  "nothing after the @": ["mina@", undefined],
  "two of @": ["mina@kim@example.com", undefined],
  "an @ in quotes": ['"mina@kim"@example.com', undefined],
  "a blank inside": ["mina kim@example.com", undefined],
  "a blank in quotes": ['"mina kim"@example.com', undefined],
  "an invisible mark inside": ["mi\u200bna@example.com", undefined],
  "a turned direction inside": ["mi\u202ena@example.com", undefined],
  "a second header": ["mina@example.com\r\nBcc: all@example.com", undefined],
  "a line break before the @": ["mina\n@example.com", undefined],
  "a zero byte": ["mina\0@example.com", undefined],
  "half a character": ["mina\ud83d@example.com", undefined],
  "a name and brackets": ["Mina <mina@example.com>", undefined],
  "two addresses": ["mina@example.com,kim@example.com", undefined],
  "a domain without a dot": ["mina@localhost", undefined],
  "an empty label": ["mina@example..com", undefined],
  "a dot at the end": ["mina@example.com.", undefined],
  "a hyphen at a label's edge": ["mina@-example.com", undefined],
  "an underscore in the domain": ["mina@ex_ample.com", undefined],
  "a path after the domain": ["mina@example.com/x", undefined],
  "a port after the domain": ["mina@example.com:25", undefined],
  "a percent sign in the domain": ["mina@ex%61mple.com", undefined],
  "an IPv4 address": ["mina@127.0.0.1", undefined],
  "an IPv4 address in disguise": ["mina@0x7f.1", undefined],
  "an IP address in brackets": ["mina@[127.0.0.1]", undefined],
  "a label of 64": [`mina@${"a".repeat(64)}.com`, undefined],
  "65 bytes before the @": [`${"a".repeat(65)}@example.com`, undefined],
  "65 bytes of 33 characters before the @": [`${"ü".repeat(32)}a@example.com`, undefined],
  "255 bytes": [`${"a".repeat(64)}@${longDomain(190)}`, undefined],
  "a domain that is too long in ASCII": [`${"a".repeat(64)}@${"é.".repeat(30)}com`, undefined],
};

for (const [what, [written, canonical]] of Object.entries(table)) {
  test(`an address with ${what} is ${canonical === undefined ? "refused" : "read"}`, () => {
    assert.equal(readAddress(written)?.canonical, canonical);
    assert.equal(isAddress(written), canonical !== undefined);
  });
}

test("what is shown keeps its case and script, and loses the blanks", () => {
  assert.equal(readAddress(" Mina@Müller.de ")?.written, "Mina@Müller.de");
});

test("a canonical address is shown with its domain in its own script", () => {
  assert.equal(readableAddress("할머니@xn--hq1bm8jm9l.xn--3e0b707e"), "할머니@도메인.한국");
  assert.equal(readableAddress("mina@example.com"), "mina@example.com");
});

test("the canonical form is read as itself, and as nothing longer than mail allows", () => {
  const part = fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 });
  const candidates = fc
    .tuple(part, part, fc.constantFrom("com", "한국", "de"))
    .map(([a, b, c]) => `${a}@${b}.${c}`);
  fc.assert(
    fc.property(fc.oneof(candidates, fc.string({ unit: "binary" })), (text) => {
      const read = readAddress(text);
      if (read === undefined) return;
      assert.equal(readAddress(read.canonical)?.canonical, read.canonical);
      assert.equal(readAddress(read.written)?.canonical, read.canonical);
      assert.ok(Buffer.byteLength(read.canonical) <= 254);
      assert.doesNotMatch(read.canonical, /[\p{Cc}\p{Z}<>,;:"]/u);
    }),
    { numRuns: 3000 },
  );
});

/** A domain of this many characters, in labels of ten. */
function longDomain(length: number): string {
  const domain = "abcdefghi.".repeat(Math.ceil(length / 10)).slice(0, length - 4);
  return `${domain.replace(/\.$/, "x")}.com`;
}
