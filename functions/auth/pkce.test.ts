import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { it } from "node:test";
import { challengeOf, challengeSchema, newVerifier, verifierSchema } from "./pkce.ts";

it("challenges are those of RFC 7636, appendix B", () => {
  const challenge = challengeOf("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
  assert.equal(challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
});

it("verifiers of ours fit the RFC's form, and their challenges ours", () => {
  const verifier = newVerifier(randomBytes);
  assert.equal(verifierSchema.parse(verifier), verifier);
  assert.equal(challengeSchema.parse(challengeOf(verifier)), challengeOf(verifier));
});
