/** What members see of each other in the change log: who comes and goes, what they are called, badges. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type GroupsHarness, groupsHarness, type TestPerson } from "../spaces/harness.ts";

let harness: GroupsHarness;
before(async () => {
  harness = await groupsHarness();
});
after(() => harness.close());

async function logOf(spaceId: string, after = 0): Promise<string[]> {
  const rows = await harness.rows<{ change: string }>(
    "SELECT concat_ws(' ', seq, op, type, id) AS change FROM changes WHERE space_id = $1 AND seq > $2 ORDER BY seq",
    [spaceId, after],
  );
  return rows.map(({ change }) => change);
}
const call = async (person: TestPerson, method: string, path: string, body?: unknown) => {
  const { status, json } = await harness.call(person, method, path, body === undefined ? {} : { body });
  return { status, json };
};

test("joining, another name, leaving and erasure are in the log of each space", async () => {
  const [giver, other] = [await harness.person("care_giver"), await harness.person("care_giver")];
  const recipient = await harness.person("care_recipient");
  const spaceId = await harness.bound(giver, recipient);
  assert.deepEqual(await logOf(spaceId), [`1 put member ${recipient.id}`, `2 put member ${giver.id}`]);
  await harness.bound(other, recipient);
  assert.deepEqual(await logOf(spaceId, 2), [`3 put member ${recipient.id}`, `4 put member ${other.id}`]);

  assert.equal((await call(giver, "PATCH", "/v1/me", { name: "Mina" })).status, 200);
  assert.equal((await call(giver, "PATCH", "/v1/me", { name: "Mina", language: "ko" })).status, 200);
  assert.deepEqual(await logOf(spaceId, 4), [`5 put member ${giver.id}`]);
  assert.deepEqual(await logOf(giver.personalSpaceId), [`1 put member ${giver.id}`]);

  const { json: badge } = await call(recipient, "POST", "/v1/badges");
  assert.deepEqual(await logOf(spaceId, 5), [`6 put badge ${badge.id}`]);
  assert.equal((await call(recipient, "POST", "/v1/badges")).status, 409);

  assert.equal((await call(recipient, "DELETE", `/v1/group/members/${other.id}`)).status, 204);
  assert.equal((await call(recipient, "DELETE", `/v1/group/members/${other.id}`)).status, 404);
  assert.deepEqual(await logOf(spaceId, 6), [`7 delete member ${other.id}`]);

  assert.ok([200, 202].includes((await call(giver, "DELETE", "/v1/me")).status));
  assert.deepEqual(await logOf(spaceId, 7), [`8 delete member ${giver.id}`]);
  assert.deepEqual(await logOf(giver.personalSpaceId), []);
  await call(recipient, "DELETE", "/v1/me");
  assert.deepEqual(await logOf(spaceId), []);
});

test("two people are erased at once while their group changes: no deadlock", async () => {
  const recipient = await harness.person("care_recipient");
  const givers = await Promise.all([1, 2, 3].map(() => harness.person("care_giver")));
  let spaceId = "";
  for (const giver of givers) spaceId = await harness.bound(giver, recipient);
  const [first, second, third] = givers;
  assert.ok(first && second && third);
  const answers = await Promise.all([
    call(first, "DELETE", "/v1/me"),
    call(second, "DELETE", "/v1/me"),
    ...["A", "B", "C"].map((name) => call(third, "PATCH", "/v1/me", { name })),
  ]);
  assert.ok(answers.every(({ status }) => status < 300));
  const gone = (await logOf(spaceId)).filter((change) => change.includes("delete member"));
  assert.equal(gone.length, 2);
  const [last] = await harness.rows<{ seq: number }>("SELECT seq::int FROM spaces WHERE id = $1", [spaceId]);
  assert.equal(Number((await logOf(spaceId)).at(-1)?.split(" ")[0]), last?.seq);
});
