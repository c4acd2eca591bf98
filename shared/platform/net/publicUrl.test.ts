import assert from "node:assert/strict";
import { test } from "node:test";
import { literalIn, MAX_URL_LENGTH, publicUrl } from "./publicUrl.ts";

const isRefused = (text: string, base?: URL) => publicUrl(text, base) === undefined;

test("https at its own port, by a name or a public address, may be fetched", () => {
  for (const text of [
    "https://example.com/video.mp4?token=a#part",
    "https://EXAMPLE.com:443/",
    "https://8.8.8.8/",
    "https://134744072/",
    "https://[2001:4860:4860::8888]/a",
    "https://例え.jp/",
    "https://127.0.0.1.example.com/",
  ])
    assert.equal(isRefused(text), false, text);
});

test("an address that isn't public is refused in every notation that a URL knows", () => {
  for (const host of [
    ...["127.0.0.1", "127.1", "127.0.1", "0x7f.0.0.1", "0x7f000001", "2130706433", "017700000001"],
    ...[
      "0177.0.0.1",
      "0x7f.1",
      "127.0.0.1.",
      "0",
      "0.0.0.0",
      "%31%32%37.0.0.1",
      "１２７.0.0.1",
      "127。0。0。1",
    ],
    ...["169.254.169.254", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518", "10.0.0.1"],
    ...["192.168.1.1", "172.16.0.1", "100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "255.255.255.255"],
    ...["[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:a9fe:a9fe]"],
    ...[
      "[64:ff9b::a9fe:a9fe]",
      "[2002:a9fe:a9fe::1]",
      "[::127.0.0.1]",
      "[fe80::1]",
      "[fc00::1]",
      "[fd00:ec2::254]",
    ],
    ...["[ff02::1]", "[2001:db8::1]", "[fe80::1%25eth0]", "[::1%251]"],
  ])
    assert.ok(isRefused(`https://${host}/`), host);
});

test("another scheme or port, a user, no URL and a long one are refused", () => {
  for (const text of [
    ...[
      "http://example.com/",
      "ftp://example.com/",
      "file:///etc/passwd",
      "gopher://example.com/",
      "data:,x",
    ],
    ...["https://example.com:8443/", "https://example.com:80/", "https://user@example.com/"],
    ...[
      "https://user:password@example.com/",
      "https://:secret@example.com/",
      "//example.com/",
      "example.com",
    ],
    ...["", "https://", "https://exa mple.com/", "https://300.1.1.1/", "https://[::1/"],
    `https://example.com/${"a".repeat(MAX_URL_LENGTH)}`,
    `https://example.com/${"한".repeat(300)}`,
  ])
    assert.ok(isRefused(text), text);
});

test("what a redirect names is taken relative to where it came from, by the same rules", () => {
  const base = new URL("https://example.com/a/b");
  assert.equal(publicUrl("../c", base)?.href, "https://example.com/c");
  assert.equal(publicUrl("//other.example/c", base)?.href, "https://other.example/c");
  for (const location of [
    "http://example.com/",
    "//169.254.169.254/",
    "https://127.1",
    "javascript:1",
    "//a:81/",
  ])
    assert.ok(isRefused(location, base), location);
});

test("a host is an address or a name", () => {
  assert.equal(literalIn(new URL("https://0x8.8.8.8/")), "8.8.8.8");
  assert.equal(literalIn(new URL("https://[2001:4860:0::1]/")), "2001:4860::1");
  assert.equal(literalIn(new URL("https://example.com/")), undefined);
});
