import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { purgeSpaces } from "#functions/sweep/purgeSpaces.ts";
import { CODE_TRIES } from "#shared/spaces/invitationCode.ts";
import { codeIn, type GroupsHarness, groupsHarness, wrongCode } from "./harness.ts";

let harness: GroupsHarness;
before(async () => {
  harness = await groupsHarness();
});
after(() => harness.close());

/** A problem document without what differs at each request. */
function shown(answer: { json: Record<string, unknown> }) {
  const { requestId, ...rest } = answer.json;
  assert.equal(typeof requestId, "string");
  return rest;
}

test("inviting answers alike for every address; only care givers are not mailed", async () => {
  const giver = await harness.person("care_giver");
  const addresses = [
    (await harness.person("care_recipient")).email,
    "nobody@example.com",
    (await harness.person("care_recipient", { emailVerified: false })).email,
    (await harness.person("care_giver")).email,
    (await harness.person(null)).email,
    giver.email,
  ];
  const mailsBefore = harness.mails.length;
  for (const recipientEmail of addresses) {
    const answer = await harness.call(giver, "POST", "/v1/invitations", { body: { recipientEmail } });
    assert.equal(answer.status, 202);
    assert.deepEqual(Object.keys(answer.json), ["id", "expiresAt"]);
    assert.equal(answer.json.expiresAt, "2026-03-10T09:30:00.000Z");
    assert.match(answer.json.id, /^[0-9a-z]{26}$/);
  }
  const outcomes = await harness.runTasks();
  assert.deepEqual(outcomes, ["sent", "sent", "sent", "no_recipient", "sent", "no_recipient"]);
  const mailed = addresses.filter((_, index) => outcomes[index] === "sent");
  assert.deepEqual(
    harness.mails.slice(mailsBefore).map((mail) => mail.to),
    mailed,
  );
  const kept = () =>
    harness.rows("SELECT recipient_email FROM invitations WHERE recipient_email IS NOT NULL");
  assert.equal((await kept()).length, mailed.length, "only an address that was mailed is kept");
  harness.advance(30 * 60);
  await purgeSpaces(harness.backend.as("sweep"), harness.now);
  assert.deepEqual(await kept(), [], "and only while its code counts");
  harness.advance(-30 * 60);
});

test("the address is found in any case", async () => {
  const giver = await harness.person("care_giver");
  const recipient = await harness.person("care_recipient", { email: "Grandma.Kim@Example.com" });
  assert.ok((await harness.invited(giver, "grandma.KIM@example.COM")).code);
  assert.equal(harness.mails.at(-1)?.to, "grandma.kim@example.com");
  assert.ok(recipient);
});

test("only an enrolled care giver invites; others get the reason, and no invitation", async () => {
  const countOf = async () => (await harness.rows("SELECT 1 FROM invitations")).length;
  const before = await countOf();
  const body = { recipientEmail: "someone@example.com" };
  const [anonymous, recipient, unenrolled] = [
    await harness.call(null, "POST", "/v1/invitations", { body }),
    await harness.call(await harness.person("care_recipient"), "POST", "/v1/invitations", { body }),
    await harness.call(await harness.person(null), "POST", "/v1/invitations", { body }),
  ];
  assert.deepEqual([anonymous.status, anonymous.json.code], [401, "unauthenticated"]);
  assert.deepEqual([recipient.status, recipient.json.code], [403, "role_mismatch"]);
  assert.deepEqual([unenrolled.status, unenrolled.json.code], [403, "not_enrolled"]);
  assert.equal(await countOf(), before);
});

test("an invitation's event is published after its mail, once per invitation", async () => {
  const [giver, recipient] = [await harness.person("care_giver"), await harness.person("care_recipient")];
  const publishedOf = () =>
    harness.published.filter((event) => event.type === "invited" && event.userId === recipient.id);
  const { mailServer } = harness;
  harness.mailServer = async (mail) => {
    assert.deepEqual(publishedOf(), [], "the message says that the code is in the mail");
    return mailServer(mail);
  };
  const { id } = await harness.invited(giver, recipient.email);
  harness.mailServer = mailServer;
  assert.deepEqual(
    publishedOf().map((event) => event.id),
    [`invited:${id}`],
  );
  await harness.runMailTask(id);
  await harness.invited(giver, "no-such-recipient@example.com");
  assert.equal(publishedOf().length, 1);
});

test("the recipient gets an event with the giver's name, once per invitation", async () => {
  const [giver, recipient] = [await harness.person("care_giver"), await harness.person("care_recipient")];
  const { id } = await harness.invited(giver, recipient.email);
  await harness.runMailTask(id);
  const events = await harness.rows<{ event: unknown }>(
    "SELECT event - 'trace' AS event FROM outbox WHERE event->>'userId' = $1",
    [recipient.id],
  );
  assert.deepEqual(
    events.map((row) => row.event),
    [
      {
        type: "invited",
        id: `invited:${id}`,
        at: harness.now.toISOString(),
        userId: recipient.id,
        giverName: giver.name,
      },
    ],
  );
});

test("a repeated Idempotency-Key gets the first answer, one mail; another body doesn't", async () => {
  const [giver, recipient] = [await harness.person("care_giver"), await harness.person("care_recipient")];
  const ask = (recipientEmail: string) =>
    harness.call(giver, "POST", "/v1/invitations", { body: { recipientEmail }, key: "attempt-1" });
  const answers = await Promise.all([ask(recipient.email), ask(recipient.email), ask(recipient.email)]);
  assert.equal(new Set(answers.map((answer) => answer.text)).size, 1);
  assert.deepEqual(await harness.runTasks(), ["sent"]);
  const other = await ask("other@example.com");
  assert.deepEqual([other.status, other.json.code], [422, "idempotency_key_reused"]);
  const rows = await harness.rows("SELECT 1 FROM invitations WHERE giver_id = $1", [giver.id]);
  assert.equal(rows.length, 1);
});

test("the code binds both into one group, is mirrored, and works once", async () => {
  const [giver, recipient] = [await harness.person("care_giver"), await harness.person("care_recipient")];
  const { id, code = "" } = await harness.invited(giver, recipient.email);
  const answer = await harness.confirm(giver, id, code);
  assert.equal(answer.status, 201);
  const { id: spaceId, ...group } = answer.json;
  assert.deepEqual(group, {
    recipient: { id: recipient.id, name: recipient.name, email: recipient.email },
    givers: [{ id: giver.id, name: giver.name, email: giver.email }],
    createdAt: harness.now.toISOString(),
  });
  for (const member of [giver, recipient]) {
    assert.deepEqual((await harness.call(member, "GET", "/v1/group")).json, answer.json);
    assert.deepEqual(await harness.mirrorOf(member), [spaceId]);
  }
  const again = await harness.confirm(giver, id, code);
  assert.deepEqual([again.status, again.json.code], [422, "code_rejected"]);
});

test("a lost confirmation asked again with its Idempotency-Key costs no try", async () => {
  const [giver, recipient] = [await harness.person("care_giver"), await harness.person("care_recipient")];
  const { id, code = "" } = await harness.invited(giver, recipient.email);
  const answers = [];
  for (let attempt = 0; attempt < CODE_TRIES + 2; attempt++) {
    answers.push(await harness.confirm(giver, id, code, "same-key"));
  }
  assert.equal(new Set(answers.map((answer) => answer.text)).size, 1);
  assert.equal(answers[0]?.status, 201);
});

test("the code may be typed as people type", async () => {
  const recipient = await harness.person("care_recipient");
  const typed = [
    (code: string) => code.toLowerCase(),
    (code: string) => ` ${code.slice(0, 4)}-${code.slice(4)} `,
    (code: string) => [...code].join(" "),
    (code: string) => code.replaceAll("1", "l").replaceAll("0", "O"),
    (code: string) => code.replaceAll("1", "I").replaceAll("0", "o"),
  ];
  for (const spelling of typed) {
    const giver = await harness.person("care_giver");
    const { id, code = "" } = await harness.invited(giver, recipient.email);
    assert.equal((await harness.confirm(giver, id, spelling(code))).status, 201);
  }
});

test("wrong, expired, used, revoked and unknown codes answer alike but for the id", async () => {
  const people = async () => ({
    giver: await harness.person("care_giver"),
    recipient: await harness.person("care_recipient"),
  });
  const refusals = [];

  const wrong = await people();
  const first = await harness.invited(wrong.giver, wrong.recipient.email);
  refusals.push(await harness.confirm(wrong.giver, first.id, wrongCode(first.code ?? "")));

  const used = await people();
  const second = await harness.invited(used.giver, used.recipient.email);
  await harness.confirm(used.giver, second.id, second.code ?? "");
  refusals.push(await harness.confirm(used.giver, second.id, second.code ?? ""));

  const revoked = await people();
  const third = await harness.invited(revoked.giver, revoked.recipient.email);
  await harness.invited(revoked.giver, revoked.recipient.email);
  refusals.push(await harness.confirm(revoked.giver, third.id, third.code ?? ""));

  const unknown = await people();
  const fourth = await harness.invited(unknown.giver, "not-known@example.com");
  refusals.push(await harness.confirm(unknown.giver, fourth.id, "ABCDEFGH"));
  refusals.push(await harness.confirm(unknown.giver, fourth.id, "not a code"));

  const expired = await people();
  const fifth = await harness.invited(expired.giver, expired.recipient.email);
  harness.advance(30 * 60);
  refusals.push(await harness.confirm(expired.giver, fifth.id, fifth.code ?? ""));

  for (const refusal of refusals) {
    assert.equal(refusal.status, 422);
    assert.deepEqual(shown(refusal), shown(refusals[0] ?? refusal));
  }
  assert.equal(refusals[0]?.json.code, "code_rejected");
  const bound = await harness.rows(
    "SELECT 1 FROM space_members WHERE user_id = ANY($1) AND space_type = 'care'",
    [[wrong, revoked, unknown, expired].flatMap((pair) => [pair.giver.id, pair.recipient.id])],
  );
  assert.equal(bound.length, 0, "none of it bound a person");
});

test("a code is good a moment before its half hour ends", async () => {
  const [giver, recipient] = [await harness.person("care_giver"), await harness.person("care_recipient")];
  const { id, code = "" } = await harness.invited(giver, recipient.email);
  harness.advance(30 * 60 - 1);
  assert.equal((await harness.confirm(giver, id, code)).status, 201);
});

test("another giver's, an unknown and an impossible id are not found, cost no try", async () => {
  const [giver, thief, recipient] = [
    await harness.person("care_giver"),
    await harness.person("care_giver"),
    await harness.person("care_recipient"),
  ];
  const { id, code = "" } = await harness.invited(giver, recipient.email);
  for (const invitationId of [id, "0".repeat(26), "no-id"]) {
    const answer = await harness.confirm(thief, invitationId, code);
    assert.deepEqual([answer.status, answer.json.code], [404, "not_found"]);
  }
  const recipientsOwn = await harness.confirm(recipient, id, code);
  assert.equal(recipientsOwn.status, 404);
  assert.deepEqual(await harness.rows("SELECT tries FROM invitations WHERE id = $1", [id]), [{ tries: 0 }]);
});

test("after five wrong tries even the right code is not looked at", async () => {
  const [giver, recipient] = [await harness.person("care_giver"), await harness.person("care_recipient")];
  const { id, code = "" } = await harness.invited(giver, recipient.email);
  for (let attempt = 0; attempt < CODE_TRIES; attempt++) {
    assert.equal((await harness.confirm(giver, id, wrongCode(code, attempt))).status, 422);
  }
  const spent = await harness.confirm(giver, id, code);
  assert.deepEqual([spent.status, spent.json.code], [429, "rate_limited"]);
  assert.equal((await harness.call(giver, "GET", "/v1/group")).status, 404);
});

test("of 1,000 guesses at once five are looked at", async () => {
  const [giver, recipient] = [await harness.person("care_giver"), await harness.person("care_recipient")];
  const { id, code = "" } = await harness.invited(giver, recipient.email);
  const answers = await Promise.all(
    Array.from({ length: 1000 }, (_, number) => harness.confirm(giver, id, wrongCode(code, number))),
  );
  const count = (status: number) => answers.filter((answer) => answer.status === status).length;
  assert.deepEqual([count(422), count(429)], [CODE_TRIES, 1000 - CODE_TRIES]);
  assert.equal((await harness.confirm(giver, id, code)).status, 429);
});

test("asking again ends the earlier code and adds no tries that day; the next day does", async () => {
  const [giver, recipient] = [await harness.person("care_giver"), await harness.person("care_recipient")];
  const cap = harness.deps.caps.CODE_TRIES_PER_PAIR;
  for (let tries = 0; tries < cap; tries += CODE_TRIES) {
    const { id, code = "" } = await harness.invited(giver, recipient.email);
    for (let attempt = 0; attempt < CODE_TRIES; attempt++) {
      assert.equal((await harness.confirm(giver, id, wrongCode(code, attempt))).status, 422);
    }
  }
  const fresh = await harness.invited(giver, recipient.email);
  const spent = await harness.confirm(giver, fresh.id, fresh.code ?? "");
  assert.equal(spent.status, 429);
  const untilTomorrow = (new Date("2026-03-11T00:00:00Z").getTime() - harness.now.getTime()) / 1000;
  assert.equal(Number(spent.headers.get("retry-after")), untilTomorrow);

  const other = await harness.person("care_recipient");
  const elsewhere = await harness.invited(giver, other.email);
  assert.equal(
    (await harness.confirm(giver, elsewhere.id, elsewhere.code ?? "")).status,
    201,
    "another pair's tries are untouched",
  );

  const secondGiver = await harness.person("care_giver");
  await harness.bound(secondGiver, recipient);

  const today = harness.now;
  harness.now = new Date("2026-03-11T00:00:00Z");
  const tomorrow = await harness.invited(giver, recipient.email);
  assert.equal((await harness.confirm(giver, tomorrow.id, wrongCode(tomorrow.code ?? ""))).status, 422);
  harness.now = today;
});

test("tries of invitations that reached no one are counted and spent alike", async () => {
  const giver = await harness.person("care_giver");
  const cap = harness.deps.caps.CODE_TRIES_PER_PAIR;
  const statuses = [];
  for (let tries = 0; tries < cap + CODE_TRIES; tries += CODE_TRIES) {
    const { id } = await harness.invited(giver, "not-anyone@example.com");
    for (let attempt = 0; attempt <= CODE_TRIES; attempt++) {
      statuses.push((await harness.confirm(giver, id, "ABCDEFGH")).status);
    }
  }
  const perCode = [...Array.from({ length: CODE_TRIES }, () => 422), 429];
  assert.deepEqual(statuses, [...perCode, ...perCode, ...perCode, ...perCode.map(() => 429)]);
});

test("a giver's tries over all recipients have a cap of their own, also at once", async () => {
  const giver = await harness.person("care_giver");
  const cap = harness.deps.caps.CODE_TRIES_PER_GIVER;
  const ids = [];
  for (let number = 0; number < 10; number++) {
    ids.push((await harness.invited(giver, `nobody-${number}@example.com`)).id);
  }
  const answers = await Promise.all(
    ids.flatMap((id) => Array.from({ length: CODE_TRIES }, () => harness.confirm(giver, id, "ABCDEFGH"))),
  );
  assert.equal(answers.filter((answer) => answer.status === 422).length, cap);
  assert.equal(answers.filter((answer) => answer.status === 429).length, 10 * CODE_TRIES - cap);
});

test("daily caps per recipient and per giver hold; past them nothing is mailed", async () => {
  const giver = await harness.person("care_giver");
  const recipient = await harness.person("care_recipient");
  const ask = (recipientEmail: string) =>
    harness.call(giver, "POST", "/v1/invitations", { body: { recipientEmail } });
  const { INVITATIONS_PER_PAIR, INVITATIONS_PER_GIVER } = harness.deps.caps;
  const pair = await Promise.all(
    Array.from({ length: INVITATIONS_PER_PAIR + 5 }, () => ask(recipient.email)),
  );
  assert.equal(pair.filter((answer) => answer.status === 202).length, INVITATIONS_PER_PAIR);
  const others = await Promise.all(
    Array.from({ length: INVITATIONS_PER_GIVER }, (_, number) => ask(`someone-${number}@example.com`)),
  );
  assert.equal(
    others.filter((answer) => answer.status === 202).length,
    INVITATIONS_PER_GIVER - INVITATIONS_PER_PAIR,
  );
  const outcomes = await harness.runTasks();
  assert.equal(
    outcomes.filter((outcome) => outcome === "sent").length,
    1 + INVITATIONS_PER_GIVER - INVITATIONS_PER_PAIR,
    "only the newest of a pair is mailed",
  );
  assert.equal(harness.mails.filter((mail) => mail.to === recipient.email).length, 1);
});

test("two confirmations with one code at once make one member and one group", async () => {
  const [giver, recipient] = [await harness.person("care_giver"), await harness.person("care_recipient")];
  const { id, code = "" } = await harness.invited(giver, recipient.email);
  const answers = await Promise.all([harness.confirm(giver, id, code), harness.confirm(giver, id, code)]);
  assert.deepEqual(answers.map((answer) => answer.status).sort(), [201, 422]);
  assert.equal((await harness.rows("SELECT 1 FROM space_members WHERE user_id = $1", [giver.id])).length, 2);
});

test("ten givers who confirm with the same recipient at once all end in her one group", async () => {
  const recipient = await harness.person("care_recipient");
  const givers = await Promise.all(Array.from({ length: 10 }, () => harness.person("care_giver")));
  const invitations = [];
  for (const giver of givers) invitations.push({ giver, ...(await harness.invited(giver, recipient.email)) });
  const answers = await Promise.all(
    invitations.map(({ giver, id, code = "" }) => harness.confirm(giver, id, code)),
  );
  assert.deepEqual(new Set(answers.map((answer) => answer.status)), new Set([201]));
  assert.equal(new Set(answers.map((answer) => answer.json.id)).size, 1);
  const group = (await harness.call(recipient, "GET", "/v1/group")).json;
  assert.equal(group.givers.length, 10);
});

test("a giver who confirms two recipients at once joins one; the other code is kept", async () => {
  const giver = await harness.person("care_giver");
  const recipients = [await harness.person("care_recipient"), await harness.person("care_recipient")];
  const invitations: { id: string; code: string | undefined }[] = [];
  for (const { email } of recipients) invitations.push(await harness.invited(giver, email));
  const answers = await Promise.all(invitations.map(({ id, code = "" }) => harness.confirm(giver, id, code)));
  assert.deepEqual(answers.map((answer) => answer.status).sort(), [201, 409]);
  const refused = answers.findIndex((answer) => answer.status === 409);
  assert.equal(answers[refused]?.json.code, "already_in_group");

  assert.equal((await harness.call(giver, "DELETE", `/v1/group/members/${giver.id}`)).status, 204);
  const invitation = invitations[refused];
  assert.ok(invitation);
  const answer = await harness.confirm(giver, invitation.id, invitation.code ?? "");
  assert.equal(answer.status, 201);
  assert.equal(answer.json.recipient.id, recipients[refused]?.id);
});

test("a second giver joins, the first stays; another recipient's group is separate", async () => {
  const [first, second, other] = [
    await harness.person("care_giver"),
    await harness.person("care_giver"),
    await harness.person("care_giver"),
  ];
  const [recipient, otherRecipient] = [
    await harness.person("care_recipient"),
    await harness.person("care_recipient"),
  ];
  const spaceId = await harness.bound(first, recipient);
  harness.advance(60);
  assert.equal(await harness.bound(second, recipient), spaceId);
  assert.notEqual(await harness.bound(other, otherRecipient), spaceId);
  const group = (await harness.call(first, "GET", "/v1/group")).json;
  assert.deepEqual(
    group.givers.map((giver: { id: string }) => giver.id),
    [first.id, second.id],
  );
});

test("the mail says who asks and until when, in the recipient's language and time", async () => {
  const giver = await harness.person("care_giver", { name: "Kim <b>Jiwoo</b>\u202e & Co" });
  const recipient = await harness.person("care_recipient", { language: "ko", timeZone: "Asia/Seoul" });
  harness.now = new Date("2026-03-10T13:00:00Z");
  await harness.invited(giver, recipient.email);
  const mail = harness.mails.at(-1);
  assert.match(mail?.subject ?? "", /돌봄 요청/);
  assert.ok(mail?.text.includes(`\n이름: Kim <b>Jiwoo</b> & Co\n이메일: ${giver.email}\n`));
  assert.match(mail?.text ?? "", /오후 10:30/);
  assert.ok(mail?.html.includes(codeIn(mail)));
  assert.ok(!mail?.html.includes("<b>"), "names are text, not HTML");
  assert.match(mail?.html ?? "", /<html lang="ko">/);
});

test("an address that was lost before the mail left is not shown as who asks", async () => {
  const giver = await harness.person("care_giver", { name: "daughter@example.com" });
  const recipient = await harness.person("care_recipient");
  await harness.call(giver, "POST", "/v1/invitations", { body: { recipientEmail: recipient.email } });
  await harness.backend.pool.query("UPDATE users SET email_verified = false WHERE id = $1", [giver.id]);
  await harness.runTasks();
  const mail = harness.mails.at(-1);
  assert.match(mail?.text ?? "", /^Name: daughter@example.com\nAddress: not confirmed$/m);
  assert.ok(!mail?.text.includes(giver.email) && !mail?.html.includes(giver.email));
});

test("erasing the account and signing in again brings no new tries", async () => {
  const email = "persistent@example.com";
  const recipient = await harness.person("care_recipient");
  const statuses = [];
  for (let account = 0; account < 4; account++) {
    const giver = await harness.person("care_giver", { email });
    const { id, code = "" } = await harness.invited(giver, recipient.email);
    for (let attempt = 0; attempt < CODE_TRIES; attempt++) {
      statuses.push((await harness.confirm(giver, id, wrongCode(code, attempt))).status);
    }
    assert.equal((await harness.call(giver, "DELETE", "/v1/me")).status, 200);
  }
  assert.deepEqual(statuses, [
    ...Array.from({ length: 15 }, () => 422),
    ...Array.from({ length: 5 }, () => 429),
  ]);
});

test("a mailbox gets so many mails a day of all givers; a giver's answer is the same", async () => {
  const recipient = await harness.person("care_recipient");
  const cap = harness.recipientCap;
  harness.recipientCap = 3;
  try {
    const answers: unknown[] = [];
    for (let giver = 0; giver < 5; giver++) {
      const { status, json } = await harness.call(
        await harness.person("care_giver"),
        "POST",
        "/v1/invitations",
        // One mailbox, however it is written.
        { body: { recipientEmail: giver % 2 ? recipient.email.toUpperCase() : ` ${recipient.email}` } },
      );
      answers.push([status, Object.keys(json)]);
    }
    assert.deepEqual(answers, Array(5).fill([202, ["id", "expiresAt"]]));
    const outcomes = await harness.runTasks();
    assert.deepEqual(outcomes.sort(), ["capped", "capped", "sent", "sent", "sent"]);
    assert.equal(harness.mails.filter((mail) => mail.to === recipient.email).length, 3);
    const kept = await harness.rows(
      "SELECT count(*)::int AS n FROM invitations WHERE mail_state = 'capped' AND recipient_email IS NOT NULL",
    );
    assert.deepEqual(kept, [{ n: 0 }]);

    const other = await harness.person("care_recipient");
    const giver = await harness.person("care_giver");
    assert.ok((await harness.invited(giver, other.email)).code, "another mailbox is as before");
    harness.advance(86_400);
    assert.ok((await harness.invited(giver, recipient.email)).code, "the next day too");
  } finally {
    harness.recipientCap = cap;
  }
});

test("a mail that is tried again after a fault is counted once", async () => {
  const [giver, recipient] = [await harness.person("care_giver"), await harness.person("care_recipient")];
  const cap = harness.recipientCap;
  harness.recipientCap = 1;
  try {
    const { json } = await harness.call(giver, "POST", "/v1/invitations", {
      body: { recipientEmail: recipient.email },
    });
    harness.mailServer = async () => {
      throw new Error("the mail server is away");
    };
    await assert.rejects(harness.runMailTask(json.id), /away/);
    harness.mailServer = async () => "sent";
    assert.equal(await harness.runMailTask(json.id), "sent");
  } finally {
    harness.recipientCap = cap;
  }
});

test("only who holds a verified address now may invite; nothing is noted otherwise", async () => {
  const giver = await harness.person("care_giver", { emailVerified: false });
  const ask = () =>
    harness.call(giver, "POST", "/v1/invitations", { body: { recipientEmail: "someone@example.com" } });
  const refused = await ask();
  assert.deepEqual([refused.status, refused.json.code], [403, "address_unverified"]);
  const noted = () => harness.rows("SELECT 1 FROM invitations WHERE giver_id = $1", [giver.id]);
  assert.deepEqual(await noted(), []);
  await harness.backend.pool.query("UPDATE users SET email_verified = true WHERE id = $1", [giver.id]);
  assert.equal((await ask()).status, 202);
  await harness.backend.pool.query("UPDATE users SET email_verified = false WHERE id = $1", [giver.id]);
  assert.equal((await ask()).status, 403, "another account holds the address by now");
});
