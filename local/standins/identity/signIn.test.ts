/** The browser's way: authorize page, redirect, code, tokens; and everything that must not come through. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { bodyOf, CLIENT, type Fresh, freshIdentity, RUNTIME } from "./harness.ts";

const REDIRECT = "http://127.0.0.1:1/v1/auth/google/callback";
const VERIFIER = "v".repeat(43);
const CHALLENGE = createHash("sha256").update(VERIFIER).digest("base64url");
const MINA = { email: "mina@example.com", name: "Mina", verified: "true" };

let fresh: Fresh;
before(async () => {
  fresh = await freshIdentity();
});
after(() => fresh[Symbol.asyncDispose]());

function authorizeUrl(changes: Record<string, string | undefined> = {}): string {
  const url = new URL(`${fresh.identity.url}/o/oauth2/v2/auth`);
  const parameters = {
    client_id: CLIENT.clientId,
    redirect_uri: REDIRECT,
    response_type: "code",
    scope: "openid email profile",
    state: "a state & more",
    nonce: "n-1",
    code_challenge: CHALLENGE,
    code_challenge_method: "S256",
    ...changes,
  };
  for (const [name, value] of Object.entries(parameters))
    if (value !== undefined) url.searchParams.set(name, value);
  return url.href;
}

const get = (url: string) => fetch(url, { redirect: "manual" });
const submit = (url: string, form: Record<string, string>) =>
  fetch(url, { method: "POST", body: new URLSearchParams(form), redirect: "manual" });

function redirected(response: Response): Record<string, string> {
  assert.equal(response.status, 302);
  const { origin, pathname, searchParams } = new URL(response.headers.get("location") ?? "");
  return { to: origin + pathname, ...Object.fromEntries(searchParams) };
}

async function codeFor(
  changes: Record<string, string | undefined> = {},
  form: Record<string, string> = MINA,
) {
  return redirected(await submit(authorizeUrl(changes), form)).code ?? "";
}

const exchange = (form: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(`${fresh.identity.url}/token`, { method: "POST", body: new URLSearchParams(form), headers });

function exchangeForm(code: string, changes: Record<string, string> = {}) {
  return {
    grant_type: "authorization_code",
    code,
    client_id: CLIENT.clientId,
    client_secret: CLIENT.clientSecret,
    redirect_uri: REDIRECT,
    code_verifier: VERIFIER,
    ...changes,
  };
}

async function refusal(response: Response | Promise<Response>): Promise<[number, unknown]> {
  const answered = await response;
  return [answered.status, (await bodyOf(answered)).error];
}

test("the page's form leads back with code and state, to tokens that hold the nonce", async () => {
  const shown = await get(authorizeUrl({ login_hint: '"><script>alert(1)</script>' }));
  assert.equal(shown.status, 200);
  const text = await shown.text();
  assert.match(text, /<form method="post">/);
  assert.match(text, /name="email"/);
  assert.doesNotMatch(text, /<script/);
  assert.match(shown.headers.get("content-security-policy") ?? "", /default-src 'none'/);

  const back = redirected(await submit(authorizeUrl(), MINA));
  assert.equal(back.to, REDIRECT);
  assert.equal(back.state, "a state & more");
  assert.equal(back.iss, fresh.identity.issuer);

  const answered = await exchange(exchangeForm(back.code ?? ""));
  assert.equal(answered.status, 200);
  assert.equal(answered.headers.get("cache-control"), "no-store");
  const tokens = await bodyOf(answered);
  assert.equal(tokens.token_type, "Bearer");
  assert.equal(tokens.expires_in, 3599);
  const jwks = createRemoteJWKSet(new URL(`${fresh.identity.url}/oauth2/v3/certs`));
  const { payload, protectedHeader } = await jwtVerify(String(tokens.id_token), jwks, {
    issuer: fresh.identity.issuer,
    audience: CLIENT.clientId,
  });
  assert.equal(protectedHeader.alg, "RS256");
  assert.equal(payload.nonce, "n-1");
  assert.equal(payload.email, "mina@example.com");
  assert.equal(payload.email_verified, true);
  assert.equal(payload.name, "Mina");

  const userinfo = await bodyOf(
    fetch(`${fresh.identity.url}/v1/userinfo`, {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    }),
  );
  assert.deepEqual(userinfo, {
    sub: payload.sub,
    email: "mina@example.com",
    email_verified: true,
    name: "Mina",
  });

  const signing = await fetch(`${fresh.identity.signingEndpoint}${RUNTIME}:signBlob`, {
    method: "POST",
    headers: { authorization: `Bearer ${tokens.access_token}` },
    body: JSON.stringify({ payload: "eA==" }),
  });
  assert.equal(signing.status, 403, "a person can't sign as a service account");
});

test("an unticked box leaves the address unverified; claims follow the scopes", async () => {
  const code = await codeFor({ scope: "openid email" }, { email: "mina@example.com", name: "Mina" });
  const { id_token } = await bodyOf(exchange(exchangeForm(code)));
  const { payload } = await jwtVerify(
    String(id_token),
    createRemoteJWKSet(new URL(`${fresh.identity.url}/oauth2/v3/certs`)),
  );
  assert.equal(payload.email_verified, false);
  assert.equal(payload.name, undefined);
});

test("an unregistered client or redirect address is refused without a redirect", async () => {
  const wrong = [
    { client_id: "nobody" },
    { client_id: undefined },
    { redirect_uri: undefined },
    { redirect_uri: `${REDIRECT}/` },
    { redirect_uri: `${REDIRECT}?x=1` },
    { redirect_uri: "https://evil.example/" },
  ];
  for (const changes of wrong)
    for (const response of [await get(authorizeUrl(changes)), await submit(authorizeUrl(changes), MINA)]) {
      assert.equal(response.status, 400, JSON.stringify(changes));
      assert.equal(response.headers.get("location"), null);
    }
  assert.equal((await get(`${authorizeUrl()}&state=twice`)).status, 400);
});

test("other mistakes go back to the client with their error and the state, and no code", async () => {
  const mistakes: [Record<string, string | undefined>, string][] = [
    [{ response_type: undefined }, "invalid_request"],
    [{ response_type: "token" }, "unsupported_response_type"],
    [{ scope: "email" }, "invalid_scope"],
    [{ scope: undefined }, "invalid_scope"],
    [{ code_challenge_method: "plain" }, "invalid_request"],
    [{ code_challenge_method: undefined }, "invalid_request"],
    [{ code_challenge: undefined }, "invalid_request"],
    [{ code_challenge: "short" }, "invalid_request"],
    [{ response_mode: "fragment" }, "invalid_request"],
    [{ prompt: "none" }, "login_required"],
  ];
  for (const [changes, error] of mistakes) {
    const back = redirected(await get(authorizeUrl(changes)));
    assert.deepEqual(
      { to: back.to, error: back.error, state: back.state, code: back.code },
      { to: REDIRECT, error, state: "a state & more", code: undefined },
    );
  }
  const denied = redirected(await submit(authorizeUrl(), { decision: "deny" }));
  assert.equal(denied.error, "access_denied");
  assert.equal(denied.code, undefined);
  const kept = redirected(
    await submit(authorizeUrl({ redirect_uri: "http://127.0.0.1:1/other?keep=1" }), MINA),
  );
  assert.equal(kept.keep, "1");
});

test("a form without a usable address shows the page again with what is wrong", async () => {
  for (const email of ["", "mina", "a@b", `${"x".repeat(300)}@example.com`]) {
    const response = await submit(authorizeUrl(), { email });
    assert.equal(response.status, 400);
    assert.match(await response.text(), /role="alert"/);
  }
});

test("a code works once, for a minute, for its client, redirect address and verifier", async () => {
  const once = exchangeForm(await codeFor());
  assert.equal((await exchange(once)).status, 200);
  assert.deepEqual(await refusal(exchange(once)), [400, "invalid_grant"]);

  const wrong: Record<string, string>[] = [
    { client_id: "other", client_secret: "other" },
    { redirect_uri: "http://127.0.0.1:1/other?keep=1" },
    { code_verifier: "w".repeat(43) },
    { code_verifier: "" },
    { code: "4/made-up" },
  ];
  for (const changes of wrong) {
    const code = await codeFor();
    assert.deepEqual(
      await refusal(exchange(exchangeForm(code, changes))),
      [400, "invalid_grant"],
      JSON.stringify(changes),
    );
    // A refused exchange uses the code up, unless it named another one.
    const again = changes.code === undefined ? 400 : 200;
    assert.equal((await exchange(exchangeForm(code))).status, again, JSON.stringify(changes));
  }
  const late = await codeFor();
  fresh.advance(61);
  assert.deepEqual(await refusal(exchange(exchangeForm(late))), [400, "invalid_grant"]);

  const withoutChallenge = { code_challenge: undefined, code_challenge_method: undefined };
  assert.deepEqual(await refusal(exchange(exchangeForm(await codeFor(withoutChallenge)))), [
    400,
    "invalid_grant",
  ]);
  const plain = exchangeForm(await codeFor(withoutChallenge), { code_verifier: "" });
  assert.equal((await exchange(plain)).status, 200);
});

test("of a hundred simultaneous exchanges of one code one succeeds", async () => {
  const form = exchangeForm(await codeFor());
  const statuses = await Promise.all(Array.from({ length: 100 }, async () => (await exchange(form)).status));
  assert.equal(statuses.filter((status) => status === 200).length, 1);
});

test("a client gives its secret in the body or by Basic, and not in both ways", async () => {
  const { client_id, client_secret, ...rest } = exchangeForm(await codeFor());
  const encoded = (text: string) => new URLSearchParams({ v: text }).toString().slice(2);
  const basic = Buffer.from(`${encoded(client_id)}:${encoded(client_secret)}`).toString("base64");
  assert.equal((await exchange(rest, { authorization: `Basic ${basic}` })).status, 200);

  const code = await codeFor();
  const both = exchange(exchangeForm(code), { authorization: `Basic ${basic}` });
  assert.deepEqual(await refusal(both), [400, "invalid_request"]);
  assert.deepEqual(await refusal(exchange(exchangeForm(code, { client_secret: "guess" }))), [
    401,
    "invalid_client",
  ]);
  assert.deepEqual(await refusal(exchange(exchangeForm(code, { client_id: "nobody" }))), [
    401,
    "invalid_client",
  ]);
  assert.deepEqual(await refusal(exchange({ grant_type: "authorization_code", code })), [
    400,
    "invalid_request",
  ]);
  assert.equal((await exchange(exchangeForm(code))).status, 200);
});
