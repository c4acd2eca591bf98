/** Addresses as people have them: each can be invited, and its mail arrives. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { SMTPServer } from "smtp-server";
import { z } from "zod";
import { type MailSink, startMail } from "#local/standins/mail/server.ts";
import { createMailer } from "#shared/platform/mail/mailer.ts";
import { type GroupsHarness, groupsHarness } from "./harness.ts";

let harness: GroupsHarness;
let sink: MailSink;
before(async () => {
  [harness, sink] = await Promise.all([groupsHarness(), startMail({ smtpPort: 0, httpPort: 0 })]);
});
after(() => Promise.all([harness?.close(), sink?.close()]));

const mailer = (smtpUrl: string) =>
  createMailer({ SMTP_PLAIN: true, SMTP_URL: smtpUrl, MAIL_FROM: "Reverie <hello@reverie.example>" });
const messages = z.array(z.object({ text: z.string() }));
const mailsTo = async (address: string) =>
  messages.parse(await (await fetch(`${sink.url}/messages?to=${encodeURIComponent(address)}`)).json());

/** What the giver types, and what the recipient's provider calls the same mailbox. */
const table: Readonly<Record<string, readonly [string, string]>> = {
  "a blank after it": ["mina.blank@example.com ", "Mina.Blank@example.com"],
  "an umlaut": ["Jürgen@example.com", "ju\u0308rgen@example.com"],
  "an international domain": ["mina@müller.example", "mina@xn--mller-kva.example"],
  "an international domain in ASCII": ["kim@xn--mller-kva.example", "kim@MÜLLER.example"],
  "the top level 한국": ["mina@도메인.한국", "mina@xn--hq1bm8jm9l.xn--3e0b707e"],
  "Hangul on both sides": ["할머니@도메인.한국", "할머니@도메인.한국"],
  "an ampersand": ["kim&lee@example.com", "kim&lee@example.com"],
  "docomo's two dots": ["a..b@docomo.ne.jp", '"a..b"@docomo.ne.jp'],
  "docomo's dot at the end": ["ab.@docomo.ne.jp", "ab.@docomo.ne.jp"],
  "an apostrophe": ["o'hara@example.com", "O'Hara@example.com"],
};

for (const [what, [typed, known]] of Object.entries(table)) {
  test(`with ${what}: invited, mailed over SMTP, and the code binds who has the address`, async () => {
    harness.mailServer = (mail) => mailer(sink.smtpUrl).send(mail);
    const giver = await harness.person("care_giver");
    const recipient = await harness.person("care_recipient", { email: known });
    const { id, code = "" } = await harness.invited(giver, typed);
    for (const form of [typed, known]) {
      const [mail, ...more] = await mailsTo(form);
      assert.deepEqual([more.length, /^[0-9A-Z]{8}\r?$/m.exec(mail?.text ?? "")?.[0].trim()], [0, code]);
    }
    const answer = await harness.confirm(giver, id, code);
    assert.equal(answer.status, 201, answer.text);
    assert.equal(answer.json.recipient.id, recipient.id);
  });
}

test("what is no address, or would be a second header, leaves no invitation", async () => {
  const giver = await harness.person("care_giver");
  const bad = [
    "",
    " ",
    "mina",
    "mina@localhost",
    "mina@example.com\r\nBcc: all@example.com",
    "a@b.com, c@d.com",
  ];
  for (const recipientEmail of [...bad, "Mina <mina@example.com>", `${"a".repeat(65)}@example.com`]) {
    const answer = await harness.call(giver, "POST", "/v1/invitations", { body: { recipientEmail } });
    assert.deepEqual([answer.status, answer.json.errors[0].path], [400, "recipientEmail"], recipientEmail);
  }
  assert.deepEqual(await harness.rows("SELECT 1 FROM invitations WHERE giver_id = $1", [giver.id]), []);
});

test("two ways to write a mailbox are one recipient for caps and earlier codes", async () => {
  harness.mailServer = async () => "sent";
  const giver = await harness.person("care_giver");
  const first = await harness.invited(giver, "Halmoni@Müller.example");
  const second = await harness.invited(giver, " halmoni@xn--mller-kva.example");
  const rows = await harness.rows(
    "SELECT id, revoked_at IS NOT NULL AS revoked FROM invitations WHERE giver_id = $1 ORDER BY revoked_at NULLS LAST",
    [giver.id],
  );
  assert.deepEqual(rows, [
    { id: first.id, revoked: true },
    { id: second.id, revoked: false },
  ]);
  const counts = await harness.rows(
    "SELECT count FROM daily_counts WHERE what = 'invite_pair' AND count = 2",
  );
  assert.equal(counts.length, 1);
});

test("a mail server without SMTPUTF8 refuses a mailbox, not an international domain", async () => {
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS", "AUTH"],
    hideSMTPUTF8: true,
    onRcptTo({ address }, _session, done) {
      const refusal = Object.assign(new Error("5.6.7 the address needs SMTPUTF8"), { responseCode: 553 });
      done(/[^\0-\x7f].*@/.test(address) ? refusal : null);
    },
    onData(stream, _session, done) {
      stream.resume().on("end", () => done());
    },
  });
  const port = await new Promise<number>((resolve) => {
    const net = server.listen(0, "127.0.0.1", () => {
      const address = net.address();
      resolve(typeof address === "object" && address ? address.port : 0);
    });
  });
  harness.mailServer = (mail) => mailer(`smtp://127.0.0.1:${port}`).send(mail);
  const giver = await harness.person("care_giver");
  const outcomes: string[] = [];
  for (const recipientEmail of ["할머니@도메인.한국", "mina@도메인.한국"]) {
    await harness.call(giver, "POST", "/v1/invitations", { body: { recipientEmail } });
    outcomes.push(...(await harness.runTasks()));
  }
  await new Promise<void>((resolve) => server.close(resolve));
  assert.deepEqual(outcomes, ["refused", "sent"], "an international domain alone goes out in ASCII");
});
