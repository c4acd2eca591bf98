import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { compareMembers } from "#functions/sweep/memberRepairs.ts";
import { UNLIMITED } from "#shared/platform/timeLimit.ts";
import { leaveSpace } from "#shared/spaces/leaveSpace.ts";
import { mirrorPending } from "#shared/spaces/mirror.ts";
import { type GroupsHarness, groupsHarness, type TestPerson } from "./harness.ts";

let harness: GroupsHarness;
before(async () => {
  harness = await groupsHarness();
});
after(() => harness.close());

async function family() {
  const [giver, second, recipient] = [
    await harness.person("care_giver"),
    await harness.person("care_giver"),
    await harness.person("care_recipient"),
  ];
  const spaceId = await harness.bound(giver, recipient);
  harness.advance(1);
  await harness.bound(second, recipient);
  return { giver, second, recipient, spaceId };
}
const remove = (caller: TestPerson, member: { id: string }) =>
  harness.call(caller, "DELETE", `/v1/group/members/${member.id}`);
const groupOf = async (person: TestPerson) => (await harness.call(person, "GET", "/v1/group")).json;
const giversOf = async (person: TestPerson) =>
  (await groupOf(person)).givers.map((giver: { id: string }) => giver.id);

test("a giver leaves: out of SQL and Firestore before the answer, the others untouched", async () => {
  const { giver, second, recipient, spaceId } = await family();
  assert.equal((await remove(giver, giver)).status, 204);
  const left = await harness.call(giver, "GET", "/v1/group");
  assert.deepEqual([left.status, left.json.code], [404, "not_in_group"]);
  assert.deepEqual(await harness.mirrorOf(giver), []);
  assert.deepEqual(await giversOf(recipient), [second.id]);
  assert.deepEqual(await harness.mirrorOf(second), [spaceId]);
  assert.equal((await remove(giver, giver)).status, 404);
});

test("a removed giver's mailed code is useless, and a new one works", async () => {
  const { giver, second, recipient } = await family();
  const { id, code = "" } = await harness.invited(giver, recipient.email);
  await harness.call(giver, "POST", "/v1/invitations", {
    body: { recipientEmail: "x@example.com" },
    key: "kept",
  });
  assert.equal((await remove(recipient, giver)).status, 204);
  assert.deepEqual(await giversOf(recipient), [second.id]);
  assert.deepEqual(await harness.mirrorOf(giver), []);
  assert.equal((await harness.confirm(giver, id, code)).json.code, "code_rejected");
  assert.equal(
    (await harness.rows("SELECT 1 FROM idempotency_keys WHERE caller = $1", [giver.id])).length,
    0,
  );
  harness.advance(1);
  await harness.bound(giver, recipient);
  assert.deepEqual(await giversOf(recipient), [second.id, giver.id]);
});

test("a giver can't remove others, no one the recipient, a stranger no one; all stay", async () => {
  const { giver, second, recipient } = await family();
  const other = await family();
  const refusals = [
    await remove(giver, second),
    await remove(giver, recipient),
    await remove(recipient, recipient),
    await remove(other.recipient, giver),
    await remove(other.giver, other.recipient),
    await remove(await harness.person("care_giver"), giver),
    await remove(recipient, { id: "0".repeat(26) }),
    await remove(recipient, { id: "no-id" }),
  ];
  assert.deepEqual(
    refusals.map((answer) => answer.status),
    [403, 403, 403, 404, 403, 404, 404, 404],
  );
  assert.deepEqual(await giversOf(recipient), [giver.id, second.id]);
  assert.deepEqual(await giversOf(other.recipient), [other.giver.id, other.second.id]);
});

test("when the last giver leaves, the group stays, and the next giver finds it", async () => {
  const { giver, second, recipient, spaceId } = await family();
  await remove(giver, giver);
  await remove(second, second);
  assert.deepEqual((await groupOf(recipient)).givers, []);
  assert.deepEqual(await harness.mirrorOf(recipient), [spaceId]);
  assert.equal(await harness.bound(await harness.person("care_giver"), recipient), spaceId);
});

test("leaving twice at once is one leaving", async () => {
  const { giver, second, recipient } = await family();
  const statuses = (await Promise.all([remove(giver, giver), remove(recipient, giver)])).map(
    ({ status }) => status,
  );
  assert.ok(statuses.every((status) => status === 204 || status === 404));
  assert.deepEqual(await giversOf(recipient), [second.id]);
});

/** The whole walk, page by page. @returns how many mirrors it mended */
async function compareAll(limit?: number): Promise<number> {
  let mended = 0;
  for (let place: string | null | undefined; place !== null; ) {
    const page = await compareMembers(
      { ...harness, db: harness.backend.as("sweep") },
      place,
      UNLIMITED,
      limit,
    );
    assert.deepEqual(page.errors, []);
    mended += page.did.mended ?? 0;
    place = page.next;
  }
  return mended;
}

test("a late removal from the group that was left leaves the new membership as it is", async () => {
  const { giver, recipient, spaceId } = await family();
  await remove(giver, giver);
  const next = await harness.bound(giver, await harness.person("care_recipient"));
  const late = (userId: string) =>
    leaveSpace({ ...harness.deps, firestore: harness.firestore }, { userId, spaceId }, async () => {});
  await assert.rejects(late(giver.id), { code: "not_found" });
  assert.equal((await groupOf(giver)).id, next);
  assert.deepEqual(await harness.mirrorOf(giver), [next]);

  await harness.firestore.doc(`members/${recipient.id}`).set({ spaceIds: [next] });
  await late(recipient.id);
  assert.deepEqual(await harness.mirrorOf(recipient), [], "the mirror says what SQL says");
  await compareAll();
});

test("what happened to the group is in the audit log, by ids only", async () => {
  const { giver, second, recipient, spaceId } = await family();
  await remove(giver, giver);
  await remove(recipient, second);
  const log = await harness.rows(
    "SELECT action, user_id, other_user_id FROM audit_log WHERE space_id = $1 ORDER BY id",
    [spaceId],
  );
  assert.deepEqual(log, [
    { action: "invitation_confirmed", user_id: giver.id, other_user_id: recipient.id },
    { action: "invitation_confirmed", user_id: second.id, other_user_id: recipient.id },
    { action: "member_left", user_id: giver.id, other_user_id: giver.id },
    { action: "member_removed", user_id: recipient.id, other_user_id: second.id },
  ]);
});

test("Firestore away: joining is done and mirrored later; removing does not happen", async () => {
  const { giver, recipient, spaceId } = await family();
  const late = await harness.person("care_giver");
  const away = await groupsHarnessWithoutFirestore();
  const { id, code = "" } = await harness.invited(late, recipient.email);
  assert.equal((await away.confirm(late, id, code)).status, 201);
  assert.deepEqual(await harness.mirrorOf(late), []);
  assert.equal((await away.remove(recipient, giver)).status, 500);
  assert.ok((await giversOf(recipient)).includes(giver.id));
  assert.equal((await mirrorPending(harness.backend.as("sweep"), harness.firestore)).mirrored, 1);
  assert.deepEqual(await harness.mirrorOf(late), [spaceId]);
});

test("the repair adds missing mirrors, corrects wrong and removes strangers', no more", async () => {
  const { giver, second, recipient, spaceId } = await family();
  const stranger = await harness.person("care_giver");
  await harness.firestore.doc(`members/${giver.id}`).delete();
  await harness.firestore.doc(`members/${second.id}`).set({ spaceIds: ["another"] });
  await harness.firestore.doc(`members/${stranger.id}`).set({ spaceIds: [spaceId] });
  assert.equal(await compareAll(2), 3);
  assert.deepEqual(await harness.mirrorOf(giver), [spaceId]);
  assert.deepEqual(await harness.mirrorOf(second), [spaceId]);
  assert.deepEqual(await harness.mirrorOf(recipient), [spaceId]);
  assert.deepEqual(await harness.mirrorOf(stranger), []);
  assert.equal(await compareAll(2), 0);
});

test("removing and repairing at once never leaves a removed giver a mirror", async () => {
  for (let round = 0; round < 5; round++) {
    const { giver, recipient } = await family();
    await Promise.all([compareAll(3), remove(recipient, giver), compareAll(3)]);
    assert.deepEqual(await harness.mirrorOf(giver), []);
  }
});

/** The same stores, but every call of Firestore fails. */
async function groupsHarnessWithoutFirestore() {
  const { groupsApp } = await import("#functions/groups/routes.ts");
  const app = groupsApp(() => ({
    ...harness.deps,
    firestore: () => Promise.reject(new Error("Firestore is away")),
  }));
  const call = (who: TestPerson, method: string, path: string, body?: unknown) =>
    app.request(
      path,
      {
        method,
        headers: {
          authorization: `Bearer ${who.id}`,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      },
      {},
    );
  return {
    confirm: (who: TestPerson, id: string, code: string) =>
      call(who, "POST", `/v1/invitations/${id}/confirm`, { code }),
    remove: (who: TestPerson, member: TestPerson) => call(who, "DELETE", `/v1/group/members/${member.id}`),
  };
}
