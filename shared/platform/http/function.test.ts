/** The app as functions-framework calls it: what the framework would answer by itself reaches our app. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { createLogger } from "../log/logger.ts";
import { testHttp } from "./testing/caller.ts";
import { echoFunction } from "./testing/echo.ts";

const lines: string[] = [];
const log = createLogger("info", {}, undefined, { write: (line) => lines.push(line) });
const deps = { http: { ...testHttp, log } };
const { server, listen } = echoFunction(() => deps);
let origin: string;
before(async () => {
  origin = await listen();
});
after(() => server.close());

async function send(body: string | Uint8Array | ReadableStream, headers: Record<string, string> = {}) {
  const response = await fetch(`${origin}/v1/echo`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body,
    duplex: "half",
  });
  const text = await response.text();
  return { status: response.status, type: response.headers.get("content-type"), json: JSON.parse(text) };
}
const PROBLEM = "application/problem+json";

test("JSON in UTF-8 reaches the route, with its type in any spelling", async () => {
  for (const type of ["application/json", "APPLICATION/JSON", "application/json; charset=utf8"])
    assert.deepEqual((await send('{"text":"안녕"}', { "content-type": type })).json, { text: "안녕" }, type);
  const chunked = new Blob(['{"text":"in chunks"}']).stream();
  assert.deepEqual((await send(chunked)).json, { text: "in chunks" });
});

test("every bad body is answered with a problem document", async () => {
  const bad: [string, number, string | Uint8Array | ReadableStream, Record<string, string>][] = [
    ["malformed JSON", 400, '{"text":', {}],
    ["no body", 400, "", {}],
    ["a number", 400, "7", {}],
    ["bytes that aren't UTF-8", 400, Buffer.from('{"text":"\xe9"}', "latin1"), {}],
    ["another charset", 415, '{"text":""}', { "content-type": "application/json; charset=latin1" }],
    ["an unknown charset", 415, '{"text":""}', { "content-type": "application/json; charset=x-none" }],
    ["another type", 415, "text=1", { "content-type": "application/x-www-form-urlencoded" }],
    ["a type that is none", 415, "{}", { "content-type": "json" }],
    ["an unknown encoding", 415, "{}", { "content-encoding": "zip" }],
    ["an encoding that lies", 415, "{}", { "content-encoding": "gzip" }],
    ["too large", 413, `{"text":"${"x".repeat(300_000)}"}`, {}],
    ["too large, in chunks", 413, new Blob([`{"text":"${"x".repeat(300_000)}"}`]).stream(), {}],
  ];
  for (const [name, status, body, headers] of bad) {
    const answer = await send(body, headers);
    assert.deepEqual([answer.status, answer.type], [status, PROBLEM], name);
    assert.equal(answer.json.status, status, name);
  }
});

test("a path that doesn't decode is 404, as a problem document", async () => {
  for (const path of ["/v1/%ff", "/v1/%zz", "/v1/%", "/%c0%af?x=%ff"]) {
    const response = await fetch(origin + path);
    assert.deepEqual([response.status, response.headers.get("content-type")], [404, PROBLEM], path);
  }
});

/** What is answered to bytes that are sent as they are. */
async function sendRaw(text: string): Promise<string> {
  const socket = connect(Number(new URL(origin).port), "127.0.0.1").setEncoding("utf8");
  socket.write(text);
  const [answer] = await once(socket, "data");
  socket.destroy();
  return answer;
}

test("a request that names an origin is served by its path; one that names none is 404", async () => {
  const body = '{"text":"whole"}';
  const end = `HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  assert.match(await sendRaw(`POST http://reverie.example/v1/echo?a=b ${end}`), /^HTTP\/1.1 200 /);
  for (const target of ["http://reverie.example:99999/v1/echo", "http://%/v1/echo", "*"])
    assert.match(await sendRaw(`OPTIONS ${target} ${end}`), /^HTTP\/1.1 404 /, target);
});

test("after a body over the limit the connection's next request is answered", async () => {
  const socket = connect(Number(new URL(origin).port), "127.0.0.1").setEncoding("utf8");
  let answers = "";
  socket.on("data", (text) => {
    answers += text;
  });
  const head = "POST /v1/echo HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n";
  // More than what sockets buffer on the way.
  const chunk = `100000\r\n${"x".repeat(0x10_0000)}\r\n`;
  socket.write(`${head}transfer-encoding: chunked\r\n\r\n${chunk.repeat(16)}0\r\n\r\n`);
  const body = '{"text":"next"}';
  socket.write(`${head}content-length: ${body.length}\r\n\r\n${body}`);
  while (!answers.includes(body)) await once(socket, "data");
  assert.deepEqual(answers.match(/^HTTP\/1\.1 \d+/gm), ["HTTP/1.1 413", "HTTP/1.1 200"]);
  socket.destroy();
});

test("a caller who leaves in the middle of a body is no fault of a store", async () => {
  lines.length = 0;
  const socket = connect(Number(new URL(origin).port), "127.0.0.1");
  socket.write(
    'POST /v1/echo HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"text"',
    () => socket.destroy(),
  );
  while (lines.length === 0) await setImmediate();
  const [line, ...others] = lines.map((text) => JSON.parse(text));
  assert.deepEqual([line.event, line.httpRequest.status, others], ["request", 400, []]);
});

test("what a malformed body held is printed nowhere", async (t) => {
  const printed = t.mock.method(console, "error", () => {});
  assert.equal((await send('{"refreshToken":"secret"')).status, 400);
  assert.equal(printed.mock.callCount(), 0);
});
