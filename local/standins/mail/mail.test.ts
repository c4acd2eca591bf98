import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createTransport } from "nodemailer";
import { z } from "zod";
import { type MailOptions, startMail } from "./server.ts";

const list = z.array(
  z.object({
    id: z.string(),
    to: z.string(),
    from: z.string(),
    subject: z.string(),
    text: z.string().nullable(),
    html: z.string().nullable(),
    attachments: z.array(z.object({ name: z.string(), contentType: z.string(), size: z.number() })),
    receivedAt: z.iso.datetime(),
  }),
);

/** A running sink, with a sender and a reader. */
async function mailSink(options: Partial<MailOptions> = {}) {
  const sink = await startMail({ smtpPort: 0, httpPort: 0, ...options });
  const transport = createTransport(sink.smtpUrl);
  return {
    sink,
    send: (mail: object) => transport.sendMail({ from: "Reverie <noreply@example.com>", ...mail }),
    read: async (to?: string) => {
      const query = to === undefined ? "" : `?to=${encodeURIComponent(to)}`;
      return list.parse(await (await fetch(`${sink.url}/messages${query}`)).json());
    },
    async [Symbol.asyncDispose]() {
      transport.close();
      await sink.close();
    },
  };
}

/** Speaks SMTP by hand; the answers' codes. */
async function dialogue(port: number, lines: readonly string[]): Promise<string[]> {
  const socket = connect(port, "127.0.0.1");
  const codes: string[] = [];
  let next = 0;
  for await (const chunk of socket)
    for (const line of String(chunk).split("\r\n"))
      if (/^\d{3} /.test(line)) {
        codes.push(line.slice(0, 3));
        const say = lines[next++];
        if (say === undefined) socket.end();
        else socket.write(`${say}\r\n`);
      }
  return codes;
}

test("a mail is found by its recipient's address, newest last, and by no other", async () => {
  await using mail = await mailSink({ clock: () => new Date("2026-01-02T03:04:05.678Z") });
  await mail.send({
    to: "Mina <mina@example.com>",
    subject: "인증 코드",
    text: "코드: AB12\n",
    html: "<p>코드: <b>AB12</b></p>",
  });
  await mail.send({ to: "mina@example.com", subject: "Second", text: "two" });
  await mail.send({ to: "other@example.com", subject: "Other", text: "not hers" });
  const mails = await mail.read("Mina@Example.com");
  assert.deepEqual(
    mails.map(({ id, ...rest }) => rest),
    [
      {
        to: "mina@example.com",
        from: "Reverie <noreply@example.com>",
        subject: "인증 코드",
        text: "코드: AB12\n",
        html: "<p>코드: <b>AB12</b></p>\n",
        attachments: [],
        receivedAt: "2026-01-02T03:04:05.678Z",
      },
      {
        to: "mina@example.com",
        from: "Reverie <noreply@example.com>",
        subject: "Second",
        text: "two\n",
        html: null,
        attachments: [],
        receivedAt: "2026-01-02T03:04:05.678Z",
      },
    ],
  );
  assert.equal((await mail.read()).length, 3);
  assert.deepEqual(await mail.read("nobody@example.com"), []);
});

test("each recipient of the envelope has a copy, and attachments are counted", async () => {
  await using mail = await mailSink();
  const attachments = [{ filename: "a.txt", content: "12345" }];
  await mail.send({
    to: "a@example.com",
    cc: "b@example.com",
    bcc: "c@example.com",
    subject: "s",
    text: "t",
    attachments,
  });
  assert.deepEqual((await mail.read()).map(({ to }) => to).sort(), [
    "a@example.com",
    "b@example.com",
    "c@example.com",
  ]);
  const [copy] = await mail.read("c@example.com");
  assert.deepEqual(copy?.attachments, [{ name: "a.txt", contentType: "text/plain", size: 5 }]);
});

test("a sender that logs in is served like any other", async () => {
  await using mail = await mailSink();
  const transport = createTransport(mail.sink.smtpUrl.replace("smtp://", "smtp://user:any@"));
  await transport.sendMail({ from: "a@example.com", to: "b@example.com", subject: "s", text: "t" });
  transport.close();
  assert.equal((await mail.read("b@example.com")).length, 1);
});

test("DELETE forgets all mails, or one address's, and leaves the others", async () => {
  await using mail = await mailSink();
  await mail.send({ to: "a@example.com", text: "1" });
  await mail.send({ to: "b@example.com", text: "2" });
  assert.equal((await fetch(`${mail.sink.url}/messages?to=A@example.com`, { method: "DELETE" })).status, 204);
  assert.deepEqual(
    (await mail.read()).map(({ to }) => to),
    ["b@example.com"],
  );
  assert.equal((await fetch(`${mail.sink.url}/messages`, { method: "DELETE" })).status, 204);
  assert.deepEqual(await mail.read(), []);
});

test("only the newest mails are kept; a data folder keeps them over a restart", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "mail-"));
  try {
    {
      await using mail = await mailSink({ dataDir, keep: 3 });
      for (const subject of ["1", "2", "3", "4", "5", "6", "7", "8"])
        await mail.send({ to: "a@example.com", subject });
    }
    {
      await using mail = await mailSink({ dataDir, keep: 3 });
      assert.deepEqual(
        (await mail.read()).map(({ subject }) => subject),
        ["6", "7", "8"],
      );
      await fetch(`${mail.sink.url}/messages`, { method: "DELETE" });
    }
    await using mail = await mailSink({ dataDir, keep: 3 });
    assert.deepEqual(await mail.read(), []);
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
});

test("a mail's own HTML can't leave its frame, and its headers are shown as text", async () => {
  await using mail = await mailSink();
  const subject = "<script>alert(1)</script>";
  await mail.send({
    to: "a@example.com",
    subject,
    html: "<script>alert(2)</script><p>hi</p>",
    text: "<b>plain</b>",
  });
  const [first] = await mail.read();
  for (const path of ["/", "/?to=a@example.com", `/mails/${first?.id}`]) {
    const response = await fetch(mail.sink.url + path);
    assert.equal(response.status, 200);
    const text = await response.text();
    assert.doesNotMatch(text, /<script/);
    assert.match(text, /&lt;script&gt;/);
  }
  assert.match(await (await fetch(`${mail.sink.url}/mails/${first?.id}`)).text(), /<iframe sandbox /);
  const framed = await fetch(`${mail.sink.url}/mails/${first?.id}/html`);
  assert.match(framed.headers.get("content-security-policy") ?? "", /^sandbox; default-src 'none'/);
  assert.match(await framed.text(), /<p>hi<\/p>/);
  for (const path of ["/mails/none", "/mails/none/html", "/nothing"])
    assert.equal((await fetch(mail.sink.url + path)).status, 404);
});

test("a mail that is too large or no MIME is refused with a reason; the next is taken", async () => {
  await using mail = await mailSink();
  const { smtpPort } = mail.sink;
  await assert.rejects(mail.send({ to: "a@example.com", text: "x".repeat(11 * 1024 * 1024) }), {
    responseCode: 552,
  });
  const envelope = ["HELO x", "MAIL FROM:<a@example.com>", "RCPT TO:<b@example.com>", "DATA"];
  // One that doesn't say its size beforehand.
  const line = `${"x".repeat(998)}\r\n`;
  const unannounced = await dialogue(smtpPort, [...envelope, `${line.repeat(10_600)}.`, "QUIT"]);
  assert.deepEqual(unannounced, ["220", "250", "250", "250", "354", "552", "221"]);
  const deep = Array.from(
    { length: 300 },
    (_, i) => `Content-Type: multipart/mixed; boundary=b${i}\r\n\r\n--b${i}\r\n`,
  ).join("");
  const nested = await dialogue(smtpPort, [...envelope, `${deep}\r\n.`, "QUIT"]);
  assert.equal(nested[5], "554");
  assert.deepEqual(await mail.read(), []);
  const odd = await dialogue(smtpPort, ["RUBBISH \u0001", ...envelope, "no header at all\r\n.", "QUIT"]);
  assert.equal(odd[1], "500");
  await mail.send({ to: "a@example.com", text: "small" });
  assert.equal((await mail.read("a@example.com")).length, 1);
});

test("a busy port is an error that leaves the other server's port free", async () => {
  await using mail = await mailSink();
  const busy = { code: "EADDRINUSE" };
  await assert.rejects(startMail({ smtpPort: mail.sink.smtpPort, httpPort: 0 }), busy);
  await assert.rejects(startMail({ smtpPort: 0, httpPort: mail.sink.httpPort }), busy);
});
