import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { purgeAccounts } from "#functions/sweep/purgeAccounts.ts";
import { type AuthWorld, DAY, openAuthWorld, SECOND, tokensSchema } from "./harness.ts";

let world: AuthWorld;
before(async () => {
  world = await openAuthWorld();
});
after(() => world[Symbol.asyncDispose]());

const purge = () => purgeAccounts(world.database.as("sweep"), world.now());

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

  it("removes codes after their minute and the audit log's lines after 400 days", async () => {
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

    await world.signIn({ email: "late@example.com" });
    const lines = await world.rows("audit_log");
    world.advance(300 * DAY);
    await purge();
    assert.ok((await world.rows("audit_log")) > 0 && (await world.rows("audit_log")) <= lines);
    world.advance(101 * DAY);
    await purge();
    assert.equal(await world.rows("audit_log"), 0);
  });
});
