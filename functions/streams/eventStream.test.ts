import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { errors } from "#shared/platform/errors.ts";
import { unreached } from "#shared/platform/http/testing/caller.ts";
import { silentLogger } from "#shared/platform/log/logger.ts";
import { eventStream, type StreamEvent, type StreamSource, type StreamTimes } from "./eventStream.ts";

/** One event, and then none until the signal. */
async function* oneAndWait(signal: AbortSignal): AsyncGenerator<StreamEvent> {
  yield { id: "1", event: "job", data: { state: "queued" } };
  if (!signal.aborted) await once(signal, "abort");
}

/** A stream of this source, and what became of it. */
function streamOf(source: Partial<StreamSource>, times: Partial<StreamTimes> = {}, method = "GET") {
  const seen = { taken: 0, givenBack: 0, logged: [] as string[], left: new AbortController() };
  const log = { ...silentLogger, error: (event: string) => void seen.logged.push(event) };
  const whole: StreamSource = {
    events: oneAndWait,
    mayGoOn: async () => true,
    takePlace: () => {
      seen.taken += 1;
      return () => void seen.givenBack++;
    },
    ...source,
  };
  const open = () => {
    const request = new Request("http://streams.example/", { method, signal: seen.left.signal });
    return eventStream(request, log, whole, { streamMs: 600_000, heartbeatMs: 600_000, ...times });
  };
  return { open, seen };
}

test("events are sent with ids, and the stream ends with the last", async () => {
  const { open, seen } = streamOf({
    async *events() {
      yield { id: "1", event: "job", data: { state: "running" } };
      yield { id: "2", event: "job", data: { state: "succeeded" } };
    },
  });
  assert.equal(
    await open().text(),
    'retry: 1000\n\nid: 1\nevent: job\ndata: {"state":"running"}\n\nid: 2\nevent: job\ndata: {"state":"succeeded"}\n\n',
  );
  assert.deepEqual([seen.givenBack, seen.logged], [1, []]);
});

test("a reader that cancels, and a request that is given up, end the source", async () => {
  for (const leave of ["cancel", "abort"]) {
    const { open, seen } = streamOf({});
    const reader = open().body?.getReader() ?? assert.fail();
    await reader.read();
    if (leave === "cancel") await reader.cancel();
    else seen.left.abort();
    while (seen.givenBack === 0) await setImmediate();
    assert.deepEqual([seen.givenBack, seen.logged], [1, []]);
  }
});

test("a failure in the middle ends the stream, is logged and not sent", async () => {
  const { open, seen } = streamOf({
    async *events() {
      yield { id: "1", event: "job", data: {} };
      throw new Error("the secret reason");
    },
  });
  assert.equal(await open().text(), "retry: 1000\n\nid: 1\nevent: job\ndata: {}\n\n");
  assert.deepEqual([seen.givenBack, seen.logged], [1, ["event_stream_failed"]]);
});

test("a stream ends when its time is over, without an error", async () => {
  const { open, seen } = streamOf({}, { streamMs: 1 });
  await open().text();
  assert.deepEqual([seen.givenBack, seen.logged], [1, []]);
});

test("heartbeats are sent while the stream may go on; it ends when it may not", async () => {
  let asked = 0;
  const mayGoOn = async () => {
    asked += 1;
    if (asked === 2) throw new Error("Postgres is away");
    return asked < 4;
  };
  const { open, seen } = streamOf({ mayGoOn }, { heartbeatMs: 1 });
  const text = await open().text();
  assert.equal(text.match(/: still here/g)?.length, 4);
  assert.equal(seen.givenBack, 1);
});

test("a check that hangs is waited for, and heartbeats go on", async () => {
  let asked = 0;
  let answer = (_may: boolean) => {};
  const mayGoOn = () => {
    asked += 1;
    return new Promise<boolean>((resolve) => {
      answer = resolve;
    });
  };
  const { open, seen } = streamOf({ mayGoOn }, { heartbeatMs: 1 });
  const reader = open().body?.getReader() ?? assert.fail();
  let text = "";
  while ((text.match(/: still here/g)?.length ?? 0) < 4) {
    const { value } = await reader.read();
    text += Buffer.from(value ?? []).toString();
  }
  assert.equal(asked, 1);
  answer(false);
  while (seen.givenBack === 0) await setImmediate();
  assert.equal(asked, 1);
});

test("HEAD gets the headers, and opens nothing", async () => {
  const { open, seen } = streamOf({ events: unreached }, {}, "HEAD");
  const response = open();
  assert.equal(response.headers.get("content-type"), "text/event-stream; charset=utf-8");
  assert.deepEqual([response.status, await response.text(), seen.taken], [200, "", 0]);
});

test("a request that was given up before the stream began ends it at once", async () => {
  const { open, seen } = streamOf({});
  seen.left.abort();
  open();
  while (seen.givenBack === 0) await setImmediate();
  assert.deepEqual([seen.taken, seen.logged], [1, []]);
});

test("without a place there is no stream", () => {
  const takePlace = () => {
    throw errors.rateLimited("full");
  };
  assert.throws(() => streamOf({ events: unreached, takePlace }).open(), { code: "rate_limited" });
});
