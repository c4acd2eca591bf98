import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { AppContext } from "#shared/platform/http/appEnv.ts";
import { silentLogger } from "#shared/platform/log/logger.ts";
import { eventStream, type StreamEvent, type StreamSource, type StreamTimes } from "./eventStream.ts";

/** One event, and then none until the signal. */
async function* oneAndWait(signal: AbortSignal): AsyncGenerator<StreamEvent> {
  yield { id: "1", event: "job", data: { state: "queued" } };
  if (!signal.aborted) await once(signal, "abort");
}

/** A stream of this source, and what became of it. */
function streamOf(source: Partial<StreamSource>, times: Partial<StreamTimes> = {}) {
  const seen = { ended: 0, logged: [] as string[], left: new AbortController() };
  const log = { ...silentLogger, error: (event: string) => void seen.logged.push(event) };
  // What `eventStream` reads of a request's context.
  const c = { req: { raw: { signal: seen.left.signal } }, var: { log } } as unknown as AppContext;
  const whole: StreamSource = {
    events: oneAndWait,
    mayGoOn: async () => true,
    ended: () => void seen.ended++,
    ...source,
  };
  const response = eventStream(c, whole, { streamMs: 600_000, heartbeatMs: 600_000, ...times });
  return { response, seen };
}

test("events are sent with ids, and the stream ends with the last", async () => {
  const { response, seen } = streamOf({
    async *events() {
      yield { id: "1", event: "job", data: { state: "running" } };
      yield { id: "2", event: "job", data: { state: "succeeded" } };
    },
  });
  assert.equal(
    await response.text(),
    'retry: 1000\n\nid: 1\nevent: job\ndata: {"state":"running"}\n\nid: 2\nevent: job\ndata: {"state":"succeeded"}\n\n',
  );
  assert.deepEqual([seen.ended, seen.logged], [1, []]);
});

test("a reader that cancels, and a request that is given up, end the source", async () => {
  for (const leave of ["cancel", "abort"]) {
    const { response, seen } = streamOf({});
    const reader = response.body?.getReader() ?? assert.fail();
    await reader.read();
    if (leave === "cancel") await reader.cancel();
    else seen.left.abort();
    while (seen.ended === 0) await setImmediate();
    assert.deepEqual([seen.ended, seen.logged], [1, []]);
  }
});

test("a failure in the middle ends the stream, is logged and not sent", async () => {
  const { response, seen } = streamOf({
    async *events() {
      yield { id: "1", event: "job", data: {} };
      throw new Error("the secret reason");
    },
  });
  assert.equal(await response.text(), "retry: 1000\n\nid: 1\nevent: job\ndata: {}\n\n");
  assert.deepEqual([seen.ended, seen.logged], [1, ["event_stream_failed"]]);
});

test("a stream ends when its time is over, without an error", async () => {
  const { response, seen } = streamOf({}, { streamMs: 1 });
  await response.text();
  assert.deepEqual([seen.ended, seen.logged], [1, []]);
});

test("heartbeats are sent while the stream may go on; it ends when it may not", async () => {
  let asked = 0;
  const mayGoOn = async () => {
    asked += 1;
    if (asked === 2) throw new Error("Postgres is away");
    return asked < 4;
  };
  const { response, seen } = streamOf({ mayGoOn }, { heartbeatMs: 1 });
  const text = await response.text();
  assert.equal(text.match(/: still here/g)?.length, 3);
  assert.equal(seen.ended, 1);
});
