/** What the mailer says to a mail server without TLS, with STARTTLS, and on this machine. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { SMTPServer } from "smtp-server";
import { createMailer } from "#shared/platform/mail/mailer.ts";

const MAIL = {
  to: "mina@example.com",
  subject: "Hello",
  text: "Hello",
  html: "<p>Hello</p>",
  messageId: "1@test",
};
const MAIL_FROM = "Reverie <hello@reverie.example>";

/** A mail server on this machine. @returns its port and the commands that it was given */
async function mailServer(options: { startTls: boolean }): Promise<{ port: number; mails: string[] }> {
  const mails: string[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: options.startTls ? [] : ["STARTTLS"],
    onMailFrom: (address, _session, done) => {
      mails.push(address.address);
      done();
    },
    onData: (stream, _session, done) => {
      stream.on("end", () => done());
      stream.resume();
    },
  });
  server.on("error", () => {}); // a client that leaves
  const listening = server.listen(0, "127.0.0.1");
  await new Promise<void>((resolve) => listening.once("listening", () => resolve()));
  after(() => server.close());
  const address = listening.address();
  assert.ok(address !== null && typeof address === "object");
  return { port: address.port, mails };
}

test("a server that offers no TLS gets no mail and no address, and it is tried again", async () => {
  const { port, mails } = await mailServer({ startTls: false });
  const SMTP_URL = `smtp://127.0.0.1:${port}`;
  await assert.rejects(createMailer({ SMTP_PLAIN: false, SMTP_URL, MAIL_FROM }).send(MAIL), /TLS/);
  assert.deepEqual(mails, []);
});

test("the URL of the server can't say to go without TLS", () => {
  for (const query of ["?requireTLS=false", "?ignoreTLS=true", "?tls.rejectUnauthorized=false"]) {
    const SMTP_URL = `smtp://user:secret@mail.example/${query}`;
    assert.throws(
      () => createMailer({ SMTP_PLAIN: false, SMTP_URL, MAIL_FROM }),
      (error: Error) => /SMTP_URL/.test(error.message) && !error.message.includes("secret"),
    );
  }
});

test("a server with a certificate that no one vouches for gets no mail either", async () => {
  const { port, mails } = await mailServer({ startTls: true });
  const mailer = createMailer({ SMTP_PLAIN: false, SMTP_URL: `smtp://127.0.0.1:${port}`, MAIL_FROM });
  await assert.rejects(mailer.send(MAIL), /certificate/);
  assert.deepEqual(mails, []);
});

test("without TLS mail goes to a server on this machine only", async () => {
  const { port, mails } = await mailServer({ startTls: false });
  const mailer = createMailer({ SMTP_PLAIN: true, SMTP_URL: `smtp://127.0.0.1:${port}`, MAIL_FROM });
  assert.equal(await mailer.send(MAIL), "sent");
  assert.deepEqual(mails, ["hello@reverie.example"]);
  for (const SMTP_URL of [
    "smtp://mail.example:25",
    "smtp://10.0.0.5",
    "smtp://user:secret@127.0.0.1.example",
  ]) {
    assert.throws(
      () => createMailer({ SMTP_PLAIN: true, SMTP_URL, MAIL_FROM }),
      (error: Error) => /SMTP_PLAIN/.test(error.message) && !error.message.includes("secret"),
    );
  }
});
