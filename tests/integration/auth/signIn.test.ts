import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { after, before, beforeEach, describe, it } from "node:test";
import { SignJWT } from "jose";
import { type AuthWorld, openAuthWorld, PHONE_CLIENT, tokensSchema } from "./harness.ts";

let world: AuthWorld;
before(async () => {
  world = await openAuthWorld();
});
after(() => world[Symbol.asyncDispose]());
beforeEach(() => world.database.pool.query("TRUNCATE users, audit_log, sign_in_codes CASCADE"));

const post = (body: unknown) => world.call("POST", "/v1/auth/sessions", { body });

describe("sign-in with Google", () => {
  it("makes an account, a session and its first tokens, in the contract's shape", async () => {
    const idToken = await world.googleToken({ email: "Mina@example.com", name: "Mina" });
    const answer = await post({
      provider: "google",
      idToken,
      device: { id: "d1", name: "Mina's phone", platform: "ios" },
    });
    assert.equal(answer.status, 201);
    assert.equal(answer.headers.get("cache-control"), "no-store");
    const { user, session, refreshToken } = tokensSchema.parse(answer.body);
    assert.deepEqual(
      { ...user, id: "?" },
      { id: "?", email: "Mina@example.com", name: "Mina", role: null, enrolled: false },
    );
    assert.match(refreshToken, /^rvr_[\w-]{43}$/);
    const { rows } = await world.database.pool.query("SELECT id, user_id, device_name FROM sessions");
    assert.deepEqual(rows, [{ id: session.id, user_id: user.id, device_name: "Mina's phone" }]);
    assert.deepEqual(await world.audited(), ["account_created", "signed_in"]);
  });

  it("finds the account by Google's subject, and follows an address that changed", async () => {
    const first = await world.signIn({ email: "old@example.com", sub: "1" });
    const second = await world.signIn({ email: "new@example.com", sub: "1" });
    assert.equal(second.user.id, first.user.id);
    assert.equal(second.user.email, "new@example.com");
    assert.notEqual(second.session.id, first.session.id);
    assert.equal(await world.rows("users"), 1);
  });

  it("makes one account of twenty first sign-ins at once, and twenty sessions", async () => {
    const idToken = await world.googleToken({ email: "race@example.com" });
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => post({ provider: "google", idToken })),
    );
    const ids = new Set(answers.map((answer) => tokensSchema.parse(answer.body).user.id));
    assert.equal(ids.size, 1);
    assert.equal(await world.rows("users"), 1);
    assert.equal(await world.rows("spaces"), 1, "the personal space");
    assert.equal(await world.rows("space_members"), 1);
    assert.equal(await world.rows("sessions"), 20);
  });

  it("checks the nonce in both directions", async () => {
    const bound = await world.googleToken({ email: "n@example.com", nonce: "n-1" });
    const unbound = await world.googleToken({ email: "n@example.com" });
    const send = async (idToken: string, nonce?: string) =>
      (await post({ provider: "google", idToken, ...(nonce ? { nonce } : {}) })).code ?? "in";
    assert.equal(await send(bound, "n-1"), "in");
    assert.equal(await send(bound, "n-2"), "identity_rejected");
    assert.equal(await send(bound), "identity_rejected");
    assert.equal(await send(unbound, "n-1"), "identity_rejected");
  });

  it("refuses tokens that aren't Google's for us, and leaves only an audit line", async () => {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const seconds = Math.floor(world.now().getTime() / 1000);
    const claims = { sub: "1", email: "x@example.com", email_verified: true };
    const forge = (header: { alg: string; kid?: string }, key: Parameters<SignJWT["sign"]>[0]) =>
      new SignJWT(claims)
        .setProtectedHeader(header)
        .setIssuer(world.google.issuer)
        .setAudience(PHONE_CLIENT)
        .setIssuedAt(seconds)
        .setExpirationTime(seconds + 3600)
        .sign(key);
    const good = await world.googleToken({ email: "x@example.com" });
    const [header = "", payload = "", signature = ""] = good.split(".");
    const kid = JSON.parse(Buffer.from(header, "base64url").toString()).kid;
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const expired = await world.googleToken({ email: "x@example.com" });
    const tokens = {
      "another key": await forge({ alg: "RS256", kid }, privateKey),
      "an unknown key": await forge({ alg: "RS256", kid: "nobody's" }, privateKey),
      "alg none": `${part({ alg: "none" })}.${payload}.`,
      "alg none with a kid": `${part({ alg: "none", kid })}.${payload}.${signature}`,
      "HS256 with the public key's id": await forge({ alg: "HS256", kid }, new Uint8Array(32)),
      "changed claims": `${header}.${part({ ...claims, aud: PHONE_CLIENT })}.${signature}`,
      "another audience": await world.googleToken({ email: "x@example.com", audience: "someone.else" }),
      "a service account's": await world.google.mintIdToken(
        "functions@demo-auth.iam.gserviceaccount.com",
        "another.example.wrong",
      ),
      rubbish: "not a token",
      "three dots": "...",
    };
    for (const [what, idToken] of Object.entries(tokens)) {
      const answer = await post({ provider: "google", idToken });
      assert.equal(`${answer.status} ${answer.code}`, "401 identity_rejected", what);
    }
    world.advance(3631_000);
    assert.equal((await post({ provider: "google", idToken: expired })).code, "identity_rejected");
    assert.equal(await world.rows("users"), 0);
    assert.equal(await world.rows("sessions"), 0);
    const refusals = Object.keys(tokens).length + 1;
    assert.deepEqual(await world.audited(), Array(refusals).fill("signed_in refused identity_rejected"));
  });

  it("allows half a minute between the clocks and no more", async () => {
    const idToken = await world.googleToken({ email: "x@example.com" });
    world.advance(3625_000);
    assert.equal((await post({ provider: "google", idToken })).status, 201);
    world.advance(10_000);
    assert.equal((await post({ provider: "google", idToken })).code, "identity_rejected");
  });

  it("refuses an address that Google hasn't verified", async () => {
    const idToken = await world.googleToken({ email: "u@example.com", emailVerified: false });
    const answer = await post({ provider: "google", idToken });
    assert.equal(`${answer.status} ${answer.code}`, "401 email_unverified");
    assert.equal(await world.rows("users"), 0);
  });
});

describe("sign-in while Google is away", () => {
  it("answers 503 and leaves nothing behind; a browser is sent back with the reason", async () => {
    const settings = {
      GOOGLE_JWKS_URL: "http://127.0.0.1:9/certs",
      GOOGLE_TOKEN_URL: "http://127.0.0.1:9/token",
    };
    await using away = await openAuthWorld({ settings });
    const idToken = await away.googleToken({ email: "x@example.com" });
    const answer = await away.call("POST", "/v1/auth/sessions", { body: { provider: "google", idToken } });
    assert.equal(`${answer.status} ${answer.code}`, "503 unavailable");
    for (const table of ["users", "sessions", "audit_log"]) assert.equal(await away.rows(table), 0);

    const begun = await away.call(
      "GET",
      `/v1/auth/google?redirect_uri=reverie://signed-in&code_challenge=${"c".repeat(43)}`,
    );
    const cookie = (begun.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
    const state = new URL(begun.headers.get("location") ?? "").searchParams.get("state");
    const back = await away.call("GET", `/v1/auth/google/callback?code=c&state=${state}`, {
      headers: { cookie },
    });
    assert.equal(back.headers.get("location"), "reverie://signed-in?error=unavailable");
  });
});

describe("sign-in with Firebase", () => {
  const firebase = async (person: Parameters<AuthWorld["firebase"]["token"]>[0]) =>
    post({ provider: "firebase", idToken: world.firebase.token(person) });
  const userOf = async (answer: ReturnType<typeof firebase>) => tokensSchema.parse((await answer).body).user;

  it("takes a phone number's account without an address, again and again", async () => {
    const one = await userOf(firebase({ uid: "p1", signInProvider: "phone" }));
    const two = await userOf(firebase({ uid: "p1", signInProvider: "phone" }));
    assert.deepEqual(one, { id: one.id, email: null, name: null, role: null, enrolled: false });
    assert.equal(two.id, one.id);
  });

  it("joins the account with the same verified address, in either order and any case", async () => {
    const google = await world.signIn({ email: "Both@example.com" });
    const other = await userOf(firebase({ uid: "b", email: "both@EXAMPLE.com", emailVerified: true }));
    assert.equal(other.id, google.user.id);
    assert.deepEqual(await world.audited(), ["account_created", "signed_in", "identity_linked", "signed_in"]);
  });

  it("never joins accounts when one side is unverified, whichever came first", async () => {
    const google = await world.signIn({ email: "victim@example.com" });
    const squatter = await userOf(firebase({ uid: "s", email: "victim@example.com", emailVerified: false }));
    assert.notEqual(squatter.id, google.user.id);

    const early = await userOf(firebase({ uid: "e", email: "later@example.com", emailVerified: false }));
    const owner = await world.signIn({ email: "later@example.com" });
    assert.notEqual(owner.user.id, early.id);
    const { rows } = await world.database.pool.query(
      "SELECT id FROM users WHERE email_verified AND email = 'later@example.com'",
    );
    assert.deepEqual(rows, [{ id: owner.user.id }]);
  });

  it("gives an address that changed hands to an account of the newcomer's own", async () => {
    const first = await world.signIn({ email: "shared@example.com", sub: "1" });
    const second = await world.signIn({ email: "Shared@Example.com", sub: "2" });
    assert.notEqual(second.user.id, first.user.id);
    const stale = await world.signIn({ email: "shared@example.com", sub: "1" });
    assert.equal(stale.user.id, first.user.id);
    const { rows } = await world.database.pool.query(
      "SELECT id FROM users WHERE email_verified AND email = 'shared@example.com'",
    );
    assert.deepEqual(rows, [{ id: second.user.id }]);
    const joined = await userOf(firebase({ uid: "f", email: "shared@example.com", emailVerified: true }));
    assert.equal(joined.id, second.user.id);
    const third = await userOf(firebase({ uid: "g", email: "shared@example.com", emailVerified: true }));
    assert.ok(third.id !== second.user.id && third.id !== first.user.id);
    const audited = (await world.audited()).filter((line) => line !== "signed_in");
    assert.deepEqual(audited, [
      "account_created",
      "address_lost",
      "account_created",
      "identity_linked",
      "address_lost",
      "account_created",
    ]);
  });

  it("takes Google through Firebase for Google's identity, not for Firebase's", async () => {
    const through = (googleSubject: string) =>
      userOf(
        firebase({
          uid: "recycled",
          signInProvider: "google.com",
          googleSubject,
          email: "x@example.com",
          emailVerified: true,
        }),
      );
    const first = await through("1");
    assert.equal((await world.signIn({ email: "x@example.com", sub: "1" })).user.id, first.id);
    const second = await through("2");
    assert.notEqual(second.id, first.id);
    assert.equal((await world.signIn({ email: "x@example.com", sub: "2" })).user.id, second.id);
    assert.equal((await through("1")).id, first.id);
  });

  it("doesn't join an account whose address was unverified at first", async () => {
    const attackers = { uid: "a", email: "victim@example.com" };
    const first = await userOf(firebase({ ...attackers, emailVerified: false }));
    const verified = await userOf(firebase({ ...attackers, emailVerified: true }));
    assert.equal(verified.id, first.id);
    const victim = await world.signIn({ email: "victim@example.com" });
    assert.notEqual(victim.user.id, first.id);
    await userOf(firebase({ ...attackers, emailVerified: true }));
    const { rows } = await world.database.pool.query("SELECT id FROM users WHERE email_verified");
    assert.deepEqual(rows, [{ id: victim.user.id }]);
  });

  it("joins accounts however their address is written", async () => {
    const written = [
      ["Jürgen@Example.com", "ju\u0308rgen@example.com"],
      ["mina@도메인.한국", "MINA@xn--hq1bm8jm9l.xn--3e0b707e"],
      ["mina@müller.example", "mina@xn--mller-kva.example"],
      ["a..b@docomo.ne.jp", '"a..b"@docomo.ne.jp'],
      ["kim&lee@example.com", "Kim&Lee@example.com"],
    ] as const;
    for (const [email, other] of written) {
      const google = await world.signIn({ email });
      assert.equal(google.user.email, email);
      const joined = await userOf(firebase({ email: other, emailVerified: true }));
      assert.equal(joined.id, google.user.id, email);
    }
  });

  it("claims an address once verified, unless another account has it; none are merged", async () => {
    const verified = (uid: string, email: string, emailVerified: boolean) =>
      userOf(firebase({ uid, email, emailVerified }));
    const free = await verified("f", "free@example.com", false);
    await verified("f", "free@example.com", true);
    const late = await verified("t", "taken@example.com", false);
    const holder = await world.signIn({ email: "taken@example.com" });
    assert.equal((await verified("t", "taken@example.com", true)).id, late.id);
    const { rows } = await world.database.pool.query(
      "SELECT id FROM users WHERE email_verified ORDER BY email",
    );
    assert.deepEqual(
      rows.map((row) => row.id),
      [free.id, holder.user.id],
    );
  });

  it("refuses our own listener tokens, anonymous accounts and what Firebase refuses", async () => {
    for (const answer of [
      await firebase({ signInProvider: "custom" }),
      await firebase({ signInProvider: "anonymous" }),
      await post({ provider: "firebase", idToken: "unknown" }),
    ])
      assert.equal(`${answer.status} ${answer.code}`, "401 identity_rejected");
    assert.equal(await world.rows("users"), 0);
  });

  it("keeps a name's characters in bounds", async () => {
    const long = "é\u0000\u0007 ".repeat(300);
    const user = await userOf(firebase({ uid: "n", name: long }));
    assert.ok(user.name !== null && user.name.length <= 200 && !/\p{Cc}/u.test(user.name));
    assert.equal((await userOf(firebase({ uid: "m", name: "\u0000 \n" }))).name, null);
  });
});

describe("rubbish at sign-in", () => {
  it("gets a 4xx problem document and leaves nothing behind", async () => {
    const idToken = await world.googleToken({ email: "x@example.com" });
    const good = { provider: "google", idToken };
    const bodies: unknown[] = [
      "",
      "{",
      "[]",
      "null",
      '"google"',
      {},
      { provider: "github", idToken },
      { provider: "google" },
      { ...good, idToken: 7 },
      { ...good, idToken: "" },
      { ...good, idToken: "x".repeat(10_000) },
      { ...good, admin: true },
      { ...good, role: "care_giver" },
      { ...good, __proto__: null, constructor: {} },
      { ...good, device: "phone" },
      { ...good, device: { platform: "toaster" } },
      { ...good, device: { name: "a\u0000b" } },
      { ...good, device: { name: "x".repeat(101) } },
      { ...good, device: { name: "x", model: "y" } },
      { provider: "firebase", idToken, nonce: "n" },
      { provider: "code", code: "c" },
      { provider: "code", code: "c", codeVerifier: "short" },
      { provider: "code", code: "c", codeVerifier: "ü".repeat(43) },
      { provider: "code", code: "c", codeVerifier: "x".repeat(43) },
      `{"provider":"google","idToken":"${"x".repeat(300_000)}"}`,
    ];
    for (const body of bodies) {
      const answer = await post(body);
      const what = JSON.stringify(body).slice(0, 80);
      assert.ok(answer.status >= 400 && answer.status < 500, `${answer.status} for ${what}`);
      assert.equal(answer.headers.get("content-type"), "application/problem+json", what);
      assert.ok(answer.code, what);
    }
    const form = await world.call("POST", "/v1/auth/sessions", {
      body: "provider=google",
      headers: { "content-type": "application/x-www-form-urlencoded", "content-length": "15" },
    });
    assert.equal(form.status, 415);
    for (const table of ["users", "identities", "sessions", "refresh_tokens"])
      assert.equal(await world.rows(table), 0);
  });
});
