/** The push stand-in: takes messages as Firebase Cloud Messaging's HTTP v1 API does, and shows them instead of delivering them. */
import { randomUUID } from "node:crypto";
import { type Context, Hono } from "hono";
import { html } from "hono/html";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { z } from "zod";
import { type Clock, systemClock } from "#shared/platform/clock.ts";
import { page, pageHeaders, whenText } from "../web/page.ts";
import { limitBody, serve } from "../web/serve.ts";
import { MAX_PAYLOAD_BYTES, type PushMessage, payloadBytes, pushMessage, sendRequest } from "./messages.ts";

export interface PushOptions {
  /** 0 picks a free port. */
  readonly port: number;
  /** `127.0.0.1` unless said otherwise. */
  readonly host?: string;
  readonly projectId?: string;
  /** How many messages are kept, 5,000 unless said otherwise. */
  readonly keep?: number;
  readonly clock?: Clock;
  readonly newId?: () => string;
}

/** A message that was taken. */
export type Received = PushMessage & {
  /** `projects/{projectId}/messages/{id}`, as the sender got it. */
  readonly name: string;
  /** ISO 8601, UTC. */
  readonly receivedAt: string;
};

export interface PushSink {
  /** Of the page and of `/messages`, without a trailing slash. */
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 64 * 1024;
/** Rows on the page; the JSON list gives all. */
const ROWS = 200;
/** Tokens whose one failure is remembered. */
const MAX_FLAKY = 10_000;

/** @throws the listen error as Node gives it */
export async function startPush(options: PushOptions): Promise<PushSink> {
  return serve(options, () => pushApp(options));
}

function pushApp({
  projectId = "local",
  keep = 5000,
  clock = systemClock,
  newId = randomUUID,
}: PushOptions): Hono {
  let received: readonly Received[] = [];
  const failedOnce = new Set<string>();

  const take = (c: Context, project: string, message: PushMessage, validateOnly: boolean): Response => {
    if (payloadBytes(message) > MAX_PAYLOAD_BYTES)
      return fcmError(
        c,
        400,
        "INVALID_ARGUMENT",
        "INVALID_ARGUMENT",
        `The message is larger than ${MAX_PAYLOAD_BYTES} bytes.`,
      );
    const { token } = message;
    if (token.startsWith("dead"))
      return fcmError(c, 404, "NOT_FOUND", "UNREGISTERED", "Requested entity was not found.");
    if (token.startsWith("flaky") && !failedOnce.has(token)) {
      failedOnce.add(token);
      const [oldest] = failedOnce;
      if (failedOnce.size > MAX_FLAKY && oldest !== undefined) failedOnce.delete(oldest);
      c.header("retry-after", "1");
      return fcmError(c, 503, "UNAVAILABLE", "UNAVAILABLE", "The service is currently unavailable.");
    }
    if (validateOnly) return c.json({ name: `projects/${project}/messages/fake_message_id` });
    const name = `projects/${project}/messages/${newId()}`;
    received = [...received, { name, ...message, receivedAt: clock().toISOString() }].slice(-keep);
    return c.json({ name });
  };
  const list = (c: Context) => {
    const token = c.req.query("token") || undefined;
    return {
      token,
      messages: token === undefined ? received : received.filter((one) => one.token === token),
    };
  };

  const app = new Hono();
  app.use(
    limitBody(MAX_BODY_BYTES, (c) =>
      fcmError(c, 413, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "The body is too large."),
    ),
  );
  app.post("/messages", async (c) => {
    const read = await readBody(c, pushMessage);
    return read instanceof Response ? read : take(c, projectId, read.body, false);
  });
  // Google's own path, for a sender that knows only that one.
  app.post("/v1/projects/:project/:method{messages:send}", async (c) => {
    const read = await readBody(c, sendRequest);
    if (read instanceof Response) return read;
    const { message, validate_only, validateOnly } = read.body;
    return take(c, c.req.param("project"), message, (validate_only ?? validateOnly) === true);
  });
  app.get("/messages", (c) => c.json(list(c).messages, 200, { "cache-control": "no-store" }));
  app.delete("/messages", (c) => {
    const { token } = list(c);
    received = token === undefined ? [] : received.filter((one) => one.token !== token);
    return c.body(null, 204);
  });
  app.get("/", (c) => listPage(c, list(c).messages, list(c).token));
  app.notFound((c) => fcmError(c, 404, "NOT_FOUND", "UNSPECIFIED_ERROR", "There is nothing here."));
  return app;
}

async function readBody<Schema extends z.ZodType>(
  c: Context,
  schema: Schema,
): Promise<{ body: z.output<Schema> } | Response> {
  const parsed = schema.safeParse(await c.req.json().catch(() => undefined));
  if (parsed.success) return { body: parsed.data };
  const issue = parsed.error.issues[0];
  const why = `Invalid JSON payload received. ${issue?.path.join(".") || "body"}: ${issue?.message ?? "not understood"}`;
  return fcmError(c, 400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", why);
}

/** An error as FCM answers it (https://firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode). */
function fcmError(
  c: Context,
  code: ContentfulStatusCode,
  status: string,
  errorCode: string,
  message: string,
): Response {
  const details = [{ "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", errorCode }];
  return c.json({ error: { code, message, status, details } }, code);
}

function listPage(c: Context, messages: readonly Received[], token: string | undefined) {
  const newest = messages.slice(-ROWS).reverse();
  const rows = newest.map(
    (
      one,
    ) => html`<tr><td class="when">${whenText(one.receivedAt)}</td><td><a href="/?token=${encodeURIComponent(one.token)}"><code>${one.token}</code></a></td>
<td><strong>${one.notification?.title ?? ""}</strong><br>${one.notification?.body ?? ""}
${one.data === undefined ? "" : html`<pre class="dim">${JSON.stringify(one.data)}</pre>`}</td></tr>`,
  );
  const body = html`<section>
<p class="row">${token === undefined ? "Messages to all devices" : html`Messages to <code>${token}</code> <a href="/">show all</a>`}
<span class="dim">${messages.length > newest.length ? `the newest ${newest.length} of ${messages.length}` : `${messages.length} in all`}</span></p>
${newest.length === 0 ? html`<p class="dim">Nothing has been sent yet.</p>` : html`<table><tr><th>Sent</th><th>Device token</th><th>Message</th></tr>${rows}</table>`}
</section>`;
  return c.html(
    page({
      title: "Push messages",
      about: "What phones would have been shown. Nothing leaves this machine.",
      body,
    }),
    200,
    pageHeaders,
  );
}
