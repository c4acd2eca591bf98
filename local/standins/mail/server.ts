/** The mail stand-in: an SMTP sink, and pages and JSON to read what arrived. */
import { randomUUID } from "node:crypto";
import { type Context, Hono } from "hono";
import { html } from "hono/html";
import { type Clock, systemClock } from "#shared/platform/clock.ts";
import { page, pageHeaders, whenText } from "../web/page.ts";
import { serve } from "../web/serve.ts";
import { type Mail, type Mailbox, openMailbox } from "./mailbox.ts";
import { receiveMail } from "./receive.ts";

export interface MailOptions {
  /** 0 picks a free port; so for `httpPort`. */
  readonly smtpPort: number;
  readonly httpPort: number;
  /** `127.0.0.1` unless said otherwise. */
  readonly host?: string;
  /** Where mails outlive a restart; in memory only when absent. */
  readonly dataDir?: string;
  /** How many mails are kept, 5,000 unless said otherwise. */
  readonly keep?: number;
  readonly clock?: Clock;
  readonly newId?: () => string;
}

export interface MailSink {
  /** Of the page and of `GET /messages`, without a trailing slash. */
  readonly url: string;
  readonly smtpUrl: string;
  readonly smtpPort: number;
  readonly httpPort: number;
  close(): Promise<void>;
}

/** Rows on the page; the JSON list gives all. */
const ROWS = 200;

/**
 * Starts both servers.
 * @throws the listen error of either; then neither is left running
 */
export async function startMail(options: MailOptions): Promise<MailSink> {
  const { host = "127.0.0.1", clock = systemClock, newId = randomUUID } = options;
  const mailbox = await openMailbox(options.keep ?? 5000, options.dataDir);
  const smtp = await receiveMail(host, options.smtpPort, { mailbox, clock, newId });
  try {
    const http = await serve({ host, port: options.httpPort }, () => readingApp(mailbox));
    return {
      url: http.url,
      smtpUrl: `smtp://${host}:${smtp.port}`,
      smtpPort: smtp.port,
      httpPort: http.port,
      close: async () => {
        await Promise.all([smtp.close(), http.close()]);
      },
    };
  } catch (error) {
    await smtp.close();
    throw error;
  }
}

function readingApp(mailbox: Mailbox): Hono {
  const app = new Hono();
  const asked = (c: Context) => c.req.query("to") || undefined;
  app.get("/messages", (c) => c.json(mailbox.list(asked(c)), 200, { "cache-control": "no-store" }));
  app.delete("/messages", async (c) => {
    await mailbox.clear(asked(c));
    return c.body(null, 204);
  });
  app.get("/", (c) => listPage(c, mailbox.list(asked(c)), asked(c)));
  app.get("/mails/:id", (c) => {
    const mail = mailbox.find(c.req.param("id"));
    return mail === undefined ? missing(c) : mailPage(c, mail);
  });
  app.get("/mails/:id/html", (c) => {
    const content = mailbox.find(c.req.param("id"))?.html;
    return content == null ? missing(c) : c.html(content, 200, foreignHeaders);
  });
  app.notFound(missing);
  return app;
}

const missing = (c: Context) => c.json({ error: "not found" }, 404);

/** For HTML that a stranger may have written: no script, no request to anywhere, no place in our origin. */
const foreignHeaders = {
  ...pageHeaders,
  "content-security-policy":
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'",
};

function listPage(c: Context, mails: readonly Mail[], to: string | undefined) {
  const newest = mails.slice(-ROWS).reverse();
  const rows = newest.map(
    (
      mail,
    ) => html`<tr><td class="when">${whenText(mail.receivedAt)}</td><td><a href="/?to=${encodeURIComponent(mail.to)}">${mail.to}</a></td>
<td><a href="/mails/${mail.id}">${mail.subject || "(no subject)"}</a></td></tr>`,
  );
  const body = html`<section>
<p class="row">${to === undefined ? "Mail to everybody" : html`Mail to <code>${to}</code> <a href="/">show all</a>`}
<span class="dim">${mails.length > newest.length ? `the newest ${newest.length} of ${mails.length}` : `${mails.length} in all`}</span></p>
${newest.length === 0 ? html`<p class="dim">Nothing has arrived yet.</p>` : html`<table><tr><th>Received</th><th>To</th><th>Subject</th></tr>${rows}</table>`}
</section>`;
  return c.html(
    page({ title: "Mail", about: "Everything the local cloud has sent. Nothing leaves this machine.", body }),
    200,
    pageHeaders,
  );
}

function mailPage(c: Context, mail: Mail) {
  const body = html`<section><dl>
<dt>From</dt><dd>${mail.from}</dd><dt>To</dt><dd><a href="/?to=${encodeURIComponent(mail.to)}">${mail.to}</a></dd>
<dt>Received</dt><dd>${whenText(mail.receivedAt)}</dd>
${mail.attachments.map(({ name, contentType, size }) => html`<dt>Attachment</dt><dd>${name || "(no name)"} <span class="dim">${contentType}, ${size} bytes</span></dd>`)}
</dl></section>
${mail.html === null ? "" : html`<section><h2>HTML</h2><iframe sandbox title="The mail's HTML" src="/mails/${mail.id}/html"></iframe></section>`}
${mail.text === null ? "" : html`<section><h2>Plain text</h2><pre>${mail.text}</pre></section>`}
<p><a href="/">All mail</a></p>`;
  return c.html(
    page({ title: mail.subject || "(no subject)", about: "One mail of the local cloud.", body }),
    200,
    pageHeaders,
  );
}
