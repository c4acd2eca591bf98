import assert from "node:assert/strict";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { after, test } from "node:test";
import { z } from "zod";
import { freePort, LOOPBACK } from "#local/processes/ports.ts";
import { type Front, type FrontOptions, startFront } from "./front.ts";

/** A front before an origin that answers what `answer` says; both end with the test file. */
async function frontBefore(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  atOnce = 2,
  more: Pick<FrontOptions, "way" | "prefix" | "cutMilliseconds"> = {},
): Promise<string> {
  const origin = createServer(answer);
  await new Promise<void>((resolve) => origin.listen(0, LOOPBACK, () => resolve()));
  const address = origin.address();
  assert.ok(address !== null && typeof address === "object");
  const functionOf = (path: string) => (path.startsWith("/v1/") ? path.split("/")[2] : undefined);
  const front: Front = await startFront({ port: 0, target: address.port, functionOf, atOnce, ...more });
  after(async () => {
    await front.close();
    origin.closeAllConnections();
    origin.close();
  });
  return `http://${LOOPBACK}:${front.port}`;
}

test("the caller's address is appended, of cookies only __session passes on", async () => {
  const origin = await frontBefore((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      response.setHeader("set-cookie", ["a=1", "b=2"]);
      response.writeHead(201, { "content-type": "application/json" });
      response.end(
        JSON.stringify({
          url: request.url,
          headers: request.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
  });
  const answer = await fetch(`${origin}/v1/jobs/a%20b?x=%2F`, {
    method: "POST",
    headers: {
      cookie: "tracking=1; __session=abc; other=2",
      "x-forwarded-for": "203.0.113.9",
      "x-mine": "yes",
    },
    body: "{}",
  });
  assert.equal(answer.status, 201);
  assert.deepEqual(answer.headers.getSetCookie(), ["a=1", "b=2"]);
  const seen = z
    .object({ url: z.string(), body: z.string(), headers: z.record(z.string(), z.string()) })
    .parse(await answer.json());
  assert.equal(seen.url, "/v1/jobs/a%20b?x=%2F");
  assert.equal(seen.body, "{}");
  assert.equal(seen.headers["x-forwarded-for"], `203.0.113.9, ${LOOPBACK}, 199.36.158.100`);
  assert.equal(seen.headers.cookie, "__session=abc");
  assert.equal(seen.headers["x-mine"], "yes");
  assert.equal(seen.headers.host, new URL(origin).host);
});

test("a GET with a body is passed on without the body, and is answered", async () => {
  const origin = await frontBefore((incoming, response) => {
    incoming.resume();
    incoming.on("end", () => response.end(JSON.stringify(incoming.headers)));
  });
  const answer = await new Promise<string>((resolve, reject) => {
    const get = request(
      `${origin}/v1/me`,
      { method: "GET", headers: { "content-length": "4" } },
      (message) => {
        let text = "";
        message.on("data", (chunk: Buffer) => {
          text += chunk;
        });
        message.on("end", () => resolve(text));
      },
    );
    get.on("error", reject);
    get.end("{bad");
  });
  assert.doesNotMatch(answer, /content-length|transfer-encoding/);
  assert.equal((await fetch(`${origin}/v1/me`)).status, 200);
});

test("a function's requests over its limit wait; another's and static files don't", async () => {
  const open: ServerResponse[] = [];
  const origin = await frontBefore((request, response) => {
    if (request.url === "/v1/jobs/slow") open.push(response);
    else response.end(request.url);
  });
  const slow = [1, 2, 3].map(() => fetch(`${origin}/v1/jobs/slow`).then((answer) => answer.text()));
  await eventually(() => open.length === 2);
  assert.equal(await (await fetch(`${origin}/v1/library/quick`)).text(), "/v1/library/quick");
  assert.equal(await (await fetch(`${origin}/docs`)).text(), "/docs");
  assert.equal(open.length, 2);
  open[0]?.end("done");
  await eventually(() => open.length === 3);
  for (const response of open.slice(1)) response.end("done");
  assert.deepEqual(await Promise.all(slow), ["done", "done", "done"]);
});

test("through Hosting an answer comes at its end; a stream takes no place", async () => {
  const open: ServerResponse[] = [];
  const origin = await frontBefore((incoming, response) => {
    if (incoming.url !== "/v1/jobs/events") {
      response.end();
      return;
    }
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write("data: 1\n\n");
    open.push(response);
  }, 1);
  let answered = 0;
  const streams = [1, 2].map(async () => {
    const answer = await fetch(`${origin}/v1/jobs/events`);
    answered++;
    return [answer.headers.get("content-type"), await answer.text()];
  });
  await eventually(() => open.length === 2);
  // What was asked for later comes earlier.
  assert.equal((await fetch(`${origin}/v1/jobs/other`)).status, 200);
  assert.equal(answered, 0);
  for (const response of open) response.end("data: 2\n\n");
  const whole = ["text/event-stream", "data: 1\n\ndata: 2\n\n"];
  assert.deepEqual(await Promise.all(streams), [whole, whole]);
});

test("an answer that breaks off is 502 through Hosting; HEAD has no body", async () => {
  const origin = await frontBefore((incoming, response) => {
    if (incoming.url === "/v1/jobs/broken") response.write("half", () => response.destroy());
    else response.setHeader("content-length", "4").end(incoming.method === "HEAD" ? "" : "body");
  });
  assert.equal((await fetch(`${origin}/v1/jobs/broken`)).status, 502);
  const head = await fetch(`${origin}/v1/jobs/whole`, { method: "HEAD" });
  assert.deepEqual([head.status, head.headers.get("content-length"), await head.text()], [200, "4", ""]);
});

test("at the function's address a stream flows; a caller who leaves frees its place", async () => {
  let arrived = 0;
  let closed = 0;
  const origin = await frontBefore(
    (request, response) => {
      arrived++;
      response.once("close", () => closed++);
      if (request.url !== "/v1/jobs/events") return;
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write("data: 1\n\n");
    },
    1,
    { way: "function" },
  );
  const streams = [new AbortController(), new AbortController()];
  for (const { signal } of streams) {
    const answer = await fetch(`${origin}/v1/jobs/events`, { signal });
    const first = await answer.body?.getReader().read();
    assert.equal(Buffer.from(first?.value ?? []).toString(), "data: 1\n\n");
  }
  const hanging = new AbortController();
  const never = fetch(`${origin}/v1/jobs/never`, { signal: hanging.signal });
  await eventually(() => arrived === 3);
  const waiting = new AbortController();
  const inLine = fetch(`${origin}/v1/jobs/never`, { signal: waiting.signal });
  waiting.abort();
  hanging.abort();
  await Promise.all([assert.rejects(never), assert.rejects(inLine)]);
  const answer = await fetch(`${origin}/v1/jobs/events`);
  assert.equal(answer.status, 200);
  await answer.body?.cancel();
  for (const stream of streams) stream.abort();
  await eventually(() => closed === 4);
  assert.equal(arrived, 4);
});

test("an unreadable path is a problem document and stops here; readable ones pass", async () => {
  const asked: (string | undefined)[] = [];
  const origin = await frontBefore((request, response) => {
    asked.push(request.url);
    response.end();
  });
  for (const path of ["/v1/jobs/%ff", "/v1/jobs/%E0%A4%A", `/v1/jobs/${"a".repeat(256)}`]) {
    const answer = await fetch(origin + path);
    assert.equal(answer.status, 400, path);
    assert.equal(answer.headers.get("content-type"), "application/problem+json");
    const { code, title } = (await answer.json()) as { code: string; title: string };
    assert.deepEqual([code, title], ["invalid_request", "The request is malformed"]);
  }
  await fetch(`${origin}/v1/jobs/%20%F0%9F%91%B5?q=%ff`);
  assert.deepEqual(asked, ["/v1/jobs/%20%F0%9F%91%B5?q=%ff"]);
});

test("an origin that is away is a problem document", async () => {
  const front = await startFront({ port: 0, target: await freePort(), functionOf: () => "jobs", atOnce: 1 });
  after(() => front.close());
  for (let tries = 0; tries < 2; tries++) {
    const answer = await fetch(`http://${LOOPBACK}:${front.port}/v1/jobs`);
    assert.equal(answer.status, 502);
    assert.equal(answer.headers.get("content-type"), "application/problem+json");
    assert.equal(z.object({ status: z.number() }).parse(await answer.json()).status, 502);
  }
});

async function eventually(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!condition()) {
    assert.ok(Date.now() < deadline, "waited until the deadline");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test("at the function's own address one entry is appended and nothing else is changed", async () => {
  const origin = await frontBefore(
    (incoming, response) =>
      response.setHeader("vary", "origin").end(JSON.stringify({ ...incoming.headers, url: incoming.url })),
    2,
    { way: "function", prefix: "/project/region/jobs", cutMilliseconds: 1 },
  );
  const answer = await fetch(`${origin}/v1/jobs?a=b`, {
    headers: {
      "x-forwarded-for": "203.0.113.9",
      "x-forwarded-host": "forged.example",
      cookie: "a=1; __session=b",
    },
  });
  assert.equal(answer.headers.get("vary"), "origin");
  const seen = z.record(z.string(), z.string()).parse(await answer.json());
  assert.equal(seen.url, "/project/region/jobs/v1/jobs?a=b");
  assert.equal(seen["x-forwarded-for"], `203.0.113.9, ${LOOPBACK}`);
  assert.equal(seen["x-forwarded-host"], "forged.example");
  assert.equal(seen.cookie, "a=1; __session=b");
});

test("a function's answer varies by cookie; a static file's doesn't", async () => {
  const origin = await frontBefore((incoming, response) => {
    if (incoming.url === "/v1/jobs/origin") response.setHeader("vary", "origin");
    if (incoming.url === "/v1/jobs/all") response.setHeader("vary", "*");
    response.end();
  });
  const varies = async (path: string) => (await fetch(`${origin}${path}`)).headers.get("vary");
  assert.equal(await varies("/v1/jobs"), "cookie");
  assert.equal(await varies("/v1/jobs/origin"), "origin, cookie");
  assert.equal(await varies("/v1/jobs/all"), "*");
  assert.equal(await varies("/docs"), null);
});

test("a function that takes too long is cut with 504; a static file isn't", async () => {
  const files: ServerResponse[] = [];
  const origin = await frontBefore(
    (incoming, response) => {
      if (incoming.url === "/docs") files.push(response);
      // Later than the file would have been cut, which was asked for first.
      else response.once("close", () => files[0]?.end("late"));
    },
    2,
    { cutMilliseconds: 30 },
  );
  const file = fetch(`${origin}/docs`);
  await eventually(() => files.length === 1);
  assert.equal((await fetch(`${origin}/v1/jobs`)).status, 504);
  assert.equal(await (await file).text(), "late");
});
