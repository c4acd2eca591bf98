/** The SMTP side: takes every mail for anybody, without TLS or password, and hands on what it says. */
import PostalMime from "postal-mime";
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from "smtp-server";
import type { Clock } from "#shared/platform/clock.ts";
import type { Mail, Mailbox } from "./mailbox.ts";

/** The largest mail that is taken, announced to the sender (RFC 1870). */
const MAX_MAIL_BYTES = 10 * 1024 * 1024;
/** How long a closing server waits for a mail that is under way, in milliseconds. */
const CLOSE_WAIT_MS = 200;

export interface ReceiveDeps {
  readonly mailbox: Mailbox;
  readonly clock: Clock;
  readonly newId: () => string;
}

export interface Receiving {
  readonly port: number;
  close(): Promise<void>;
}

/** @throws the listen error as Node gives it */
export async function receiveMail(host: string, port: number, deps: ReceiveDeps): Promise<Receiving> {
  const server = new SMTPServer({
    name: "local-cloud",
    authOptional: true,
    allowInsecureAuth: true,
    hideSTARTTLS: true,
    disabledCommands: ["STARTTLS"],
    disableReverseLookup: true,
    // Strictly it refuses two dots in a row even in quotes, where RFC 5321 allows them and docomo's addresses have them.
    lenientAddressParsing: true,
    size: MAX_MAIL_BYTES,
    maxClients: 100,
    socketTimeout: 60_000,
    closeTimeout: CLOSE_WAIT_MS,
    // A program configured with a password may keep it: any is right.
    onAuth: (auth, _session, done) => done(null, { user: auth.username ?? "" }),
    onData: (stream, session, done) => {
      take(stream, session, deps).then(
        () => done(null, "kept for the local cloud"),
        (error: unknown) => done(error instanceof Error ? error : new Error("not taken")),
      );
    },
  });
  const listening = await new Promise<number>((resolve, reject) => {
    server.once("error", reject);
    const net = server.listen(port, host, () => {
      server.off("error", reject);
      const address = net.address();
      if (address === null || typeof address === "string") reject(new Error("the SMTP server has no port"));
      else resolve(address.port);
    });
  });
  // From here on an error is one client's broken connection; without a listener it would end the process.
  server.on("error", () => undefined);
  return { port: listening, close: () => new Promise((resolve) => server.close(() => resolve())) };
}

async function take(
  stream: SMTPServerDataStream,
  session: SMTPServerSession,
  { mailbox, clock, newId }: ReceiveDeps,
): Promise<void> {
  // The whole stream is read even when too large, so that the sender hears why instead of a broken connection.
  const raw = await readUpTo(stream, MAX_MAIL_BYTES);
  if (raw === undefined) throw smtpError(552, `mail is larger than ${MAX_MAIL_BYTES} bytes`);
  const content = await readMail(raw);
  if (content === undefined) throw smtpError(554, "mail can't be read as MIME");
  const receivedAt = clock().toISOString();
  await mailbox.add(
    session.envelope.rcptTo.map(({ address }) => ({ id: newId(), to: address, ...content, receivedAt })),
  );
}

async function readUpTo(stream: SMTPServerDataStream, limit: number): Promise<Buffer | undefined> {
  const kept: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size <= limit) kept.push(bytes);
    else kept.length = 0;
  }
  return size <= limit ? Buffer.concat(kept) : undefined;
}

async function readMail(raw: Buffer): Promise<Omit<Mail, "id" | "to" | "receivedAt"> | undefined> {
  const parsed = await PostalMime.parse(raw).catch(() => undefined);
  if (parsed === undefined) return undefined;
  const { from, subject, text, html, attachments } = parsed;
  return {
    from:
      from === undefined
        ? ""
        : from.name && from.address
          ? `${from.name} <${from.address}>`
          : (from.address ?? from.name),
    subject: subject ?? "",
    text: text ?? null,
    html: html ?? null,
    attachments: attachments.map(({ filename, mimeType, content }) => ({
      name: filename ?? "",
      contentType: mimeType,
      size: typeof content === "string" ? Buffer.byteLength(content) : content.byteLength,
    })),
  };
}

function smtpError(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}
