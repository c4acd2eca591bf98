import assert from "node:assert/strict";
import { test } from "node:test";
import { BEGUN_MS, type Changes, PROGRESS_MS, readChangeLog } from "./changeLog.ts";

const quiet = { after: 4, sinceLoaded: 1000, hasOpenJobs: true };

function change(seq: number, type: Changes["items"][number]["type"]): Changes["items"][number] {
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

test("a log without changes asks for no jobs, and is read from the same number again", async () => {
  const { asked, read } = log({});
  assert.deepEqual(await readChangeLog(quiet, read), { after: 4, isStale: false });
  assert.deepEqual(asked, [4]);
});

test("a job's change on a later page asks for the jobs; the log is read to its end", async () => {
  const { asked, read } = log({
    4: { items: [change(5, "resource")], nextSeq: 5 },
    5: { items: [change(7, "job")], nextSeq: 7 },
  });
  assert.deepEqual(await readChangeLog(quiet, read), { after: 7, isStale: true });
  assert.deepEqual(asked, [4, 5, 7]);
});

test("what is no job's change is read past, and asks for no jobs", async () => {
  const { read } = log({ 4: { items: [change(5, "badge"), change(6, "vr_video")], nextSeq: 6 } });
  assert.deepEqual(await readChangeLog(quiet, read), { after: 6, isStale: false });
});

test("a log that doesn't reach back asks for the jobs, and goes on where it says", async () => {
  const { read } = log({ 4: { nextSeq: 90, reset: true } });
  assert.deepEqual(await readChangeLog(quiet, read), { after: 90, isStale: true });
});

test("open jobs are asked for at a slower pace, and slower still when none is open", async () => {
  const isStale = async (hasOpenJobs: boolean, sinceLoaded: number) =>
    (await readChangeLog({ after: 4, hasOpenJobs, sinceLoaded }, log({}).read)).isStale;
  assert.equal(await isStale(true, PROGRESS_MS - 1), false);
  assert.equal(await isStale(true, PROGRESS_MS), true);
  assert.equal(await isStale(false, BEGUN_MS - 1), false);
  assert.equal(await isStale(false, BEGUN_MS), true);
});
