import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  PIECE_BYTES,
  type ResumableDeps,
  type SessionAnswer,
  SessionGoneError,
  sendResumable,
  speedMeter,
  UploadRefusedError,
} from "./resumable.ts";

type Fault = "none" | "lost" | "lost after" | "busy" | "half";

/** A session as Cloud Storage keeps it, with a fault at each request; after the last fault all goes well. */
function session(size: number, faults: Fault[] = []) {
  const state = {
    has: 0,
    done: false,
    requests: [] as string[],
    waits: [] as number[],
    progress: [] as number[],
  };
  const gaps: string[] = [];
  const deps: ResumableDeps = {
    async put(contentRange, piece, sent) {
      state.requests.push(contentRange);
      const fault = faults.shift() ?? "none";
      if (fault === "lost") throw new Error("cut");
      if (fault === "busy") return { status: 503, range: undefined };
      const range = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(contentRange);
      if (range !== null && piece !== undefined) {
        const [from, to] = [Number(range[1]), Number(range[2])];
        if (from > state.has) gaps.push(contentRange);
        assert.equal(piece.size, to - from + 1);
        sent(piece.size);
        // Cloud Storage keeps multiples of 256 KiB of a piece that was cut.
        const kept = fault === "half" ? Math.floor(piece.size / 2 / 262_144) * 262_144 : piece.size;
        state.has = Math.max(state.has, from + kept);
        if (fault === "half") throw new Error("cut");
      }
      state.done = state.has >= size;
      if (fault === "lost after") throw new Error("cut");
      return answer();
    },
    async wait(milliseconds, signal) {
      signal.throwIfAborted();
      state.waits.push(milliseconds);
    },
    progress: (bytes) => state.progress.push(bytes),
    connected: () => undefined,
  };
  const answer = (): SessionAnswer =>
    state.done
      ? { status: 200, range: undefined }
      : { status: 308, range: state.has === 0 ? undefined : `bytes=0-${state.has - 1}` };
  return { deps, state, gaps };
}

const never = new AbortController().signal;
const fileOf = (size: number) => new Blob([new Uint8Array(size)]);

test("a new session gets the pieces one after the other", async () => {
  const size = 2 * PIECE_BYTES + 10;
  const { deps, state } = session(size);
  await sendResumable(fileOf(size), deps, never, true);
  assert.deepEqual(state.requests, [
    `bytes 0-${PIECE_BYTES - 1}/${size}`,
    `bytes ${PIECE_BYTES}-${2 * PIECE_BYTES - 1}/${size}`,
    `bytes ${2 * PIECE_BYTES}-${size - 1}/${size}`,
  ]);
  assert.equal(state.progress.at(-1), size);
});

test("after a reload the session is asked, and goes on where it is", async () => {
  const size = PIECE_BYTES + 10;
  const { deps, state } = session(size);
  state.has = PIECE_BYTES;
  await sendResumable(fileOf(size), deps, never);
  assert.deepEqual(state.requests, [`bytes */${size}`, `bytes ${PIECE_BYTES}-${size - 1}/${size}`]);
});

test("a finished session whose answer was lost is found to be finished", async () => {
  const { deps, state } = session(10, ["lost after"]);
  await sendResumable(fileOf(10), deps, never, true);
  assert.deepEqual(state.requests, ["bytes 0-9/10", "bytes */10"]);
});

test("with any faults all bytes arrive without a gap, after waits of bounded length", async () => {
  const fault = fc.constantFrom<Fault>("none", "lost", "lost after", "busy", "half");
  await fc.assert(
    fc.asyncProperty(
      fc.array(fault, { maxLength: 12 }),
      fc.integer({ min: 1, max: 3 }),
      async (faults, pieces) => {
        const size = (pieces - 1) * PIECE_BYTES + 262_144 + 5;
        const { deps, state, gaps } = session(size, faults);
        await sendResumable(fileOf(size), deps, never);
        assert.deepEqual([state.done, state.has, gaps], [true, size, []]);
        assert.ok(state.waits.every((wait) => wait <= 30_000));
      },
    ),
    { numRuns: 100 },
  );
});

test("a pause stops at once and loses nothing that has arrived", async () => {
  const { deps, state } = session(2 * PIECE_BYTES);
  const pausing = new AbortController();
  const { put } = deps;
  const paused = sendResumable(
    fileOf(2 * PIECE_BYTES),
    {
      ...deps,
      put: async (...request) => {
        const answer = await put(...request);
        pausing.abort();
        return answer;
      },
    },
    pausing.signal,
    true,
  );
  await assert.rejects(paused, { name: "AbortError" });
  assert.deepEqual([state.has, state.done], [PIECE_BYTES, false]);
});

test("a gone session and refused bytes have errors of their own, and not tried again", async () => {
  const answering = (status: number): ResumableDeps => ({
    ...session(10).deps,
    put: async () => ({ status, range: undefined }),
  });
  await assert.rejects(sendResumable(fileOf(10), answering(410), never), SessionGoneError);
  await assert.rejects(sendResumable(fileOf(10), answering(404), never), SessionGoneError);
  await assert.rejects(sendResumable(fileOf(10), answering(400), never), UploadRefusedError);
});

test("speed is smoothed, and unknown before the second look", () => {
  const meter = speedMeter();
  meter.at(0, 0);
  assert.equal(meter.speed, undefined);
  meter.at(1000, 1000);
  assert.equal(meter.speed, 1000);
  meter.at(3000, 2000);
  assert.ok(meter.speed > 1000 && meter.speed < 2000);
});
