/** Invited before they have an account, or before they have chosen a role. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { codeIn, type GroupsHarness, groupsHarness, type TestPerson, wrongCode } from "./harness.ts";

let harness: GroupsHarness;
before(async () => {
  harness = await groupsHarness();
});
after(() => harness.close());

let count = 0;
const freshAddress = () => `newcomer-${++count}@example.com`;

/** Invites an address, and gives what is needed to confirm. */
async function invitedBy(giver: TestPerson, address: string) {
  const { id, code = "" } = await harness.invited(giver, address);
  assert.notEqual(code, "", "the address was mailed");
  return { id, code };
}
const refused = (answer: { status: number; json: { code: string } }) =>
  assert.deepEqual([answer.status, answer.json.code], [422, "code_rejected"]);
const groupOf = async (person: TestPerson) => (await harness.call(person, "GET", "/v1/group")).status;

test("the code works once they have signed up, and is like a wrong one until then", async () => {
  const giver = await harness.person("care_giver");
  const address = freshAddress();
  const { id, code } = await invitedBy(giver, address);
  const early = await harness.confirm(giver, id, code);
  const wrong = await harness.confirm(giver, id, wrongCode(code));
  refused(early);
  assert.deepEqual({ ...early.json, requestId: 0 }, { ...wrong.json, requestId: 0 });

  const newcomer = await harness.person(null, { email: address });
  const answer = await harness.confirm(giver, id, code);
  assert.equal(answer.status, 201, answer.text);
  assert.equal(answer.json.recipient.id, newcomer.id);
  const me = (await harness.call(newcomer, "GET", "/v1/me")).json;
  assert.deepEqual([me.role, me.enrolled], ["care_recipient", true]);
  const log = await harness.rows("SELECT action FROM audit_log WHERE user_id = $1", [newcomer.id]);
  assert.deepEqual(log, [{ action: "role_set" }]);
  assert.deepEqual(await harness.rows("SELECT recipient_email FROM invitations WHERE id = $1", [id]), [
    { recipient_email: null },
  ]);
});

test("the mail says how to begin, in the giver's language first and then in the other", async () => {
  const giver = await harness.person("care_giver", { language: "ko", name: "Jiwoo" });
  const address = freshAddress();
  const { code } = await invitedBy(giver, address);
  const mail = harness.mails.at(-1);
  assert.equal(
    mail?.subject,
    "Reverie에서 돌봄 요청이 도착했습니다 / Someone would like to care for you on Reverie",
  );
  const [korean = "", english = ""] = mail?.text.split("— — —") ?? [];
  assert.match(korean, new RegExp(`이름: Jiwoo\n이메일: ${giver.email}`));
  assert.match(korean, new RegExp(`2. 이 이메일 주소로 로그인합니다: ${address}`));
  assert.match(korean, /오후 6:30 GMT\+9/);
  assert.match(english, new RegExp(`Name: Jiwoo\nAddress: ${giver.email}`));
  assert.match(
    english,
    new RegExp(`2. Sign in with this address: ${address}\n3. Then read this code to them:\n\n${code}\n`),
  );
  assert.match(mail?.html ?? "", /<html lang="ko">[\s\S]*<div lang="ko"[\s\S]*<div lang="en"/);
});

test("a name that holds a link is left out of a newcomer's mail, and of no other", async () => {
  const recipient = await harness.person("care_recipient");
  for (const name of [
    "Win at https://evil.example",
    "evil.example/win",
    "www evil",
    "mail me@evil.example",
  ]) {
    const giver = await harness.person("care_giver", { name });
    await invitedBy(giver, freshAddress());
    assert.doesNotMatch(harness.mails.at(-1)?.text ?? "", /evil|^Name:/m);
    await invitedBy(giver, recipient.email);
    assert.ok(harness.mails.at(-1)?.text.includes(`\nName: ${name}\n`));
  }
});

test("an account without a role is mailed, and becomes a recipient by its code", async () => {
  const giver = await harness.person("care_giver");
  const undecided = await harness.person(null);
  const { id, code } = await invitedBy(giver, undecided.email);
  assert.match(harness.mails.at(-1)?.text ?? "", /Sign in with this address/);
  const events = await harness.rows("SELECT event->>'type' AS type FROM outbox WHERE event->>'userId' = $1", [
    undecided.id,
  ]);
  assert.deepEqual(events, [{ type: "invited" }]);
  assert.equal((await harness.confirm(giver, id, code)).status, 201);
  assert.equal((await harness.call(undecided, "GET", "/v1/me")).json.role, "care_recipient");
});

test("who becomes a care giver meanwhile is not bound", async () => {
  const giver = await harness.person("care_giver");
  const undecided = await harness.person(null);
  const { id, code } = await invitedBy(giver, undecided.email);
  await harness.call(undecided, "PATCH", "/v1/me", { body: { role: "care_giver" } });
  refused(await harness.confirm(giver, id, code));
  assert.equal(await groupOf(giver), 404);
});

test("choosing a role and confirming at once never makes a giver who is cared for", async () => {
  for (let round = 0; round < 8; round++) {
    const giver = await harness.person("care_giver");
    const undecided = await harness.person(null);
    const { id, code } = await invitedBy(giver, undecided.email);
    const [confirmed, chosen] = await Promise.all([
      harness.confirm(giver, id, code),
      harness.call(undecided, "PATCH", "/v1/me", { body: { role: "care_giver" } }),
    ]);
    const statuses = `${confirmed.status} ${chosen.status}`;
    assert.ok(statuses === "201 409" || statuses === "422 200", statuses);
  }
});

test("an account that only claims the address is not bound by the code", async () => {
  const giver = await harness.person("care_giver");
  const squatter = await harness.person("care_recipient", { emailVerified: false });
  const { id, code } = await invitedBy(giver, squatter.email);
  assert.match(harness.mails.at(-1)?.text ?? "", /Sign in with this address/);
  refused(await harness.confirm(giver, id, code));
  assert.equal(await groupOf(squatter), 404);
});

test("a code is for who held the address when it was mailed, not who holds it now", async () => {
  const giver = await harness.person("care_giver");
  const recipient = await harness.person("care_recipient");
  const { id, code } = await invitedBy(giver, recipient.email);
  await harness.rows("UPDATE users SET email_verified = false WHERE id = $1", [recipient.id]);
  refused(await harness.confirm(giver, id, code));
  const other = await harness.person("care_recipient", { email: recipient.email });
  refused(await harness.confirm(giver, id, code));
  assert.deepEqual([await groupOf(recipient), await groupOf(other)], [404, 404]);
});

test("erasing the account ends the code, also for a new account with the same address", async () => {
  const giver = await harness.person("care_giver");
  for (const role of ["care_recipient", null] as const) {
    const invitedOne = await harness.person(role);
    const { id, code } = await invitedBy(giver, invitedOne.email);
    assert.equal((await harness.call(invitedOne, "DELETE", "/v1/me")).status, 200);
    const again = await harness.person("care_recipient", { email: invitedOne.email });
    refused(await harness.confirm(giver, id, code));
    assert.equal(await groupOf(again), 404);
  }
});

test("a newcomer's code ends with its half hour, a newer one, or five tries", async () => {
  const giver = await harness.person("care_giver");
  const address = freshAddress();
  const old = await invitedBy(giver, address);
  const newer = await invitedBy(giver, address);
  await harness.person(null, { email: address });
  refused(await harness.confirm(giver, old.id, old.code));
  harness.advance(30 * 60);
  refused(await harness.confirm(giver, newer.id, newer.code));

  const third = await invitedBy(giver, address);
  for (let attempt = 0; attempt < 5; attempt++) {
    refused(await harness.confirm(giver, third.id, wrongCode(third.code, attempt)));
  }
  assert.equal((await harness.confirm(giver, third.id, third.code)).status, 429);
});

test("a repeated mail to a newcomer carries the same code", async () => {
  const giver = await harness.person("care_giver");
  const address = freshAddress();
  const asked = await harness.call(giver, "POST", "/v1/invitations", { body: { recipientEmail: address } });
  harness.mailServer = async (mail) => {
    harness.mails.push(mail);
    throw new Error("the connection broke");
  };
  await assert.rejects(harness.runMailTask(asked.json.id), /broke/);
  const newcomer = await harness.person(null, { email: address });
  harness.mailServer = async () => "sent";
  assert.equal(await harness.runMailTask(asked.json.id), "sent");
  const [first, second] = harness.mails.slice(-2).map(codeIn);
  assert.equal(second, first);
  const answer = await harness.confirm(giver, asked.json.id, first ?? "");
  assert.equal(answer.json.recipient?.id, newcomer.id);
});
