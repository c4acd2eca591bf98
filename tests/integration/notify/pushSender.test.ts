import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createPushSender, type Push } from "#functions/notify/pushSender.ts";
import { type PushSink, startPush } from "#local/standins/push/server.ts";
import { hasCode } from "#shared/platform/errors.ts";

let sink: PushSink;
before(async () => {
  sink = await startPush({ port: 0 });
});
after(() => sink.close());

const now = () => new Date("2026-03-01T10:00:00Z");
const push = (token: string): Push => ({
  token,
  text: { title: "A memory is ready", body: "…" },
  data: { type: "job_succeeded" },
  tag: "t".repeat(52),
});
const sender = (origin = sink.url) => createPushSender({ projectId: "p", origin, now });

test("a message is accepted as Google's interface does, with an account's token", async () => {
  assert.equal(await sender().send(push("phone")), "sent");
  const answer = await fetch(`${sink.url}/messages?token=phone`);
  assert.match(await answer.text(), /A memory is ready/);

  const seen: Array<string | null> = [];
  const { url, close } = await serve((request) => {
    seen.push(request.headers.get("authorization"));
    return new Response("{}");
  });
  await createPushSender({ projectId: "p", origin: url, accessToken: async () => "abc", now }).send(
    push("phone"),
  );
  await close();
  assert.deepEqual(seen, ["Bearer abc"]);
});

test("an app that was removed is dead; what is only away is worth another try", async () => {
  assert.equal(await sender().send(push("dead-1")), "dead");
  await assert.rejects(sender().send(push("flaky-1")), { code: "unavailable", status: 503 });
  assert.equal(await sender().send(push("flaky-1")), "sent");
  await assert.rejects(sender("http://127.0.0.1:1").send(push("x")), { code: "unavailable", status: 503 });
});

test("only UNREGISTERED costs a device its token; a bare 404 or 403 is our mistake", async () => {
  const fcmError = (status: number, errorCode: string) =>
    Response.json(
      { error: { code: status, details: [{ "@type": "x" }, { "@type": "y", errorCode }] } },
      { status },
    );
  const answers: ReadonlyArray<readonly [Response, "sent" | "dead" | "refused" | "thrown"]> = [
    [new Response("<html>not here</html>", { status: 404 }), "thrown"],
    [Response.json({ error: { code: 403, status: "PERMISSION_DENIED" } }, { status: 403 }), "thrown"],
    [fcmError(403, "SENDER_ID_MISMATCH"), "refused"],
    [fcmError(400, "INVALID_ARGUMENT"), "refused"],
    [fcmError(404, "UNREGISTERED"), "dead"],
    [fcmError(401, "THIRD_PARTY_AUTH_ERROR"), "thrown"],
    [fcmError(429, "QUOTA_EXCEEDED"), "thrown"],
    [fcmError(500, "INTERNAL"), "thrown"],
  ];
  for (const [answer, expected] of answers) {
    const { url, close } = await serve(() => answer);
    const outcome = await sender(url)
      .send(push("x"))
      .catch((error) => (hasCode(error, "unavailable") ? "thrown" : Promise.reject(error)));
    await close();
    assert.equal(outcome, expected, `${answer.status}`);
  }
});

async function serve(
  answer: (request: Request) => Response,
): Promise<{ url: string; close: () => Promise<void> }> {
  const { serve } = await import("@hono/node-server");
  return new Promise((resolve) => {
    const server = serve({ fetch: answer, port: 0, hostname: "127.0.0.1" }, ({ port }) =>
      resolve({
        url: `http://127.0.0.1:${port}`,
        close: () => new Promise<void>((done) => server.close(() => done())),
      }),
    );
  });
}
