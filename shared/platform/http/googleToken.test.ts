import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { z } from "zod";
import { errors, hasCode } from "../errors.ts";
import { googleTokenVerifier } from "./googleToken.ts";

const ISSUER = "https://accounts.example";
const AUDIENCE = "https://api.example";
const NOW = new Date("2026-03-01T10:00:00Z");

const { publicKey, privateKey } = await generateKeyPair("RS256");
const keys = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: "k", alg: "RS256" }] });
const seconds = NOW.getTime() / 1000;
const token = await new SignJWT({ email: "engine@example.com" })
  .setProtectedHeader({ alg: "RS256", kid: "k" })
  .setIssuer(ISSUER)
  .setAudience(AUDIENCE)
  .setSubject("1")
  .setIssuedAt(seconds)
  .setExpirationTime(seconds + 60)
  .sign(privateKey);

const answers: Record<string, [status: number, body: string]> = {
  "/keys": [200, keys],
  "/broken": [500, "{}"],
  "/page": [200, "<html>"],
  "/moved": [302, ""],
};
const asked: string[] = [];
const server = createServer((incoming, outgoing) => {
  const [status, body] = answers[incoming.url ?? ""] ?? [404, ""];
  asked.push(`${incoming.url} ${incoming.headers.accept}`);
  outgoing.writeHead(status, { location: "/keys" }).end(body);
});
let origin: string;
before(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // a TCP server's address is of this shape
  origin = `http://127.0.0.1:${port}`;
});
after(() => {
  server.closeAllConnections();
  server.close();
});

const verifierOf = (url: string) =>
  googleTokenVerifier(
    { GOOGLE_ISSUER: ISSUER, GOOGLE_JWKS_URL: url },
    { audiences: [AUDIENCE], claims: z.object({ email: z.string() }), refuse: errors.tokenInvalid },
    () => NOW,
  );

test("keys are asked for once for all tokens, without Node's client for fetch", async (t) => {
  t.mock.method(globalThis, "fetch", () => assert.fail("fetch was called"));
  const verify = verifierOf(`${origin}/keys`);
  assert.deepEqual(await Promise.all([verify(token), verify(token)]), [
    { email: "engine@example.com" },
    { email: "engine@example.com" },
  ]);
  await verify(token);
  assert.deepEqual(asked, ["/keys application/json, application/jwk-set+json"]);
});

test("keys that can't be had are unavailable, and a redirect is not followed", async () => {
  for (const url of [`${origin}/broken`, `${origin}/page`, `${origin}/moved`, "http://127.0.0.1:1/keys"])
    await assert.rejects(verifierOf(url)(token), (error) => hasCode(error, "unavailable"), url);
});
