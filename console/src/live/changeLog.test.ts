import assert from "node:assert/strict";
import { test } from "node:test";
import { type ChangedType, type Changes, readChangeLog } from "./changeLog.ts";

function change(seq: number, type: ChangedType): Changes["items"][number] {
  return { seq, type, id: `thing-${seq}`, op: "put", at: "2026-03-01T00:00:00Z" };
}

/** Pages of a log by the number that they come after. */
function log(pages: Readonly<Record<number, Partial<Changes>>>) {
  const asked: number[] = [];
  const read = async (after: number): Promise<Changes> => {
    asked.push(after);
    return { items: [], nextSeq: after, reset: false, ...pages[after] };
  };
  return { asked, read };
}

test("a log without changes is read once, and from the same number again", async () => {
  const { asked, read } = log({});
  assert.deepEqual(await readChangeLog(4, "job", read), { after: 4, hasChanged: false });
  assert.deepEqual(asked, [4]);
});

test("a change on a later page is found; the log is read to its end", async () => {
  const { asked, read } = log({
    4: { items: [change(5, "resource")], nextSeq: 5 },
    5: { items: [change(7, "job")], nextSeq: 7 },
  });
  assert.deepEqual(await readChangeLog(4, "job", read), { after: 7, hasChanged: true });
  assert.deepEqual(asked, [4, 5, 7]);
});

test("changes of other things are read past", async () => {
  const { read } = log({ 4: { items: [change(5, "badge"), change(6, "vr_video")], nextSeq: 6 } });
  assert.deepEqual(await readChangeLog(4, "resource", read), { after: 6, hasChanged: false });
});

test("a log that doesn't reach back counts as a change, and goes on where it says", async () => {
  const { read } = log({ 4: { nextSeq: 90, reset: true } });
  assert.deepEqual(await readChangeLog(4, "resource", read), { after: 90, hasChanged: true });
});
