import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { after, before, beforeEach, describe, it } from "node:test";
import { flowSealer } from "#functions/auth/flowCookie.ts";
import {
  type Answer,
  APP_LINK,
  type AuthWorld,
  ORIGIN,
  openAuthWorld,
  SECOND,
  tokensSchema,
  WEB_CLIENT,
} from "./harness.ts";

let world: AuthWorld;
before(async () => {
  world = await openAuthWorld();
});
after(() => world[Symbol.asyncDispose]());
beforeEach(() => world.database.pool.query("TRUNCATE users, audit_log, sign_in_codes CASCADE"));

const verifier = randomBytes(32).toString("base64url");
const challenge = createHash("sha256").update(verifier).digest("base64url");
const outcome = (answer: Answer): string => `${answer.status}${answer.code ? ` ${answer.code}` : ""}`;

interface Begun {
  /** Google's page. */
  readonly page: URL;
  /** `name=value`, as a browser sends it back. */
  readonly cookie: string;
  readonly attributes: string;
}

const beginUrl = (parameters: Readonly<Record<string, string>> = {}) =>
  `/v1/auth/google?${new URLSearchParams({ redirect_uri: APP_LINK, code_challenge: challenge, ...parameters })}`;

async function begin(parameters: Readonly<Record<string, string>> = {}): Promise<Begun> {
  const answer = await world.call("GET", beginUrl(parameters));
  assert.equal(answer.status, 302);
  // Firebase Hosting strips the cookie otherwise.
  assert.equal(answer.headers.get("cache-control"), "private, no-store");
  const [cookie = "", ...attributes] = (answer.headers.get("set-cookie") ?? "").split("; ");
  return {
    page: new URL(answer.headers.get("location") ?? ""),
    cookie,
    attributes: attributes.sort().join("; "),
  };
}

/** Signs in at Google's page, and gives the address that Google sends the browser to. */
async function atGoogle(page: URL, form: Readonly<Record<string, string>>): Promise<URL> {
  const response = await fetch(page, { method: "POST", body: new URLSearchParams(form), redirect: "manual" });
  assert.equal(response.status, 302, await response.text());
  return new URL(response.headers.get("location") ?? "");
}

const callback = (back: URL, cookie?: string) =>
  world.call("GET", `${back.pathname}${back.search}`, { headers: cookie === undefined ? {} : { cookie } });
const appLink = (answer: Answer) => new URL(answer.headers.get("location") ?? "");
const redeem = (code: string, codeVerifier = verifier) =>
  world.call("POST", "/v1/auth/sessions", { body: { provider: "code", code, codeVerifier } });

/** The whole way to the app link. */
async function codeFor(email: string): Promise<string> {
  const { page, cookie } = await begin();
  const answer = await callback(await atGoogle(page, { email, verified: "on" }), cookie);
  return appLink(answer).searchParams.get("code") ?? "";
}

describe("sign-in in a browser", () => {
  it("counts for the person that Google names, from ever other addresses too", async () => {
    await using strict = await openAuthWorld({ settings: { RATE_SIGN_IN_PER_ACCOUNT: "2" } });
    const signIn = async (email: string) => {
      const began = await strict.call("GET", beginUrl());
      const back = await atGoogle(appLink(began), { email, verified: "on" });
      const cookie = (began.headers.get("set-cookie") ?? "").split("; ")[0] ?? "";
      return outcome(await strict.call("GET", `${back.pathname}${back.search}`, { headers: { cookie } }));
    };
    for (let i = 0; i < 2; i++) assert.equal(await signIn("one@example.com"), "302");
    assert.equal(await signIn("one@example.com"), "429 rate_limited");
    assert.equal(await strict.rows("sign_in_codes"), 2);
    assert.equal(await signIn("other@example.com"), "302");
  });

  it("ends in the app with a code, which the app that began turns into tokens", async () => {
    const { page, cookie, attributes } = await begin({
      state: "app-state-&=",
      code_challenge_method: "S256",
    });
    assert.equal(attributes, "HttpOnly; Max-Age=600; Path=/v1/auth/google; SameSite=Lax");
    assert.match(cookie, /^__session=/);
    for (const [name, value] of Object.entries({
      client_id: WEB_CLIENT,
      redirect_uri: `${ORIGIN}/v1/auth/google/callback`,
      response_type: "code",
      code_challenge_method: "S256",
    }))
      assert.equal(page.searchParams.get(name), value, name);
    assert.notEqual(page.searchParams.get("code_challenge"), challenge, "each leg has its own");

    const answer = await callback(
      await atGoogle(page, { email: "web@example.com", name: "Web", verified: "on" }),
      cookie,
    );
    assert.equal(answer.status, 302);
    assert.equal(answer.headers.get("referrer-policy"), "no-referrer");
    assert.match(answer.headers.get("set-cookie") ?? "", /^__session=; Max-Age=0;/);
    const link = appLink(answer);
    assert.ok(link.href.startsWith(`${APP_LINK}?`));
    assert.equal(link.searchParams.get("state"), "app-state-&=");
    assert.equal(await world.rows("users"), 0, "no account before the code is redeemed");

    const redeemed = await redeem(link.searchParams.get("code") ?? "");
    assert.equal(redeemed.status, 201);
    const { user } = tokensSchema.parse(redeemed.body);
    assert.deepEqual(
      { ...user, id: "?" },
      { id: "?", email: "web@example.com", name: "Web", role: null, enrolled: false },
    );
    assert.equal((await world.signIn({ email: "web@example.com" })).user.id, user.id);
  });

  it("keeps what an app link already carries", async () => {
    const { page, cookie } = await begin({ redirect_uri: "https://app.example/back?keep=1" });
    const link = appLink(
      await callback(await atGoogle(page, { email: "a@example.com", verified: "on" }), cookie),
    );
    assert.equal(link.origin + link.pathname, "https://app.example/back");
    assert.equal(link.searchParams.get("keep"), "1");
    assert.ok(link.searchParams.get("code"));
  });

  it("never redirects to an address that isn't on the list", async () => {
    for (const redirect_uri of [
      "https://evil.example",
      `${APP_LINK}/`,
      `${APP_LINK}?x=1`,
      `${APP_LINK}#x`,
      APP_LINK.toUpperCase(),
      "https://app.example/back",
      "https://app.example.evil.example/back?keep=1",
      "javascript:alert(1)",
      "//evil.example",
      "",
    ]) {
      const answer = await world.call("GET", beginUrl({ redirect_uri }));
      assert.equal(outcome(answer), "400 invalid_request", redirect_uri);
      assert.equal(answer.headers.get("location"), null);
    }
  });

  it("wants a challenge, and S256 only", async () => {
    for (const parameters of [
      { code_challenge: "" },
      { code_challenge: "short" },
      { code_challenge: `${challenge}=` },
      { code_challenge_method: "plain" },
      { state: "a b" },
      { state: "x".repeat(513) },
    ])
      assert.equal(outcome(await world.call("GET", beginUrl(parameters))), "400 invalid_request");
  });

  it("gives the app in its link what went wrong", async () => {
    const refusals: Record<string, Record<string, string>> = {
      access_denied: { decision: "deny", email: "x@example.com" },
      email_unverified: { email: "x@example.com" },
    };
    for (const [error, form] of Object.entries(refusals)) {
      const { page, cookie } = await begin({ state: "s" });
      const link = appLink(await callback(await atGoogle(page, form), cookie));
      assert.deepEqual(Object.fromEntries(link.searchParams), { error, state: "s" });
    }
    const { page, cookie } = await begin();
    const back = await atGoogle(page, { email: "x@example.com", verified: "on" });
    back.searchParams.set("code", "not Google's");
    assert.equal(appLink(await callback(back, cookie)).searchParams.get("error"), "identity_rejected");
    assert.deepEqual(await world.audited(), [
      "signed_in refused email_unverified",
      "signed_in refused identity_rejected",
    ]);
    assert.equal(await world.rows("users"), 0);
    assert.equal(await world.rows("sign_in_codes"), 0);
  });

  it("doesn't take another issuer's answer for Google's", async () => {
    const { page, cookie } = await begin();
    const back = await atGoogle(page, { email: "x@example.com", verified: "on" });
    back.searchParams.set("iss", "https://evil.example");
    assert.equal(appLink(await callback(back, cookie)).searchParams.get("error"), "access_denied");
  });

  it("is finished only by the browser that began, in ten minutes", async () => {
    const victim = await begin();
    const attacker = await begin();
    const planted = await atGoogle(attacker.page, { email: "attacker@example.com", verified: "on" });
    assert.equal(outcome(await callback(planted)), "400 invalid_request");
    assert.equal(outcome(await callback(planted, victim.cookie)), "400 invalid_request");
    assert.equal(outcome(await callback(planted, "__session=rubbish")), "400 invalid_request");
    assert.equal(outcome(await callback(planted, "__session=a.b.c.d.e")), "400 invalid_request");
    const stateless = new URL(planted);
    stateless.searchParams.delete("state");
    assert.equal(outcome(await callback(stateless, attacker.cookie)), "400 invalid_request");
    world.advance(600 * SECOND);
    assert.equal(outcome(await callback(planted, attacker.cookie)), "400 invalid_request");
    assert.equal(await world.rows("sign_in_codes"), 0);
  });

  it("can't be replayed with the same answer of Google's", async () => {
    const { page, cookie } = await begin();
    const back = await atGoogle(page, { email: "x@example.com", verified: "on" });
    assert.ok(appLink(await callback(back, cookie)).searchParams.get("code"));
    assert.equal(appLink(await callback(back, cookie)).searchParams.get("error"), "identity_rejected");
  });
});

describe("the one-time code", () => {
  it("works once, of fifty at once", async () => {
    const code = await codeFor("once@example.com");
    const answers = await Promise.all(Array.from({ length: 50 }, () => redeem(code)));
    assert.equal(answers.filter((answer) => answer.status === 201).length, 1);
    for (const answer of answers)
      if (answer.status !== 201) assert.equal(outcome(answer), "401 sign_in_code_rejected");
    assert.equal(await world.rows("sessions"), 1);
    assert.equal(await world.rows("sign_in_codes"), 0);
  });

  it("is useless without the verifier of the app, and a wrong try doesn't use it up", async () => {
    const code = await codeFor("bound@example.com");
    const thief = await redeem(code, randomBytes(32).toString("base64url"));
    assert.equal(outcome(thief), "401 sign_in_code_rejected");
    assert.equal(outcome(await redeem(code, challenge)), "401 sign_in_code_rejected");
    assert.equal(await world.rows("users"), 0);
    assert.equal((await redeem(code)).status, 201);
  });

  it("lives a minute", async () => {
    const code = await codeFor("late@example.com");
    world.advance(60 * SECOND);
    assert.equal(outcome(await redeem(code)), "401 sign_in_code_rejected");
    assert.equal(outcome(await redeem("never-a-code")), "401 sign_in_code_rejected");
    assert.equal(await world.rows("users"), 0);
  });
});

describe("the flow's cookie", () => {
  const flow = {
    state: "s",
    nonce: "n",
    verifier: "v",
    redirectUri: APP_LINK,
    challenge: "c",
  };
  const now = new Date("2030-01-01T00:00:00Z");

  it("is read with the key or an older one, and with no other", async () => {
    const [older, newer] = [randomBytes(32), randomBytes(32)];
    const sealed = await flowSealer([older]).seal(flow, now);
    assert.deepEqual(await flowSealer([newer, older]).open(sealed, now), flow);
    assert.equal(await flowSealer([newer]).open(sealed, now), undefined);
    assert.ok(!Buffer.from(sealed.split(".")[3] ?? "", "base64url").includes(APP_LINK));
  });
});
