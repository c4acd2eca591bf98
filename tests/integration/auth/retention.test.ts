import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { purgeAccounts } from "#functions/sweep/purgeAccounts.ts";
import { randomId } from "#shared/platform/ids.ts";
import { audit } from "#shared/platform/sql/auditLog.ts";
import { type AuthWorld, DAY, openAuthWorld, SECOND, tokensSchema } from "./harness.ts";

let world: AuthWorld;
before(async () => {
  world = await openAuthWorld();
});
after(() => world[Symbol.asyncDispose]());

const purge = (auditRetentionDays = 400) =>
  purgeAccounts(world.database.as("sweep"), world.now(), auditRetentionDays);

describe("the retention of sign-in", () => {
  it("keeps what may still be asked for, and removes the rest after its time", async () => {
    const left = await world.signIn({ email: "left@example.com" });
    const kept = await world.signIn({ email: "kept@example.com" });
    await world.call("DELETE", "/v1/auth/sessions/current", { token: left.accessToken });
    world.advance(59 * DAY);
    const lost = await world.refresh(kept.refreshToken, "attempt");
    assert.equal(await purge(), 0);

    world.advance(2 * DAY);
    assert.equal(await purge(), 2, "the session that was signed out, with its token");
    assert.equal(await world.rows("sessions"), 1);
    const again = await world.refresh(kept.refreshToken, "attempt");
    assert.deepEqual(
      tokensSchema.parse(again.body).refreshToken,
      tokensSchema.parse(lost.body).refreshToken,
      "a lost answer can still be asked for",
    );

    world.advance(59 * DAY);
    assert.ok((await purge()) > 0);
    assert.equal(await world.rows("refresh_tokens"), 0);
    assert.equal(await world.rows("sessions"), 0);
    assert.equal(await world.rows("users"), 2);
  });

  it("removes codes after their minute", async () => {
    await world.database.pool.query(
      `INSERT INTO sign_in_codes (code_hash, challenge, subject, email, expires_at)
       VALUES (sha256('x'), repeat('c', 43), 's', 'a@example.com', $1)`,
      [new Date(world.now().getTime() + 60 * SECOND)],
    );
    await purge();
    assert.equal(await world.rows("sign_in_codes"), 1);
    world.advance(60 * SECOND);
    await purge();
    assert.equal(await world.rows("sign_in_codes"), 0);
  });

  it("removes the audit log's lines older than the setting's days, and keeps the rest", async () => {
    await world.database.pool.query("TRUNCATE audit_log");
    const line = (session: string) =>
      audit(world.database.pool, { action: "signed_in", sessionId: session }, world.now());
    const left = async () => {
      const { rows } = await world.database.pool.query("SELECT session_id FROM audit_log ORDER BY at");
      return rows.map((row) => row.session_id);
    };
    const [first, second] = [randomId(), randomId()];
    await line(first);
    world.advance(10 * DAY);
    await line(second);
    world.advance(20 * DAY);
    await purge(30);
    assert.deepEqual(await left(), [first, second], "thirty days old is not older");
    world.advance(SECOND);
    await purge(31);
    assert.deepEqual(await left(), [first, second]);
    await purge(30);
    assert.deepEqual(await left(), [second]);
    await purge(20);
    assert.deepEqual(await left(), []);
  });
});
