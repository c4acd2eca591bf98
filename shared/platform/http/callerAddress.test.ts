import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { addressSubject, callerAddress } from "./callerAddress.ts";

test("the entry of our own proxy is the caller; claims to the left of it don't count", () => {
  assert.equal(callerAddress("1.1.1.1, 203.0.113.7", "10.0.0.1", 1), "203.0.113.7");
  assert.equal(callerAddress("1.1.1.1, 203.0.113.7, 10.9.9.9", "10.0.0.1", 2), "203.0.113.7");
});

test("without trusted proxies or with too few entries the socket's address is taken", () => {
  assert.equal(callerAddress("1.1.1.1", "198.51.100.2", 0), "198.51.100.2");
  assert.equal(callerAddress("1.1.1.1", "198.51.100.2", 2), "198.51.100.2");
  assert.equal(callerAddress(undefined, undefined, 1), "unknown");
  assert.equal(callerAddress("<script>", "198.51.100.2", 1), "198.51.100.2");
});

test("entries that a caller puts in front don't change the address", () => {
  fc.assert(
    fc.property(fc.string(), fc.ipV4(), (claimed, real) => {
      assert.equal(callerAddress(`${claimed}, ${real}`, "10.0.0.1", 1), real);
    }),
  );
});

test("IPv6 addresses count by their /64, in any notation; IPv4 ones each alone", () => {
  assert.equal(addressSubject("2001:db8:0:7::1"), "2001:db8:0:7::/64");
  assert.equal(addressSubject("2001:0DB8:0000:0007:ffff:1:2:3"), "2001:db8:0:7::/64");
  assert.equal(addressSubject("2001:db8::1"), "2001:db8::/64");
  assert.equal(addressSubject("fe80::1%eth0"), "fe80::/64");
  assert.equal(addressSubject("::ffff:192.0.2.4"), "192.0.2.4");
  assert.equal(addressSubject("::ffff:c000:204"), "192.0.2.4");
  assert.equal(addressSubject("192.0.2.4"), "192.0.2.4");
});
