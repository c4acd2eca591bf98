import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import PostalMime from "postal-mime";
import { SMTPServer } from "smtp-server";
import { purgeSpaces } from "#functions/sweep/purgeSpaces.ts";
import { createMailer } from "#shared/platform/mail/mailer.ts";
import { requeueInvitations } from "#shared/spaces/invitationTask.ts";
import { codeIn, type GroupsHarness, groupsHarness } from "./harness.ts";

let harness: GroupsHarness;
before(async () => {
  harness = await groupsHarness();
});
after(() => harness.close());

const people = async () => ({
  giver: await harness.person("care_giver"),
  recipient: await harness.person("care_recipient"),
});

/** Asks without running the task. */
async function asked(giver: { id: string }, recipientEmail: string): Promise<string> {
  const answer = await harness.call(giver, "POST", "/v1/invitations", { body: { recipientEmail } });
  return answer.json.id;
}

test("a task repeated after its mail was sent sends nothing, and the code stays valid", async () => {
  const { giver, recipient } = await people();
  const { id, code = "" } = await harness.invited(giver, recipient.email);
  const mails = harness.mails.length;
  assert.equal(await harness.runMailTask(id), "over");
  assert.equal(harness.mails.length, mails);
  assert.equal((await harness.confirm(giver, id, code)).status, 201);
});

test("after a crash or a lost answer of the mail server the repeated mail is a copy", async () => {
  const { giver, recipient } = await people();
  const id = await asked(giver, recipient.email);
  harness.mailServer = async (mail) => {
    harness.mails.push(mail); // it has the mail, and we never hear of it
    throw new Error("the connection broke");
  };
  await assert.rejects(harness.runMailTask(id), /connection broke/);
  harness.mailServer = async () => {
    throw new Error("the mail server is away");
  };
  await assert.rejects(harness.runMailTask(id), /away/);
  harness.mailServer = async () => "sent";
  assert.equal(await harness.runMailTask(id), "sent");
  const [first, second] = harness.mails.slice(-2);
  assert.deepEqual(second, first);
  assert.equal((await harness.confirm(giver, id, codeIn(first))).status, 201);
});

test("a task delivered twice at once mails one code", async () => {
  const { giver, recipient } = await people();
  const id = await asked(giver, recipient.email);
  const before = harness.mails.length;
  await Promise.all([harness.runMailTask(id), harness.runMailTask(id)]);
  const codes = new Set(harness.mails.slice(before).map(codeIn));
  assert.equal(codes.size, 1);
});

test("once it is mailed, neither the code nor what it could be made from is in SQL", async () => {
  const { giver, recipient } = await people();
  const { id, code = "" } = await harness.invited(giver, recipient.email);
  const [row] = await harness.rows("SELECT i::text AS text, code_seed FROM invitations i WHERE id = $1", [
    id,
  ]);
  assert.equal(row?.code_seed, null);
  harness.advance(30 * 60);
  await purgeSpaces(harness.backend.as("sweep"), harness.now);
  assert.deepEqual(
    await harness.rows("SELECT mail_state, recipient_email FROM invitations WHERE id = $1", [id]),
    [{ mail_state: "sent", recipient_email: null }],
  );
  assert.ok(!String(row?.text).toUpperCase().includes(code));
  const tables = await harness.rows<{ text: string }>(
    "SELECT o::text AS text FROM outbox o UNION ALL SELECT a::text FROM audit_log a",
  );
  assert.ok(tables.every(({ text }) => !text.includes(code)));
});

test("a mailbox that refuses for good ends the mail; nothing is tried again", async () => {
  const { giver, recipient } = await people();
  const id = await asked(giver, recipient.email);
  harness.mailServer = async () => "refused";
  assert.equal(await harness.runMailTask(id), "refused");
  harness.mailServer = async () => "sent";
  assert.equal(await harness.runMailTask(id), "over");
});

test("an expired, replaced or unknown invitation is not mailed", async () => {
  const { giver, recipient } = await people();
  const old = await asked(giver, recipient.email);
  const newer = await asked(giver, recipient.email);
  assert.equal(await harness.runMailTask(old), "over");
  harness.advance(30 * 60);
  assert.equal(await harness.runMailTask(newer), "over");
  assert.equal(await harness.runMailTask("0".repeat(26)), "over");
});

test("sweep adds a lost task once; expired invitations lose their waiting address", async () => {
  const { giver, recipient } = await people();
  const tasks = await harness.deps.tasks();
  await harness.runTasks();
  const id = "9".repeat(26);
  await harness.backend.pool.query(
    `INSERT INTO invitations (id, giver_id, recipient_key, recipient_email, created_at, expires_at)
     VALUES ($1, $2, $3, $4, $5, $5::timestamptz + interval '30 minutes')`,
    [id, giver.id, Buffer.alloc(32), recipient.email, harness.now],
  );
  assert.equal(
    (await requeueInvitations(harness.backend.as("sweep"), tasks, harness.now)).added,
    0,
    "its own request may still add it",
  );
  harness.advance(61);
  assert.equal((await requeueInvitations(harness.backend.as("sweep"), tasks, harness.now)).added, 1);
  assert.equal((await requeueInvitations(harness.backend.as("sweep"), tasks, harness.now)).added, 0);
  assert.deepEqual(await harness.runTasks(), ["sent"]);

  const late = await asked(giver, "late@example.com");
  harness.advance(31 * 60);
  await purgeSpaces(harness.backend.as("sweep"), harness.now);
  assert.deepEqual(
    await harness.rows("SELECT mail_state, recipient_email FROM invitations WHERE id = $1", [late]),
    [{ mail_state: "cancelled", recipient_email: null }],
  );
  harness.advance(31 * 86_400);
  await purgeSpaces(harness.backend.as("sweep"), harness.now);
  assert.equal((await harness.rows("SELECT 1 FROM invitations")).length, 0);
  assert.equal((await harness.rows("SELECT 1 FROM daily_counts")).length, 0);
});

test("over SMTP: text and HTML; 550 refuses for good, 451 and a closed port don't", async () => {
  const received: Buffer[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS", "AUTH"],
    onRcptTo(address, _session, callback) {
      const reply = /^(\d{3})@/.exec(address.address)?.[1];
      callback(reply ? Object.assign(new Error("no"), { responseCode: Number(reply) }) : null);
    },
    onData(stream, _session, callback) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        received.push(Buffer.concat(chunks));
        callback();
      });
    },
  });
  const port = await new Promise<number>((resolve) => {
    const listening = server.listen(0, "127.0.0.1", () => {
      const address = listening.address();
      resolve(typeof address === "object" && address ? address.port : 0);
    });
  });
  const mailer = createMailer({
    SMTP_PLAIN: true,
    SMTP_URL: `smtp://127.0.0.1:${port}`,
    MAIL_FROM: "Reverie <hello@reverie.example>",
  });
  const mail = (to: string) => ({
    to,
    subject: "돌봄 요청",
    text: "글\n\nABCDEFGH\n",
    html: "<p>글</p>",
    messageId: "invitation.1@reverie",
  });
  assert.equal(await mailer.send(mail("grandma@example.com")), "sent");
  const message = await PostalMime.parse(received[0] ?? Buffer.alloc(0));
  assert.equal(message.subject, "돌봄 요청");
  assert.equal(message.messageId, "<invitation.1@reverie>");
  assert.equal(message.text?.trim(), "글\n\nABCDEFGH");
  assert.equal(message.html?.trim(), "<p>글</p>");
  assert.deepEqual(
    message.to?.map((to) => to.address),
    ["grandma@example.com"],
  );
  assert.equal(await mailer.send(mail("550@example.com")), "refused");
  await assert.rejects(mailer.send(mail("451@example.com")));
  await new Promise<void>((resolve) => server.close(resolve));
  await assert.rejects(mailer.send(mail("grandma@example.com")));
});
