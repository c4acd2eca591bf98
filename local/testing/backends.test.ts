import assert from "node:assert/strict";
import { after, test } from "node:test";
import { testDatabase, testFirestore } from "./backends.ts";

test("two test databases are migrated copies that don't see each other's rows", async () => {
  const [one, two] = await Promise.all([testDatabase(), testDatabase()]);
  after(() => Promise.all([one.drop(), two.drop()]));
  await one.pool.query("CREATE TABLE mark (id int)");
  const tables = "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'";
  const names = async (pool: typeof one.pool) =>
    (await pool.query<{ name: string }>(tables)).rows.map(({ name }) => name);
  assert.ok((await names(one.pool)).includes("mark"));
  assert.ok(!(await names(two.pool)).includes("mark"));
  assert.ok((await names(two.pool)).includes("migrations"));
});

test("two test Firestores don't share documents, and clearing one leaves the other", async () => {
  const [one, two] = await Promise.all([testFirestore(), testFirestore()]);
  after(() => Promise.all([one.drop(), two.drop()]));
  await one.firestore.doc("things/a").set({ of: "one" });
  await two.firestore.doc("things/a").set({ of: "two" });
  await one.clear();
  assert.equal((await one.firestore.doc("things/a").get()).exists, false);
  assert.deepEqual((await two.firestore.doc("things/a").get()).data(), { of: "two" });
});
