import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { after, before, beforeEach, describe, it } from "node:test";
import { refresh } from "#functions/auth/refresh.ts";
import {
  type Answer,
  type AuthWorld,
  DAY,
  HOUR,
  openAuthWorld,
  SECOND,
  type Tokens,
  tokensSchema,
} from "./harness.ts";

let world: AuthWorld;
let phone: Tokens;
before(async () => {
  world = await openAuthWorld();
});
after(() => world[Symbol.asyncDispose]());
beforeEach(async () => {
  await world.database.pool.query("TRUNCATE users, audit_log CASCADE");
  world.firebase.revoked.length = 0;
  phone = await world.signIn({ email: "phone@example.com" });
});

const read = (answer: Answer): Tokens => tokensSchema.parse(answer.body);
const outcome = (answer: Answer): string =>
  answer.status === 200 ? "200" : `${answer.status} ${answer.code}`;
/** Refreshes with a key of its own and gives the new token. */
const next = async (token: string) => read(await world.refresh(token)).refreshToken;

describe("a refresh", () => {
  it("gives tokens of the same session, with the role as it is now", async () => {
    await world.database.pool.query("UPDATE users SET role = 'care_giver'");
    const fresh = read(await world.refresh(phone.refreshToken));
    assert.deepEqual(fresh.session, phone.session);
    assert.deepEqual(fresh.user, { ...phone.user, role: "care_giver", enrolled: true });
    assert.notEqual(fresh.refreshToken, phone.refreshToken);
    const claim = await world.call("GET", "/v1/auth/verify", { token: fresh.accessToken });
    assert.equal(
      claim.headers.get("x-user-claim"),
      JSON.stringify({ sub: phone.user.id, sid: phone.session.id, role: "care_giver" }),
    );
  });

  it("stores neither tokens nor attempt keys in the clear", async () => {
    const key = randomUUID();
    const fresh = read(await world.refresh(phone.refreshToken, key));
    const { rows } = await world.database.pool.query(
      `SELECT (SELECT json_agg(s) FROM sessions s)::text || (SELECT json_agg(t) FROM refresh_tokens t)::text AS everything`,
    );
    const everything: string = rows[0].everything;
    for (const secret of [phone.refreshToken, fresh.refreshToken, key]) {
      assert.ok(!everything.includes(secret));
      assert.ok(!everything.includes(Buffer.from(secret).toString("hex")));
      const bytes = Buffer.from(secret.replace("rvr_", ""), "base64url");
      assert.ok(!everything.includes(bytes.toString("hex")));
    }
  });

  it("needs an attempt key: 400 without one, and the token is not spent", async () => {
    const body = { refreshToken: phone.refreshToken };
    const without = await world.call("POST", "/v1/auth/tokens", { body });
    assert.equal(outcome(without), "400 idempotency_key_required");
    for (const key of ["", " ", "ü", "x".repeat(256)]) {
      const answer = await world.call("POST", "/v1/auth/tokens", { body, key });
      assert.equal(answer.status, 400, JSON.stringify(key));
    }
    assert.equal(outcome(await world.refresh(phone.refreshToken)), "200");
  });

  it("makes one successor of a hundred requests at once with one key", async () => {
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => world.refresh(phone.refreshToken, "one-attempt")),
    );
    const successors = new Set(answers.map((answer) => read(answer).refreshToken));
    assert.equal(successors.size, 1);
    assert.equal(await world.rows("refresh_tokens"), 2);
  });

  it("lets one of a hundred requests with different keys through and ends the family", async () => {
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) => world.refresh(phone.refreshToken, `attempt-${i}`)),
    );
    const winners = answers.filter((answer) => answer.status === 200);
    assert.equal(winners.length, 1);
    for (const answer of answers)
      if (answer.status !== 200) assert.equal(outcome(answer), "401 token_reused");
    for (const winner of winners)
      assert.equal(outcome(await world.refresh(read(winner).refreshToken)), "401 token_reused");
    assert.deepEqual((await world.audited()).slice(2), ["refresh refused token_reused"]);
  });

  for (const [name, wait] of [
    ["1 second", SECOND],
    ["1 hour", HOUR],
    ["1 day", DAY],
    ["59 days", 59 * DAY],
  ] as const) {
    it(`gives the same successor again after ${name}`, async () => {
      const lost = read(await world.refresh(phone.refreshToken, "attempt"));
      world.advance(wait);
      const again = read(await world.refresh(phone.refreshToken, "attempt"));
      assert.equal(again.refreshToken, lost.refreshToken);
      assert.notEqual(again.accessToken, lost.accessToken);
      const claim = await world.call("GET", "/v1/auth/verify", { token: again.accessToken });
      assert.equal(claim.status, 204);
      assert.equal(outcome(await world.refresh(again.refreshToken)), "200");
    });
  }

  it("gives the same successor also at the far end of the idle time", async () => {
    world.advance(59 * DAY);
    const lost = read(await world.refresh(phone.refreshToken, "attempt"));
    world.advance(30 * DAY);
    assert.equal(read(await world.refresh(phone.refreshToken, "attempt")).refreshToken, lost.refreshToken);
  });

  it("answers the phone's own late duplicate with token_spent and ends nothing", async () => {
    const second = read(await world.refresh(phone.refreshToken, "first")).refreshToken;
    const third = await next(second);
    assert.equal(outcome(await world.refresh(phone.refreshToken, "first")), "401 token_spent");
    world.advance(DAY);
    assert.equal(outcome(await world.refresh(phone.refreshToken, "first")), "401 token_spent");
    assert.equal(outcome(await world.refresh(third)), "200");
    assert.deepEqual((await world.audited()).slice(2), []);
  });

  it("ends with the idle time of 60 days, and not a second before", async () => {
    world.advance(60 * DAY - SECOND);
    const fresh = await next(phone.refreshToken);
    world.advance(60 * DAY);
    assert.equal(outcome(await world.refresh(fresh)), "401 token_invalid");
  });

  it("ends a year after the sign-in, however often it was refreshed", async () => {
    let token = phone.refreshToken;
    for (let month = 0; month < 12; month++) {
      world.advance(30 * DAY);
      token = await next(token);
    }
    world.advance(5 * DAY - SECOND);
    token = await next(token);
    world.advance(SECOND);
    assert.equal(outcome(await world.refresh(token)), "401 token_invalid");
  });

  it("refuses foreign tokens, and malformed ones without asking the database", async () => {
    const never = [
      "x",
      "rvr_",
      `rvr_${"A".repeat(43)}`,
      `rvr_${"A".repeat(44)}`,
      phone.accessToken.slice(0, 500),
      "' OR 1=1 --",
    ];
    for (const token of never) assert.equal(outcome(await world.refresh(token)), "401 token_invalid", token);
    for (const body of [
      {},
      { refreshToken: 1 },
      { refreshToken: "" },
      { refreshToken: "x".repeat(513) },
      { refreshToken: phone.refreshToken, extra: 1 },
      [],
    ])
      assert.equal((await world.call("POST", "/v1/auth/tokens", { body, key: "k" })).status, 400);
    assert.equal(outcome(await world.refresh(phone.refreshToken)), "200");
  });

  it("gives the same successor after a change of the deriving key, if the old is kept", async () => {
    const [older, newer] = [randomBytes(32), randomBytes(32)];
    const spend = (refreshToken: string, attemptKey: string, refreshKeys: readonly Buffer[]) =>
      refresh(
        { refreshToken, attemptKey, requestId: "r" },
        { db: world.db, clock: world.now, refreshKeys, endListeners: async () => {} },
      );
    const lost = await spend(phone.refreshToken, "attempt", [older]);
    const again = await spend(phone.refreshToken, "attempt", [newer, older]);
    assert.equal(again.refreshToken, lost.refreshToken);
    await assert.rejects(spend(phone.refreshToken, "attempt", [newer]), { code: "token_spent" });
    const next = await spend(lost.refreshToken, "another", [newer, older]);
    assert.equal((await spend(lost.refreshToken, "another", [newer])).refreshToken, next.refreshToken);
  });

  it("refuses every token of an erased account", async () => {
    await world.database.pool.query("DELETE FROM spaces; DELETE FROM users");
    assert.equal(outcome(await world.refresh(phone.refreshToken)), "401 token_invalid");
    assert.equal(await world.rows("refresh_tokens"), 0);
  });
});

describe("a thief", () => {
  const everyTokenFails = async (...tokens: string[]) => {
    for (const token of tokens) assert.equal((await world.refresh(token)).status, 401);
    const { rows } = await world.database.pool.query("SELECT end_reason FROM sessions WHERE id = $1", [
      phone.session.id,
    ]);
    assert.deepEqual(rows, [{ end_reason: "token_reused" }]);
  };

  it("who comes before the phone is found out by the phone's refresh", async () => {
    const stolen = await next(phone.refreshToken);
    assert.equal(outcome(await world.refresh(phone.refreshToken)), "401 token_reused");
    await everyTokenFails(phone.refreshToken, stolen);
  });

  it("who comes after the phone is found out at once", async () => {
    const fresh = await next(phone.refreshToken);
    assert.equal(outcome(await world.refresh(phone.refreshToken, "the-thief's")), "401 token_reused");
    await everyTokenFails(fresh);
  });

  it("who comes between a lost answer and its repetition is found out at once", async () => {
    const lost = read(await world.refresh(phone.refreshToken, "attempt")).refreshToken;
    assert.equal(outcome(await world.refresh(phone.refreshToken, "the-thief's")), "401 token_reused");
    assert.equal(outcome(await world.refresh(phone.refreshToken, "attempt")), "401 token_reused");
    await everyTokenFails(lost);
  });

  it("who refreshes before the phone each time is found out at its next refresh", async () => {
    let stolen = phone.refreshToken;
    for (let i = 0; i < 5; i++) {
      world.advance(9 * 60 * SECOND);
      stolen = await next(stolen);
    }
    assert.equal(outcome(await world.refresh(phone.refreshToken)), "401 token_reused");
    await everyTokenFails(stolen);
  });

  it("who comes with a token of weeks ago still ends the family", async () => {
    let token = phone.refreshToken;
    for (let i = 0; i < 4; i++) {
      world.advance(10 * DAY);
      token = await next(token);
    }
    assert.equal(outcome(await world.refresh(phone.refreshToken)), "401 token_reused");
    await everyTokenFails(token);
  });

  it("costs the person this session only, and its Firestore listeners", async () => {
    const other = await world.signIn({ email: "phone@example.com" });
    const bystander = await world.signIn({ email: "bystander@example.com" });
    await next(phone.refreshToken);
    await world.refresh(phone.refreshToken);
    assert.equal(outcome(await world.refresh(other.refreshToken)), "200");
    assert.equal(outcome(await world.refresh(bystander.refreshToken)), "200");
    assert.deepEqual(world.firebase.revoked, [phone.user.id]);
    const listener = (token: string) => world.call("POST", "/v1/auth/firebase-token", { token });
    assert.equal(outcome(await listener(phone.accessToken)), "401 token_invalid");
    assert.equal(outcome(await listener(other.accessToken)), "200");
  });
});
