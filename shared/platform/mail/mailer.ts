import type { Transporter } from "nodemailer";
import type { SettingsOf } from "../config/settings.ts";
import { lazy } from "../lazy.ts";

const LOOPBACK = new Set(["127.0.0.1", "[::1]", "localhost"]);

/** One mail to one address, as plain text and HTML of the same content. */
export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** The same for every sending of the same mail, so that mail servers may drop a repetition. Without angle brackets. */
  readonly messageId: string;
}

export interface Mailer {
  /**
   * Hands a mail to the mail server. `refused` is for good (an SMTP reply of 500 and above: no such mailbox, say).
   * @throws what may pass: the server is away, or answers below 500
   */
  send(mail: Mail): Promise<"sent" | "refused">;
}

/**
 * A mailer over SMTP with TLS: from the start (`smtps:`), or by STARTTLS before anything else is said (RFC 3207). A server that offers none gets no
 * mail. Make one per instance (through `lazy`).
 * @throws Error when mail should go without TLS to another machine
 */
export function createMailer(settings: SettingsOf<"SMTP_URL" | "SMTP_PLAIN" | "MAIL_FROM">): Mailer {
  const { SMTP_URL: url, SMTP_PLAIN: plain, MAIL_FROM: from } = settings;
  const { hostname, search } = new URL(url);
  // Nodemailer takes options from there, such as to go without TLS.
  if (search !== "") throw new Error("SMTP_URL: expected nothing behind the server's address");
  if (plain && !LOOPBACK.has(hostname)) {
    throw new Error("SMTP_PLAIN: mail may go without TLS only to a server on this machine");
  }
  const transport = lazy(async (): Promise<Transporter> => {
    const { createTransport } = await import("nodemailer");
    return createTransport({
      url,
      requireTLS: !plain,
      connectionTimeout: 10_000,
      greetingTimeout: 10_000,
      socketTimeout: 20_000,
      // A mail of ours names no files or addresses to fetch; nothing in it may make the server read any.
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  });
  return {
    async send(mail) {
      try {
        await (await transport()).sendMail({
          from,
          to: { name: "", address: mail.to },
          subject: mail.subject,
          text: mail.text,
          html: mail.html,
          messageId: `<${mail.messageId}>`,
          // RFC 3834: no vacation notices and the like in answer.
          headers: { "auto-submitted": "auto-generated" },
        });
        return "sent";
      } catch (error) {
        if (isRefusal(error)) return "refused";
        throw error;
      }
    },
  };
}

/** Nodemailer's `responseCode` is the SMTP reply. A refused login (535) is our own mistake and may be mended. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const reply = "responseCode" in error ? Number(error.responseCode) : 0;
  const code = "code" in error ? error.code : undefined;
  return reply >= 500 && (code === "EENVELOPE" || code === "EMESSAGE");
}
