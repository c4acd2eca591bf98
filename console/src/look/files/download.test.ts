import assert from "node:assert/strict";
import { test } from "node:test";
import { OfflineError } from "../../api/problem.ts";
import { type Addresses, type DownloadDeps, download, FileMissingError } from "./download.ts";

type Answer = (range: string | null) => Response;

/** Storage that answers each address in turn; the last answer stays. */
function storage(answers: Readonly<Record<string, Answer[]>>) {
  const asked: string[] = [];
  const waits: number[] = [];
  const deps: DownloadDeps = {
    fetch: async (url, init) => {
      const range = new Headers(init?.headers).get("range");
      asked.push(range === null ? String(url) : `${url} ${range}`);
      const left = answers[String(url)] ?? [() => new Response(null, { status: 404 })];
      const answer = left.length > 1 ? left.shift() : left[0];
      return answer?.(range) ?? Response.error();
    },
    wait: async (milliseconds) => {
      waits.push(milliseconds);
    },
  };
  return { asked, waits, deps };
}

const whole =
  (text: string): Answer =>
  () =>
    new Response(text);
/** Breaks after the text. */
const cut =
  (text: string): Answer =>
  () =>
    new Response(
      new ReadableStream(
        {
          start: (controller) => controller.enqueue(new TextEncoder().encode(text)),
          pull: (controller) => controller.error(new TypeError("network error")),
        },
        { highWaterMark: 0 },
      ),
    );
const failed: Answer = () => {
  throw new TypeError("failed to fetch");
};
const status =
  (code: number): Answer =>
  () =>
    new Response(null, { status: code });

function fixed(...answers: Record<string, string>[]): Addresses & { readonly asked: boolean[] } {
  const asked: boolean[] = [];
  return {
    asked,
    ask: async (again) => {
      asked.push(again);
      return new Map(Object.entries(answers[again ? 1 : 0] ?? {}));
    },
  };
}

const files = [
  { name: "a", size: 3 },
  { name: "b", size: 2 },
];
const { signal } = new AbortController();

test("all files are there, and progress counts the bytes of all of them", async () => {
  const { deps } = storage({ "s:a": [whole("abc")], "s:b": [whole("de")] });
  const seen: number[] = [];
  const blobs = await download(
    { files, addresses: fixed({ a: "s:a", b: "s:b" }), signal, progress: (bytes) => seen.push(bytes) },
    deps,
  );
  assert.equal(await blobs.get("a")?.text(), "abc");
  assert.equal(await blobs.get("b")?.text(), "de");
  assert.equal(seen.at(-1), 5);
});

test("a URL that has ended is asked for again, once", async () => {
  const { deps } = storage({ "s:old": [status(400)], "s:new": [whole("abc")] });
  const addresses = fixed({ a: "s:old" }, { a: "s:new" });
  const blobs = await download({ files: files.slice(0, 1), addresses, signal, progress: () => {} }, deps);
  assert.equal(await blobs.get("a")?.text(), "abc");
  assert.deepEqual(addresses.asked, [false, true]);
});

test("a file that stays refused, or has no address, is missing", async () => {
  for (const answers of [
    [{ a: "s:old" }, { a: "s:old" }],
    [{}, {}],
  ]) {
    const { deps } = storage({ "s:old": [status(403)] });
    await assert.rejects(
      download({ files: files.slice(0, 1), addresses: fixed(...answers), signal, progress: () => {} }, deps),
      FileMissingError,
    );
  }
});

test("a broken connection goes on where it broke, and no byte comes twice", async () => {
  const { deps, asked } = storage({
    "s:a": [cut("ab"), failed, (range) => new Response(range === "bytes=2-" ? "c" : "abc", { status: 206 })],
  });
  const blobs = await download(
    { files: files.slice(0, 1), addresses: fixed({ a: "s:a" }), signal, progress: () => {} },
    deps,
  );
  assert.equal(await blobs.get("a")?.text(), "abc");
  assert.deepEqual(asked, ["s:a", "s:a bytes=2-", "s:a bytes=2-"]);
});

test("storage that answers with the whole file begins again", async () => {
  const { deps } = storage({ "s:a": [cut("ab"), whole("abc")] });
  const blobs = await download(
    { files: files.slice(0, 1), addresses: fixed({ a: "s:a" }), signal, progress: () => {} },
    deps,
  );
  assert.equal(await blobs.get("a")?.text(), "abc");
});

test("a network that stays away ends with one error, after longer and longer waits", async () => {
  const { deps, waits } = storage({ "s:a": [failed] });
  await assert.rejects(
    download({ files: files.slice(0, 1), addresses: fixed({ a: "s:a" }), signal, progress: () => {} }, deps),
    OfflineError,
  );
  assert.deepEqual(waits, [1000, 2000, 4000]);
});

test("an aborted download ends with the reason, without another try", async () => {
  const stop = new AbortController();
  const { deps, asked } = storage({ "s:a": [failed] });
  const given = download(
    { files: files.slice(0, 1), addresses: fixed({ a: "s:a" }), signal: stop.signal, progress: () => {} },
    { ...deps, wait: async () => stop.abort(new Error("left")) },
  );
  await assert.rejects(given, /left/);
  assert.equal(asked.length, 1);
});
