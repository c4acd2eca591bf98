/** Random histories of sign-ins on a real Postgres, several at once: what accountOf does with the rules of decideAccount. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { accountOf } from "#functions/auth/account.ts";
import { type TestDatabase, testDatabase } from "#local/testing/backends.ts";
import { histories, type SignIn, signIns, worlds } from "#local/testing/identityWorld.ts";
import { randomId } from "#shared/platform/ids.ts";
import type { Database } from "#shared/platform/sql/pool.ts";

let backend: TestDatabase;
let db: Database;
before(async () => {
  backend = await testDatabase();
  db = backend.as("auth");
});
after(async () => {
  await backend?.drop();
});

const reach = async ({ identity, now }: SignIn) =>
  (await db.transaction((sql) => accountOf(sql, identity, { newId: randomId, now, requestId: "test" }))).id;

for (const [world, rules] of Object.entries(worlds)) {
  test(`${world}: no one gets into another's account`, async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (steps) => {
        await backend.pool.query("TRUNCATE users CASCADE");
        const accounts = new Map<string, string>();
        const owners = new Map<string, string>();
        for (const signIn of signIns(steps, rules)) {
          const { subject, email, emailVerified } = signIn.identity;
          const first = !accounts.has(subject);
          const id = await reach(signIn);
          assert.equal(accounts.get(subject) ?? id, id, "the same identity reaches the same account");
          assert.equal(owners.get(id) ?? signIn.owner, signIn.owner, "and it is its own person's");
          accounts.set(subject, id);
          owners.set(id, signIn.owner);
          if (!first || !emailVerified) continue;
          const { rows } = await backend.pool.query(
            "SELECT id FROM users WHERE email_verified AND email = $1",
            [email?.canonical],
          );
          assert.deepEqual(rows, [{ id }], "a new verified address is held by the account it reached");
        }
      }),
      { numRuns: 60 },
    );
  });
}

test("sign-ins that claim each other's addresses at once leave one holder of each", async () => {
  await backend.pool.query("TRUNCATE users CASCADE");
  const steps = fc.sample(histories, { numRuns: 40, seed: 7 });
  const rules = worlds["one provider, mailboxes that change hands at once"];
  assert.ok(rules);
  const all = steps.flatMap((history) => [...signIns(history, rules)]);
  await Promise.all(all.map(reach));
  const { rows } = await backend.pool.query(
    "SELECT count(*)::int AS holders, count(DISTINCT email)::int AS addresses FROM users WHERE email_verified",
  );
  assert.deepEqual(rows, [{ holders: 2, addresses: 2 }]);
});
