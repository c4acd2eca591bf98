import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { describe, it } from "node:test";
import { settingSchemas } from "#shared/platform/config/settings.ts";
import { accessTokenVerifier } from "#shared/platform/http/accessToken.ts";
import { accessTokenIssuer, publicKeys } from "./accessTokenIssuer.ts";

const ISSUER = "https://reverie.example";
const now = new Date("2030-01-01T00:00:00Z");
const claims = { userId: "u", sessionId: "s", role: "care_giver" } as const;

function keyPair(kid: string) {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const as = (key: typeof publicKey) => ({ ...key.export({ format: "jwk" }), kid, alg: "ES256" });
  return { private: as(privateKey), public: as(publicKey) };
}
const jwks = (...keys: object[]) => settingSchemas.TOKEN_SIGNING_KEYS.parse(JSON.stringify({ keys }));
const issuer = (signing: object[], published: object[]) =>
  accessTokenIssuer(
    { TOKEN_SIGNING_KEYS: jwks(...signing), TOKEN_PUBLIC_KEYS: jwks(...published), PUBLIC_ORIGIN: ISSUER },
    () => "id",
  );
const verifier = (...published: object[]) => accessTokenVerifier(jwks(...published), ISSUER, () => now);

describe("a rotation of the signing key", () => {
  it("leaves tokens of both keys valid while both are published, and no longer", async () => {
    const [older, newer] = [keyPair("older"), keyPair("newer")];
    const before = await issuer([older.private], [older.public, newer.public])(claims, now);
    const after = await issuer([newer.private, older.private], [older.public, newer.public])(claims, now);
    const overlap = verifier(older.public, newer.public);
    assert.deepEqual(await overlap(before), claims);
    assert.deepEqual(await overlap(after), claims);
    const rotated = verifier(newer.public);
    assert.deepEqual(await rotated(after), claims);
    await assert.rejects(rotated(before), { code: "token_invalid" });
  });

  it("can't begin with a key that no function verifies with", () => {
    const [older, newer] = [keyPair("older"), keyPair("newer")];
    assert.throws(() => issuer([newer.private], [older.public]), /not in TOKEN_PUBLIC_KEYS/);
  });
});

describe("the published keys", () => {
  it("hold the public numbers only, and no other field of a key", () => {
    const key = keyPair("k");
    const settings = { TOKEN_PUBLIC_KEYS: jwks({ ...key.public, "x-internal": "note", use: "sig" }) };
    assert.deepEqual(publicKeys(settings), [{ ...key.public, use: "sig" }]);
  });

  it("are refused as a setting when a private key is among them", () => {
    const text = JSON.stringify({ keys: [keyPair("k").private] });
    assert.equal(settingSchemas.TOKEN_PUBLIC_KEYS.safeParse(text).success, false);
  });
});
