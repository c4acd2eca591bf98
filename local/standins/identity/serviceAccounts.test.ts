/** Service accounts: key files and assertions, the metadata server, IAM Credentials; and rubbish sent to any of them. */
import assert from "node:assert/strict";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createRemoteJWKSet, decodeJwt, importPKCS8, type JWTPayload, jwtVerify, SignJWT } from "jose";
import { z } from "zod";
import { bodyOf, ENGINE, type Fresh, freshIdentity, RUNTIME, TASKS, userToken } from "./harness.ts";

let fresh: Fresh;
before(async () => {
  fresh = await freshIdentity();
});
after(() => fresh[Symbol.asyncDispose]());

const keyFile = z.object({
  client_email: z.string(),
  private_key: z.string(),
  private_key_id: z.string(),
  token_uri: z.url(),
});
const readKeyFile = async (file: string) => keyFile.parse(JSON.parse(await readFile(file, "utf8")));

/** An assertion as the engine makes it from its key file, with changes to the claims. */
async function assertion(changes: JWTPayload = {}, key?: string): Promise<string> {
  const file = await readKeyFile(fresh.engineKeyFile);
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: file.client_email,
    sub: file.client_email,
    aud: file.token_uri,
    iat: now,
    exp: now + 3600,
    ...changes,
  };
  return new SignJWT(claims)
    .setProtectedHeader({ alg: "RS256", kid: file.private_key_id })
    .sign(await importPKCS8(key ?? file.private_key, "RS256"));
}

function exchange(jwt: string, changes: Record<string, string> = {}): Promise<Response> {
  const grant_type = "urn:ietf:params:oauth:grant-type:jwt-bearer";
  const body = new URLSearchParams({ grant_type, assertion: jwt, ...changes });
  return fetch(`${fresh.identity.url}/token`, { method: "POST", body });
}

const metadata = (path: string, headers: Record<string, string> = { "metadata-flavor": "Google" }) =>
  fetch(`${fresh.identity.url}/computeMetadata/v1${path}`, { headers });
const metadataText = async (path: string) => (await metadata(path)).text();

test("an assertion by the key file gets an ID token or an access token, as it asks", async () => {
  const answered = await bodyOf(exchange(await assertion({ target_audience: "http://api.example" })));
  assert.deepEqual(Object.keys(answered), ["id_token"]);
  const jwks = createRemoteJWKSet(new URL(`${fresh.identity.url}/oauth2/v3/certs`));
  const { payload } = await jwtVerify(String(answered.id_token), jwks, {
    issuer: fresh.identity.issuer,
    audience: "http://api.example",
  });
  assert.equal(payload.email, ENGINE);
  assert.equal(payload.email_verified, true);
  assert.equal(payload.azp, ENGINE);
  assert.match(payload.sub ?? "", /^\d{21}$/);

  const { access_token, token_type } = await bodyOf(exchange(await assertion({ scope: "a b" })));
  assert.match(String(access_token), /^ya29\./);
  assert.equal(token_type, "Bearer");
});

test("a stale, long-lived, foreign or wrongly signed assertion gets nothing", async () => {
  const now = Math.floor(Date.now() / 1000);
  const target_audience = "http://api.example";
  const wrong: [string, string | undefined][] = [
    [await assertion({ target_audience, exp: now - 1, iat: now - 100 }), "invalid_grant"],
    [await assertion({ target_audience, iat: now, exp: now + 3601 }), "invalid_grant"],
    [await assertion({ target_audience, iat: now + 900, exp: now + 1000 }), "invalid_grant"],
    [await assertion({ target_audience, aud: "https://oauth2.googleapis.com/token" }), "invalid_grant"],
    [await assertion({ target_audience, iss: "stranger@example.com" }), "invalid_grant"],
    // Signed by the engine in the name of the functions' account.
    [await assertion({ target_audience, iss: RUNTIME, sub: RUNTIME }), "invalid_grant"],
    [await assertion({ target_audience, sub: "boss@example.com" }), "unauthorized_client"],
    [await assertion(), "invalid_scope"],
    ["", "invalid_request"],
    ["rubbish", "invalid_grant"],
    ["a.b.c", "invalid_grant"],
  ];
  for (const [jwt, error] of wrong) {
    const response = await exchange(jwt);
    assert.ok([400, 401].includes(response.status));
    const answered = await bodyOf(response);
    assert.equal(answered.error, error, JSON.stringify(answered));
    assert.equal(answered.id_token, undefined);
  }
  const [header, claims] = (await assertion({ target_audience })).split(".");
  const none = Buffer.from('{"alg":"none"}').toString("base64url");
  assert.equal((await exchange(`${none}.${claims}.`)).status, 400);
  assert.equal((await exchange(`${header}.${claims}.${"A".repeat(342)}`)).status, 400);
});

test("the token endpoint answers what it can't read with an OAuth error", async () => {
  const post = (body: string, type: string) =>
    fetch(`${fresh.identity.url}/token`, { method: "POST", body, headers: { "content-type": type } });
  const form = "application/x-www-form-urlencoded";
  const rubbish: [string, string, string][] = [
    ["{}", "application/json", "invalid_request"],
    ["", form, "invalid_request"],
    ["grant_type=password", form, "unsupported_grant_type"],
    ["grant_type=refresh_token&refresh_token=x", form, "unsupported_grant_type"],
    ["grant_type=a&grant_type=a", form, "invalid_request"],
    ["\u0000\u0001%%%", form, "invalid_request"],
  ];
  for (const [body, type, error] of rubbish) {
    const response = await post(body, type);
    assert.equal(response.status, 400);
    assert.equal((await bodyOf(response)).error, error);
  }
  assert.equal((await post("x".repeat(300_000), form)).status, 413);
});

test("the metadata server answers as on Cloud Run, to requests with its header only", async () => {
  assert.equal(await metadataText("/instance/service-accounts/default/email"), RUNTIME);
  assert.equal(
    await metadataText(`/instance/service-accounts/${encodeURIComponent(RUNTIME)}/email`),
    RUNTIME,
  );
  assert.equal(
    await metadataText("/instance/service-accounts/default/scopes"),
    "https://www.googleapis.com/auth/cloud-platform\n",
  );
  assert.equal(await metadataText("/project/project-id"), "reverie-test");
  const number = await metadataText("/project/numeric-project-id");
  assert.match(number, /^\d{12}$/);
  assert.equal(await metadataText("/instance/region"), `projects/${number}/regions/us-central1`);
  assert.match(await metadataText("/instance/zone"), /\/zones\/us-central1-1$/);
  assert.equal(await metadataText("/universe/universe-domain"), "googleapis.com");
  assert.match(await metadataText("/instance/service-accounts/"), /^default\/\n/);
  assert.deepEqual(await bodyOf(metadata("/instance/service-accounts/default/?recursive=true")), {
    aliases: ["default"],
    email: RUNTIME,
    scopes: ["https://www.googleapis.com/auth/cloud-platform"],
  });
  assert.deepEqual(await bodyOf(metadata("/project/?recursive=true")), {
    numericProjectId: Number(number),
    projectId: "reverie-test",
  });

  const token = await bodyOf(metadata("/instance/service-accounts/default/token?scopes=a,b"));
  assert.equal(token.token_type, "Bearer");
  assert.equal(token.expires_in, 3599);
  const identity = await metadataText(
    "/instance/service-accounts/default/identity?format=full&audience=http://x",
  );
  assert.equal(decodeJwt(identity).aud, "http://x");

  const found = await metadata("/");
  assert.equal(found.headers.get("metadata-flavor"), "Google");
  assert.equal((await metadata("/instance/service-accounts/default/identity")).status, 400);
  for (const path of [
    "/nothing",
    "/__proto__",
    "/instance/service-accounts/other/token",
    "/project/project-id/x",
    "/%E0%A4%A",
  ])
    assert.equal((await metadata(path)).status, 404, path);
  assert.equal((await metadata("/project/project-id", {})).status, 403);
  assert.equal(
    (await metadata("/project/project-id", { "metadata-flavor": "Google", "x-forwarded-for": "10.0.0.1" }))
      .status,
    403,
  );
});

test("IAM Credentials serve a service account's access token and no one else", async () => {
  const { access_token } = await bodyOf(metadata("/instance/service-accounts/default/token"));
  const authorization = `Bearer ${access_token}`;
  const call = (target: string, body: unknown, headers: Record<string, string> = { authorization }) =>
    fetch(`${fresh.identity.signingEndpoint}${target}`, {
      method: "POST",
      body: typeof body === "string" ? body : JSON.stringify(body),
      headers,
    });
  const payload = Buffer.from("x").toString("base64");
  assert.equal((await call(`${TASKS}:signBlob`, { payload })).status, 200);
  const withoutEmail = await bodyOf(call(`${TASKS}:generateIdToken`, { audience: "http://x" }));
  assert.equal(decodeJwt(String(withoutEmail.token)).email, undefined);
  const number = decodeJwt(String(withoutEmail.token)).sub;
  assert.equal((await call(`${number}:signBlob`, { payload })).status, 200);
  const { expireTime } = await bodyOf(
    call(`${TASKS}:generateAccessToken`, { scope: ["a"], lifetime: "60s" }),
  );
  assert.match(String(expireTime), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);

  const { idToken } = await userToken(fresh.identity, { email: "mina@example.com" });
  const forged = `Bearer ${String(access_token).slice(0, -2)}AA`;
  const strangers: Record<string, string>[] = [
    {},
    { authorization: "Bearer x" },
    { authorization: forged },
    { authorization: `Bearer ${idToken}` },
  ];
  for (const stranger of strangers)
    for (const method of ["signBlob", "generateAccessToken"])
      assert.equal((await call(`${TASKS}:${method}`, { payload }, stranger)).status, 401);
  const audience = "http://x";
  for (const stranger of strangers.slice(1))
    assert.equal((await call(`${TASKS}:generateIdToken`, { audience }, stranger)).status, 401);
  // The Tasks stand-in's way, which plays a service agent of Google's.
  const agent = await bodyOf(call(`${TASKS}:generateIdToken`, { audience, includeEmail: true }, {}));
  assert.equal(decodeJwt(String(agent.token)).email, TASKS);

  for (const body of ["", "{", "[]", {}, { payload: "not base64!" }, { payload, extra: 1 }, { payload: 5 }])
    assert.equal((await call(`${TASKS}:signBlob`, body)).status, 400, JSON.stringify(body));
  for (const lifetime of ["0s", "3601s", "1h", 60])
    assert.equal((await call(`${TASKS}:generateAccessToken`, { scope: ["a"], lifetime })).status, 400);
  assert.equal((await call("stranger@example.com:signBlob", { payload })).status, 404);
  assert.equal((await call(`${TASKS}:destroy`, { payload })).status, 404);
  assert.equal((await call(TASKS, { payload })).status, 404);

  fresh.advance(3601);
  assert.equal((await call(`${TASKS}:signBlob`, { payload })).status, 401);
  fresh.advance(-3601);
});

test("scripted users that make no sense are refused with the field's name", async () => {
  const post = (body: string) => fetch(`${fresh.identity.url}/users`, { method: "POST", body });
  for (const body of [
    "",
    "{",
    "null",
    "[]",
    "{}",
    '{"email":"x"}',
    '{"email":"a@b.c","admin":true}',
    '{"email":"a@b.c","emailVerified":"yes"}',
  ])
    assert.equal((await post(body)).status, 400, body);
  assert.match(JSON.stringify(await bodyOf(post('{"email":"x"}'))), /"message":"email: /);
  // Sent in pieces of unknown number, once within bounds and once beyond them.
  const chunked = (text: string) => {
    const body = new Blob([text]).stream();
    return fetch(`${fresh.identity.url}/users`, { method: "POST", body, duplex: "half" });
  };
  assert.equal((await chunked('{"email":"a@b.com"}')).status, 200);
  assert.equal((await chunked(" ".repeat(300_000))).status, 413);
  assert.equal((await fetch(`${fresh.identity.url}/nothing`)).status, 404);
  assert.equal((await fetch(`${fresh.identity.url}/v1/userinfo`)).status, 401);
});

test("keys outlive a restart, only the owner reads key files, no log holds a secret", async () => {
  const user = await userToken(fresh.identity, { email: "mina@example.com" });
  const { access_token } = await bodyOf(metadata("/instance/service-accounts/default/token"));
  await exchange(await assertion({ target_audience: "http://x" }));
  await using later = await freshIdentity({ dataDir: fresh.dataDir });
  assert.equal(await later.identity.publicKeyOf(ENGINE), await fresh.identity.publicKeyOf(ENGINE));
  assert.equal(await later.identity.publicKeyOf("stranger@example.com"), undefined);
  const signBlob = await fetch(`${later.identity.signingEndpoint}${RUNTIME}:signBlob`, {
    method: "POST",
    headers: { authorization: `Bearer ${access_token}` },
    body: JSON.stringify({ payload: "eA==" }),
  });
  assert.equal(signBlob.status, 200);
  await jwtVerify(user.idToken, createRemoteJWKSet(new URL(`${later.identity.url}/oauth2/v3/certs`)));

  const file = await readKeyFile(later.engineKeyFile);
  assert.equal(file.token_uri, `${later.identity.url}/token`);
  for (const path of [later.engineKeyFile, join(fresh.dataDir, "keys.json")])
    assert.equal((await stat(path)).mode & 0o077, 0);
  const log = [...fresh.logged, ...later.logged].join("\n");
  assert.ok(log.includes("identity_request"));
  assert.doesNotMatch(log, /PRIVATE KEY|ya29|eyJ|audience|mina/);
});

test("an unreadable key ring or an unregistered runtime account stops the start", async () => {
  await using first = await freshIdentity();
  const file = join(first.dataDir, "keys.json");
  await writeFile(file, '{"idTokens": "-----BEGIN PRIVATE KEY-----');
  await assert.rejects(freshIdentity({ dataDir: first.dataDir }), /is not a key ring/);
  assert.equal(await readFile(file, "utf8"), '{"idTokens": "-----BEGIN PRIVATE KEY-----');
  await assert.rejects(freshIdentity({ runtimeServiceAccount: "stranger@example.com" }), RangeError);
  await assert.rejects(freshIdentity({ port: first.identity.port }), { code: "EADDRINUSE" });
});
