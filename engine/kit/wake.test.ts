import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { wakeApp } from "./wake.ts";

const ISSUER = "https://identity.example";
const AUDIENCE = "https://engine.example";
const RINGER = "dispatch@reverie.iam.gserviceaccount.com";
const NOW = new Date("2026-03-01T10:00:00Z");

const keys = await generateKeyPair("RS256");
const strange = await generateKeyPair("RS256");
const server = createServer((_, response) => {
  void exportJWK(keys.publicKey).then((key) =>
    response.end(JSON.stringify({ keys: [{ ...key, kid: "1" }] })),
  );
});
let jwksUrl: string;
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  jwksUrl = typeof address === "object" && address ? `http://127.0.0.1:${address.port}/` : "";
});
after(() => {
  server.closeAllConnections();
  server.close();
});

function token(claims: JWTPayload = {}, key = keys.privateKey): Promise<string> {
  const at = Math.floor(NOW.getTime() / 1000);
  return new SignJWT({
    iss: ISSUER,
    aud: AUDIENCE,
    email: RINGER,
    email_verified: true,
    iat: at,
    exp: at + 3600,
    ...claims,
  })
    .setProtectedHeader({ alg: "RS256", kid: "1" })
    .sign(key);
}

test("only a ring with the gateway's token wakes a guarded engine; others are 401", async () => {
  let rings = 0;
  const app = wakeApp({
    kinds: ["scene"],
    clock: () => NOW,
    guard: { issuer: ISSUER, jwksUrl, audience: AUDIENCE, callers: [RINGER] },
    ring: () => {
      rings++;
      return "pulling";
    },
    health: () => ({}),
  });
  const ring = async (authorization?: string) => {
    const answer = await app.request("/wake", {
      method: "POST",
      headers: authorization === undefined ? {} : { authorization },
      body: JSON.stringify({ kind: "scene" }),
    });
    return answer.status;
  };
  const refused = [
    undefined,
    "Basic cmluZw==",
    "Bearer nonsense",
    `Bearer ${await token({ aud: "https://other.example" })}`,
    `Bearer ${await token({ iss: "https://elsewhere.example" })}`,
    `Bearer ${await token({ email: "stranger@reverie.iam.gserviceaccount.com" })}`,
    `Bearer ${await token({ email_verified: false })}`,
    `Bearer ${await token({ exp: Math.floor(NOW.getTime() / 1000) - 120 })}`,
    `Bearer ${await token({}, strange.privateKey)}`,
  ];
  for (const authorization of refused) assert.equal(await ring(authorization), 401, authorization);
  assert.equal(rings, 0);
  assert.equal(await ring(`Bearer ${await token()}`), 202);
  assert.equal(rings, 1);
});

test("when the issuer's keys can't be had the ring is 503, so that it is made again", async () => {
  const app = wakeApp({
    kinds: ["scene"],
    clock: () => NOW,
    guard: { issuer: ISSUER, jwksUrl: "http://127.0.0.1:9/", audience: AUDIENCE },
    ring: () => "pulling",
    health: () => ({}),
  });
  const answer = await app.request("/wake", {
    method: "POST",
    headers: { authorization: `Bearer ${await token()}` },
    body: JSON.stringify({ kind: "scene" }),
  });
  assert.equal(answer.status, 503);
  assert.match(answer.headers.get("retry-after") ?? "", /^\d+$/);
});
