import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isPublicAddress } from "./publicAddress.ts";

/** The first and last addresses of every range that isn't public, and what lies right beside it. */
const V4: readonly (readonly [first: string, last: string])[] = [
  ["0.0.0.0", "0.255.255.255"],
  ["10.0.0.0", "10.255.255.255"],
  ["100.64.0.0", "100.127.255.255"],
  ["127.0.0.0", "127.255.255.255"],
  ["169.254.0.0", "169.254.255.255"],
  ["172.16.0.0", "172.31.255.255"],
  ["192.0.0.0", "192.0.0.255"],
  ["192.0.2.0", "192.0.2.255"],
  ["192.88.99.0", "192.88.99.255"],
  ["192.168.0.0", "192.168.255.255"],
  ["198.18.0.0", "198.19.255.255"],
  ["198.51.100.0", "198.51.100.255"],
  ["203.0.113.0", "203.0.113.255"],
  ["224.0.0.0", "239.255.255.255"],
  ["240.0.0.0", "255.255.255.255"],
];
const PUBLIC_V4 = [
  ...["1.0.0.0", "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0"],
  ...["126.255.255.255", "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0"],
  ...["192.0.1.0", "192.0.3.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0"],
  ...["198.51.99.255", "198.51.101.0", "203.0.112.255", "203.0.114.0", "223.255.255.255"],
];
const number = (address: string) => address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
const dotted = (value: number) =>
  [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
const hex = (address: string) => {
  const [a = 0, b = 0, c = 0, d = 0] = address.split(".").map(Number);
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
};

test("no address of a special range is public; those right beside it are", () => {
  for (const [first, last] of V4)
    for (const address of [first, last]) assert.equal(isPublicAddress(address), false, address);
  for (const address of PUBLIC_V4) assert.equal(isPublicAddress(address), true, address);
});

test("any address within a special range isn't public, plain or carried by IPv6", () => {
  const range = fc.constantFrom(...V4);
  fc.assert(
    fc.property(range, fc.double({ min: 0, max: 1, noNaN: true }), ([first, last], at) => {
      const address = dotted(number(first) + Math.round(at * (number(last) - number(first))));
      assert.equal(isPublicAddress(address), false, address);
      for (const carrying of [
        `::ffff:${address}`,
        `::ffff:${hex(address)}`,
        `64:ff9b::${address}`,
        `64:ff9b::${hex(address)}`,
        `2002:${hex(address)}::1`,
        `::${address}`,
        `::ffff:0:${address}`,
      ])
        assert.equal(isPublicAddress(carrying), false, carrying);
    }),
  );
});

test("a public address that IPv6 carries is public; forms that are out of use are not", () => {
  for (const address of ["::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1"])
    assert.equal(isPublicAddress(address), true, address);
  for (const address of ["::8.8.8.8", "::ffff:0:8.8.8.8", "64:ff9b:1::8.8.8.8"])
    assert.equal(isPublicAddress(address), false, address);
});

test("IPv6 is public where it was assigned for that, and nowhere else", () => {
  for (const address of ["2001:4860:4860::8888", "2606:4700:4700::1111", "2a00:1450:4001:80b::200e"])
    assert.equal(isPublicAddress(address), true, address);
  for (const address of [
    ...["::", "::1", "100::1", "fe80::1", "fe80::1%eth0", "febf::1", "fec0::1", "fc00::1", "fdff::1"],
    ...["fd00:ec2::254", "ff02::1", "ff0e::1", "2001::1", "2001:2::1", "2001:10::1", "2001:20::1"],
    ...["2001:db8::1", "3fff::1", "4000::1", "5f00::1", "0400::1", "e000::1", "2002::1"],
  ])
    assert.equal(isPublicAddress(address), false, address);
});

test("what isn't written as a look-up answers it is not public", () => {
  for (const address of [
    ...["", "example.com", "8.8.8", "8.8.8.8.", "134744072", "0x08.8.8.8", "010.8.8.8", "8.8.8.8/32"],
    ...["[2001:4860:4860::8888]", " 8.8.8.8", "2001:4860:4860::8888%1", "8.8.8.256"],
  ])
    assert.equal(isPublicAddress(address), false, address);
});
