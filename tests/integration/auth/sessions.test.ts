import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { SignJWT, UnsecuredJWT } from "jose";
import { z } from "zod";
import { authApp } from "#functions/auth/routes.ts";
import { routesOf } from "#shared/platform/http/app.ts";
import { descriptionOf } from "#tools/build/openapi.ts";
import {
  type Answer,
  type AuthWorld,
  DAY,
  ORIGIN,
  openAuthWorld,
  publicHalf,
  SECOND,
  signingKey,
  tokensSchema,
} from "./harness.ts";

let world: AuthWorld;
before(async () => {
  world = await openAuthWorld();
});
after(() => world[Symbol.asyncDispose]());
beforeEach(async () => {
  await world.database.pool.query("TRUNCATE users, audit_log CASCADE");
  world.firebase.revoked.length = 0;
});

const outcome = (answer: Answer): string => `${answer.status}${answer.code ? ` ${answer.code}` : ""}`;
const listSchema = z.strictObject({
  items: z.array(
    z.strictObject({
      id: z.string(),
      device: z.strictObject({ id: z.string(), name: z.string(), platform: z.string() }).partial(),
      createdAt: z.iso.datetime(),
      lastUsedAt: z.iso.datetime(),
      current: z.boolean(),
    }),
  ),
  nextCursor: z.string().nullable(),
});
const list = async (token: string, query = "") =>
  listSchema.parse((await world.call("GET", `/v1/auth/sessions${query}`, { token })).body);
const end = async (token: string, id: string) =>
  outcome(await world.call("DELETE", `/v1/auth/sessions/${id}`, { token }));

describe("the list of sessions", () => {
  it("shows the person's own devices, newest first, with their last use, and no others", async () => {
    await world.signIn({ email: "other@example.com" });
    const tablet = await world.signIn(
      { email: "me@example.com" },
      { device: { name: "Tablet", platform: "android" } },
    );
    const signedInAt = world.now().toISOString();
    world.advance(DAY);
    const phone = await world.signIn({ email: "me@example.com" });
    world.advance(SECOND);
    await world.refresh(tablet.refreshToken);
    const { items, nextCursor } = await list(phone.accessToken);
    const day = new Date(Date.parse(signedInAt) + DAY).toISOString();
    assert.deepEqual(items, [
      { id: phone.session.id, device: {}, createdAt: day, lastUsedAt: day, current: true },
      {
        id: tablet.session.id,
        device: { name: "Tablet", platform: "android" },
        createdAt: signedInAt,
        lastUsedAt: world.now().toISOString(),
        current: false,
      },
    ]);
    assert.equal(nextCursor, null);
  });

  it("comes in pages that neither repeat nor leave out, also where times are equal", async () => {
    const ids = new Set<string>();
    let token = "";
    for (let i = 0; i < 7; i++) {
      const signedIn = await world.signIn({ email: "me@example.com" });
      ids.add(signedIn.session.id);
      token = signedIn.accessToken;
    }
    const seen: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const page: z.infer<typeof listSchema> = await list(token, `?limit=3${cursor && `&cursor=${cursor}`}`);
      seen.push(...page.items.map((item) => item.id));
      cursor = page.nextCursor;
    }
    assert.equal(seen.length, 7);
    assert.deepEqual(new Set(seen), ids);
    const odd = await world.call("GET", "/v1/auth/sessions?cursor=x", { token });
    assert.equal(outcome(odd), "400 invalid_request");
  });

  it("leaves out what has ended or run out", async () => {
    const old = await world.signIn({ email: "me@example.com" });
    const gone = await world.signIn({ email: "me@example.com" });
    await end(gone.accessToken, "current");
    world.advance(60 * DAY);
    const now = await world.signIn({ email: "me@example.com" });
    assert.deepEqual(
      (await list(now.accessToken)).items.map((item) => item.id),
      [now.session.id],
    );
    assert.notEqual(old.session.id, now.session.id);
  });
});

describe("signing out", () => {
  it("ends this session and its listeners, leaves the others, and may be repeated", async () => {
    const here = await world.signIn({ email: "me@example.com" });
    const there = await world.signIn({ email: "me@example.com" });
    assert.equal(await end(here.accessToken, "current"), "204");
    assert.equal(await end(here.accessToken, "current"), "204");
    assert.equal((await world.refresh(here.refreshToken)).code, "token_invalid");
    assert.equal((await world.refresh(there.refreshToken)).status, 200);
    assert.deepEqual(world.firebase.revoked, [here.user.id]);
    assert.equal((await world.audited()).filter((line) => line === "signed_out").length, 1);
  });

  it("ends another session of one's own by its id", async () => {
    const here = await world.signIn({ email: "me@example.com" });
    const there = await world.signIn({ email: "me@example.com" });
    assert.equal(await end(here.accessToken, there.session.id), "204");
    assert.equal((await world.refresh(there.refreshToken)).code, "token_invalid");
    assert.equal((await world.refresh(here.refreshToken)).status, 200);
  });

  it("answers 404 for another person's session and for no session, and ends nothing", async () => {
    const me = await world.signIn({ email: "me@example.com" });
    const other = await world.signIn({ email: "other@example.com" });
    for (const id of [other.session.id, "0".repeat(26), "x", "CURRENT", "%00", "'", "..%2f"])
      assert.equal(await end(me.accessToken, id), "404 not_found", id);
    assert.equal((await world.refresh(other.refreshToken)).status, 200);
  });

  it("ends all sessions of the person at once, and no one else's", async () => {
    const [here, there, other] = [
      await world.signIn({ email: "me@example.com" }),
      await world.signIn({ email: "me@example.com" }),
      await world.signIn({ email: "other@example.com" }),
    ];
    const answer = await world.call("DELETE", "/v1/auth/sessions", { token: here.accessToken });
    assert.equal(answer.status, 204);
    for (const gone of [here, there])
      assert.equal((await world.refresh(gone.refreshToken)).code, "token_invalid");
    assert.equal((await world.refresh(other.refreshToken)).status, 200);
  });

  it("leaves an access token of the ended session nothing to do but to end it again", async () => {
    const me = await world.signIn({ email: "me@example.com" });
    const mine = await world.signIn({ email: "me@example.com" });
    const token = me.accessToken;
    await end(token, "current");
    for (const [method, path] of [
      ["GET", "/v1/auth/sessions"],
      ["DELETE", "/v1/auth/sessions"],
      ["DELETE", `/v1/auth/sessions/${mine.session.id}`],
      ["POST", "/v1/auth/firebase-token"],
    ] as const)
      assert.equal(
        outcome(await world.call(method, path, { token })),
        "401 token_invalid",
        `${method} ${path}`,
      );
    assert.equal((await world.refresh(mine.refreshToken)).status, 200);
  });
});

describe("access tokens", () => {
  const verify = async (token: string) => outcome(await world.call("GET", "/v1/auth/verify", { token }));

  it("live ten minutes, and half a minute for clocks that differ", async () => {
    const { accessToken } = await world.signIn({ email: "me@example.com" });
    world.advance(629 * SECOND);
    assert.equal(await verify(accessToken), "204");
    world.advance(SECOND);
    assert.equal(await verify(accessToken), "401 token_invalid");
  });

  it("say who they are for in the claims of RFC 9068", async () => {
    const { accessToken, user, session } = await world.signIn({ email: "me@example.com" });
    const [header = "", payload = ""] = accessToken.split(".");
    const read = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString());
    const kid = world.signingKeys.keys[0]?.kid;
    assert.deepEqual(read(header), { alg: "ES256", typ: "at+jwt", kid });
    const { jti, ...claims } = read(payload);
    const iat = Math.floor(world.now().getTime() / 1000);
    assert.match(jti, /^[0-9a-z]{26}$/);
    assert.deepEqual(claims, {
      iss: ORIGIN,
      aud: "reverie",
      sub: user.id,
      sid: session.id,
      role: null,
      iat,
      exp: iat + 600,
    });
  });

  it("are refused when another key signed them, with any header", async () => {
    const { accessToken, user, session } = await world.signIn({ email: "me@example.com" });
    const [header = "", payload = "", signature = ""] = accessToken.split(".");
    const key = world.signingKeys.keys[0] ?? {};
    const kid = String(key.kid);
    const seconds = Math.floor(world.now().getTime() / 1000);
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const claims = { sid: session.id, role: "care_giver" };
    const build = (
      overrides: { iss?: string; aud?: string; exp?: number; typ?: string; claims?: object } = {},
    ) =>
      new SignJWT({ ...claims, ...overrides.claims })
        .setProtectedHeader({ alg: "ES256", typ: overrides.typ ?? "at+jwt", kid })
        .setIssuer(overrides.iss ?? ORIGIN)
        .setAudience(overrides.aud ?? "reverie")
        .setSubject(user.id)
        .setIssuedAt(seconds)
        .setExpirationTime(overrides.exp ?? seconds + 600);
    assert.equal(await verify(await build().sign(key)), "204");
    const publicKeyAsSecret = new TextEncoder().encode(JSON.stringify(publicHalf(key)));
    const tokens = {
      "another key under our kid": await build().sign(signingKey(kid)),
      "an embedded key": await new SignJWT(claims)
        .setProtectedHeader({ alg: "ES256", typ: "at+jwt", jwk: publicHalf(signingKey()) })
        .setIssuer(ORIGIN)
        .setAudience("reverie")
        .setSubject(user.id)
        .setIssuedAt(seconds)
        .setExpirationTime(seconds + 600)
        .sign(signingKey()),
      "alg none": new UnsecuredJWT(claims)
        .setIssuer(ORIGIN)
        .setAudience("reverie")
        .setSubject(user.id)
        .setExpirationTime(seconds + 600)
        .encode(),
      "alg none, our payload": `${part({ alg: "none", typ: "at+jwt" })}.${payload}.`,
      "the public key as an HMAC secret": await new SignJWT(claims)
        .setProtectedHeader({ alg: "HS256", typ: "at+jwt", kid })
        .setIssuer(ORIGIN)
        .setAudience("reverie")
        .setSubject(user.id)
        .setIssuedAt(seconds)
        .setExpirationTime(seconds + 600)
        .sign(publicKeyAsSecret),
      "another issuer": await build({ iss: "https://evil.example" }).sign(key),
      "another audience": await build({ aud: "other" }).sign(key),
      "another type": await build({ typ: "JWT" }).sign(key),
      "an unknown role": await build({ claims: { role: "admin" } }).sign(key),
      "no session": await build({ claims: { sid: undefined } }).sign(key),
      expired: await build({ exp: seconds - 31 }).sign(key),
      "a changed payload": `${header}.${part({ ...claims, sub: "x" })}.${signature}`,
      "no signature": `${header}.${payload}.`,
      rubbish: "a.b.c",
      "one word": "x",
    };
    for (const [what, token] of Object.entries(tokens))
      assert.equal(await verify(token), "401 token_invalid", what);
    for (const authorization of [
      "",
      "Bearer",
      "Bearer  ",
      `Basic ${accessToken}`,
      `Bearer ${accessToken} x`,
    ]) {
      const answer = await world.call("GET", "/v1/auth/verify", { headers: { authorization } });
      assert.equal(outcome(answer), "401 unauthenticated", authorization);
      assert.equal(answer.headers.get("www-authenticate"), "Bearer");
    }
  });

  it("can be checked with the published keys, which hold nothing private", async () => {
    const answer = await world.call("GET", "/v1/auth/jwks.json");
    assert.equal(answer.headers.get("cache-control"), "public, max-age=600");
    assert.deepEqual(answer.body, {
      keys: world.signingKeys.keys.map((key) => ({ ...publicHalf(key), use: "sig" })),
    });
  });
});

describe("limits", () => {
  it("stop sign-ins and refreshes from one address with 429, and no other address", async () => {
    await using strict = await openAuthWorld({ settings: { RATE_SIGN_IN: "3", RATE_REFRESH: "2" } });
    const attempt = (from: string) =>
      strict.call("POST", "/v1/auth/sessions", { body: { provider: "google", idToken: "x" }, from });
    for (let i = 0; i < 3; i++) assert.equal((await attempt("192.0.2.1")).status, 401);
    const limited = await attempt("192.0.2.1");
    assert.equal(outcome(limited), "429 rate_limited");
    assert.equal(limited.headers.get("retry-after"), "60");
    assert.equal(limited.headers.get("ratelimit"), '"sign_in";r=0;t=60');
    assert.equal(limited.headers.get("ratelimit-policy"), '"sign_in";q=3;w=60');
    assert.equal((await attempt("192.0.2.2")).status, 401);

    const refresh = (from: string) =>
      strict.call("POST", "/v1/auth/tokens", { body: { refreshToken: "x" }, key: "k", from });
    for (let i = 0; i < 2; i++) assert.equal((await refresh("192.0.2.1")).status, 401);
    assert.equal((await refresh("192.0.2.1")).status, 429);
    strict.advance(60 * SECOND);
    assert.equal((await refresh("192.0.2.1")).status, 401);
    assert.equal((await attempt("192.0.2.1")).status, 401);
  });

  it("don't make phones behind Hosting pay for each other", async () => {
    await using strict = await openAuthWorld({ settings: { RATE_SIGN_IN: "2" } });
    const attempt = (forwardedFor: string, headers: Record<string, string>) =>
      strict.call("POST", "/v1/auth/sessions", {
        body: { provider: "google", idToken: "x" },
        from: forwardedFor,
        headers,
      });
    const hosted = (phone: string) =>
      attempt(`${phone}, 192.0.2.1`, { "x-forwarded-host": "reverie.example" });
    for (let phone = 1; phone <= 20; phone++) assert.equal((await hosted(`203.0.113.${phone}`)).status, 401);
    assert.equal((await hosted("203.0.113.1")).status, 401);
    assert.equal((await hosted("203.0.113.1")).status, 429);
    assert.equal((await hosted("198.51.100.9, 203.0.113.1")).status, 429, "a claim in front changes nothing");
    assert.equal((await hosted("203.0.113.2")).status, 401);
    // Called at the function's own address, under a phone's: the phone has its whole budget.
    for (let i = 0; i < 5; i++) await attempt("203.0.113.3, 198.51.100.9", { "x-forwarded-host": "x" });
    assert.equal((await hosted("203.0.113.3")).status, 401);
  });

  it("by the load balancer go by its header only", async () => {
    await using strict = await openAuthWorld({ settings: { RATE_SIGN_IN: "2", EDGE: "loadBalancer" } });
    let claimed = 0;
    const attempt = (phone: string) =>
      strict.call("POST", "/v1/auth/sessions", {
        body: { provider: "google", idToken: "x" },
        from: `198.51.100.${claimed++}, 192.0.2.${claimed}`,
        headers: { "x-client-address": phone, "x-forwarded-host": "x" },
      });
    for (let i = 0; i < 2; i++) assert.equal((await attempt("2001:db8::1")).status, 401);
    assert.equal((await attempt("2001:db8::2")).status, 429, "the same household");
    assert.equal((await attempt("2001:db8:0:1::1")).status, 401);
  });

  it("stop one person's sign-ins from ever other addresses, and no other person's", async () => {
    await using strict = await openAuthWorld({ settings: { RATE_SIGN_IN_PER_ACCOUNT: "2" } });
    const idToken = await strict.googleToken({ email: "one@example.com" });
    const attempt = () => strict.call("POST", "/v1/auth/sessions", { body: { provider: "google", idToken } });
    // The first has no account yet, so it counts for its identity.
    for (let i = 0; i < 3; i++) assert.equal((await attempt()).status, 201);
    const sessions = await strict.rows("sessions");
    assert.equal(outcome(await attempt()), "429 rate_limited");
    assert.equal(await strict.rows("sessions"), sessions);
    await strict.signIn({ email: "other@example.com" });
    strict.advance(60 * SECOND);
    assert.equal((await attempt()).status, 201);
  });

  it("stop one account's refreshes from ever other addresses; nothing is spent", async () => {
    await using strict = await openAuthWorld({ settings: { RATE_REFRESH_PER_ACCOUNT: "3" } });
    const phone = await strict.signIn({ email: "phone@example.com" });
    const other = await strict.signIn({ email: "other@example.com" });
    for (let i = 0; i < 3; i++) assert.equal((await strict.refresh(phone.refreshToken, "k")).status, 200);
    const limited = await strict.refresh(phone.refreshToken, "k");
    assert.equal(outcome(limited), "429 rate_limited");
    assert.equal(limited.headers.get("retry-after"), "60");
    assert.equal((await strict.refresh(other.refreshToken)).status, 200);
    strict.advance(60 * SECOND);
    assert.equal((await strict.refresh(phone.refreshToken, "k")).status, 200);
  });

  it("don't protect a thief who spends them from the phone's next refresh", async () => {
    await using strict = await openAuthWorld({ settings: { RATE_REFRESH_PER_ACCOUNT: "2" } });
    const phone = await strict.signIn({ email: "phone@example.com" });
    const stolen = tokensSchema.parse((await strict.refresh(phone.refreshToken, "the-thief's")).body);
    for (let i = 0; i < 5; i++) await strict.refresh(stolen.refreshToken, "again");
    assert.equal(outcome(await strict.refresh(stolen.refreshToken, "again")), "429 rate_limited");
    assert.equal(outcome(await strict.refresh(phone.refreshToken, "the-phone's")), "401 token_reused");
  });
});

describe("the routes", () => {
  it("are described in an OpenAPI document that is made without any dependency", () => {
    const app = authApp(() => {
      throw new Error("a document needs no dependencies");
    });
    assert.deepEqual(Object.keys(descriptionOf(routesOf(app)).paths).sort(), [
      "/v1/auth/firebase-token",
      "/v1/auth/google",
      "/v1/auth/google/callback",
      "/v1/auth/jwks.json",
      "/v1/auth/sessions",
      "/v1/auth/sessions/{id}",
      "/v1/auth/tokens",
      "/v1/auth/verify",
    ]);
  });
});
