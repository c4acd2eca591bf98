import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { callerAddress, type Edge } from "./callerAddress.ts";

/** Google's own address, as the last entry of a request that came through Hosting. */
const HOSTING = "192.0.2.1";
const PHONE = "203.0.113.7";

function ask(edge: Edge, headers: Readonly<Record<string, string>>, socket: string | undefined = "10.0.0.1") {
  return callerAddress(edge, (name) => headers[name], socket);
}

function subject(...asked: Parameters<typeof ask>): string {
  return ask(...asked).subject;
}

/** Through Hosting, which appends two entries to what the caller claims. */
function hosted(phone: string, claimed: readonly string[] = [], hosting = HOSTING): string {
  return subject("hosting", {
    "x-forwarded-for": [...claimed, phone, hosting].join(", "),
    "x-forwarded-host": "reverie.example",
  });
}

/** To the function's own address, whose front end appends one entry. */
function direct(
  caller: string,
  claimed: readonly string[] = [],
  forged: Record<string, string> = {},
): string {
  return subject("hosting", { "x-forwarded-for": [...claimed, caller].join(", "), ...forged });
}

describe("through Hosting", () => {
  it("phones differ by the last entry but one, not by Google's", () => {
    assert.equal(hosted(PHONE), "203.0.113.7 via 192.0.2.1");
    assert.notEqual(hosted(PHONE), hosted("203.0.113.8"));
  });

  it("two phones never share a subject, and a phone's claims don't change its own", () => {
    const garbage = fc.array(fc.oneof(fc.string(), fc.ipV4(), fc.ipV6()), { maxLength: 20 });
    fc.assert(
      fc.property(fc.ipV4(), fc.ipV4(), garbage, garbage, (one, other, claims, otherClaims) => {
        assert.equal(hosted(one, claims), hosted(one));
        if (one !== other) assert.notEqual(hosted(one, claims), hosted(other, otherClaims));
      }),
    );
  });

  it("a thousand claimed entries are cut off at the left", () => {
    assert.equal(hosted(PHONE, Array(1000).fill("198.51.100.1")), hosted(PHONE));
  });
});

describe("directly at the function's address, while phones come through Hosting", () => {
  it("the last entry counts; what is claimed before it doesn't", () => {
    assert.equal(direct("198.51.100.2"), "198.51.100.2");
    assert.equal(direct("198.51.100.2", [PHONE]), "198.51.100.2");
    assert.equal(direct("198.51.100.2", [PHONE, HOSTING]), "198.51.100.2");
  });

  it("who forges Hosting's header chooses a subject, but never a phone's", () => {
    const forged = direct("198.51.100.2", [PHONE], { "x-forwarded-host": "reverie.example" });
    assert.equal(forged, "203.0.113.7 via 198.51.100.2");
    assert.notEqual(forged, hosted(PHONE));
    assert.equal(
      direct("198.51.100.2", [PHONE, HOSTING], { "x-fh-requested-host": "x" }),
      "192.0.2.1 via 198.51.100.2",
    );
  });

  it("what isn't an address is no part of the subject", () => {
    for (const claimed of [
      "<script>",
      "203.0.113.7:x",
      "203.0.113.7:",
      "[::1]",
      "1.2.3",
      "unknown",
      "::ffff:999.1.1.1",
      " ",
    ]) {
      assert.equal(direct("198.51.100.2", [claimed], { "x-forwarded-host": "x" }), "198.51.100.2", claimed);
    }
    assert.equal(subject("hosting", { "x-forwarded-for": "<script>" }), "10.0.0.1");
    assert.equal(subject("hosting", { "x-forwarded-for": " , ,, " }), "10.0.0.1");
    assert.equal(subject("hosting", {}), "10.0.0.1");
  });
});

describe("through the load balancer", () => {
  it("its header counts; X-Forwarded-For and Hosting's headers change nothing", () => {
    const header = { "x-client-address": PHONE };
    assert.equal(subject("loadBalancer", header), PHONE);
    const forged = { "x-forwarded-for": "198.51.100.1, 198.51.100.2", "x-forwarded-host": "x" };
    assert.equal(subject("loadBalancer", { ...header, ...forged }), PHONE);
  });

  it("without an address in the header all requests count together", () => {
    for (const headers of [{}, { "x-client-address": "{client_ip_address}" }, { "x-forwarded-for": PHONE }]) {
      assert.equal(subject("loadBalancer", headers), "unknown");
    }
  });
});

it("without a proxy of ours the socket's address counts", () => {
  assert.equal(subject("none", { "x-forwarded-for": PHONE, "x-client-address": PHONE }), "10.0.0.1");
  assert.equal(callerAddress("none", () => undefined, undefined).subject, "unknown");
});

it("IPv6 counts by its /64, in any notation and by each way in; IPv4 alone", () => {
  const counted: Record<string, string> = {
    "2001:db8:0:7::1": "2001:db8:0:7::/64",
    "2001:0DB8:0000:0007:ffff:1:2:3": "2001:db8:0:7::/64",
    "2001:db8::1": "2001:db8::/64",
    "fe80::1%eth0": "fe80::/64",
    "::ffff:192.0.2.4": "192.0.2.4",
    "::ffff:c000:204": "192.0.2.4",
    "192.0.2.4": "192.0.2.4",
  };
  for (const [address, expected] of Object.entries(counted)) {
    assert.equal(subject("loadBalancer", { "x-client-address": address }), expected);
    assert.equal(direct(address), expected);
    assert.equal(hosted(address, [], "2001:db8:f::9"), `${expected} via 2001:db8:f::/64`);
    assert.equal(subject("none", {}, address), expected);
  }
});

it("a port behind an address is no part of it", () => {
  const header = (address: string) => subject("loadBalancer", { "x-client-address": address });
  assert.equal(header("203.0.113.7:443"), PHONE);
  assert.equal(header("[2001:db8:0:7::1]:443"), "2001:db8:0:7::/64");
  assert.equal(hosted("203.0.113.7:51234"), hosted(PHONE));
  assert.equal(direct("198.51.100.2:80"), "198.51.100.2");
});

it("what is counted more coarsely than the way in promises has its reason", () => {
  const through = { "x-forwarded-host": "reverie.example" };
  const reasons = [
    ask("hosting", { "x-forwarded-for": `${PHONE}, ${HOSTING}`, ...through }),
    ask("hosting", { "x-forwarded-for": PHONE }),
    ask("hosting", { "x-forwarded-for": `unknown, ${HOSTING}`, ...through }),
    ask("hosting", { "x-forwarded-for": HOSTING, ...through }),
    ask("hosting", { "x-forwarded-for": `${PHONE}, unknown`, ...through }),
    ask("hosting", {}),
    ask("loadBalancer", { "x-client-address": PHONE }),
    ask("loadBalancer", { "x-forwarded-for": PHONE }),
    ask("none", {}),
  ].map(({ coarse }) => coarse);
  const expected = [
    "phone",
    "phone",
    "forwarded_for",
    "forwarded_for",
    undefined,
    "client_address",
    undefined,
  ];
  assert.deepEqual(reasons, [undefined, undefined, ...expected]);
});
