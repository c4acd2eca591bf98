import assert from "node:assert/strict";
import { test } from "node:test";
import { kindsOf } from "../kinds/index.ts";
import type { Kind } from "../kinds/kind.ts";
import { scene } from "../kinds/scene.ts";
import { plusSeconds } from "../platform/clock.ts";
import { isConflict } from "../platform/firestore/retryConflicts.ts";
import type { IdempotencyRecord } from "../platform/idempotency/record.ts";
import type { Upload } from "../uploads/uploadDocument.ts";
import { type CommitOptions, type Committed, commitJob, type JobRequest } from "./commitJob.ts";
import type { Job } from "./jobDocument.ts";
import type { JobStore } from "./jobStore.ts";
import type { Line } from "./lineDocument.ts";
import { jobWith, NOW, RECEIVED, TRACE } from "./testing/jobFixture.ts";
import { type Committing, MemoryDocuments, memoryJobStore } from "./testing/memoryJobStore.ts";
import { completion } from "./testing/worldRequests.ts";

const ID = "job";
const OTHER = "other";
const OLD = { seconds: -1, nanoseconds: 0 };
const LEASE: JobRequest = { type: "lease", hash: "mine", accountId: "a", engineId: "e", seconds: 60 };
const CANCEL: JobRequest = { type: "cancel" };
const RELEASE: JobRequest = { type: "release", hash: "mine" };
const retry = (openJobsPerSpace = 10): JobRequest => ({ type: "retry", onlyFailed: false, openJobsPerSpace });
const submit = (
  openJobsPerSpace = 10,
  spaceId = "s",
  inputs = { video: "upload" } as Record<string, string>,
): JobRequest => ({
  type: "submit",
  submission: {
    ...{ kind: "scene", spaceId, createdBy: "u", trace: TRACE, title: "The sea", params: {} },
    inputs,
  },
  openJobsPerSpace,
});
const upload = (overrides: Partial<Upload> = {}): Upload => {
  const { object, ...received } = RECEIVED;
  return {
    ...{
      spaceId: "s",
      createdBy: "u",
      trace: TRACE,
      object,
      contentType: "video/mp4",
      size: 1_000,
      crc32c: null,
    },
    ...{ name: null, state: "received", reason: null, received, createdAt: NOW },
    expiresAt: plusSeconds(NOW, 60),
    ...overrides,
  };
};
const lineWith = (open: number, placed: number, finish: number): Line => ({
  open,
  kinds: { scene: { open, placed, finish } },
});

interface Setup {
  /** Jobs by id; their spaces' lines count them. */
  readonly jobs?: Readonly<Record<string, Job>>;
  readonly line?: Line;
  readonly uploads?: Readonly<Record<string, Upload>>;
  readonly kind?: Kind;
  readonly backoffMaxSeconds?: number;
  readonly jobRetentionDays?: number;
  readonly now?: Date;
}

function setup({ jobs = {}, line, uploads = { upload: upload() }, ...rest }: Setup = {}) {
  const documents = new MemoryDocuments();
  for (const [id, content] of Object.entries(jobs)) documents.jobs.set(id, { content, version: OLD });
  if (line) documents.lines.set("s", { content: line, version: OLD });
  for (const [id, content] of Object.entries(uploads)) documents.uploads.set(id, content);
  const asked: string[] = [];
  const commit = (
    jobId: string,
    request: JobRequest,
    options: CommitOptions = {},
    committing?: Committing,
  ): Promise<Committed> => {
    const deps = {
      store: listening(memoryJobStore(documents, committing), asked),
      kinds: kindsOf(rest.kind ?? scene),
      clock: () => rest.now ?? NOW,
      backoffMaxSeconds: rest.backoffMaxSeconds,
      jobRetentionDays: rest.jobRetentionDays ?? 90,
    };
    return commitJob(jobId, request, deps, options);
  };
  const job = (id = ID) => documents.jobs.get(id)?.content ?? assert.fail(`${id} isn't there`);
  return { documents, asked, commit, job, line: () => documents.lines.get("s")?.content };
}

/** Notes what is asked of the store, in order; the surroundings with the ids of the uploads. */
function listening(store: JobStore, asked: string[]): JobStore {
  const noting = <Parameters extends unknown[], Answer>(name: string, call: (...p: Parameters) => Answer) => {
    return (...parameters: Parameters) => {
      asked.push(name);
      return call(...parameters);
    };
  };
  return {
    readJob: noting("job", store.readJob),
    readLine: noting("line", store.readLine),
    readVirtualTime: noting("virtual time", store.readVirtualTime),
    commit: noting("commit", store.commit),
    commitLocked: async (decide) => {
      const decision = await store.commitLocked((locked) =>
        decide({
          readSurroundings: (spaceId, uploadIds) => {
            asked.push(["surroundings", ...uploadIds].join(" "));
            return locked.readSurroundings(spaceId, uploadIds);
          },
        }),
      );
      if (decision.writes) asked.push("commit");
      return decision;
    },
  };
}

/** Everything that is stored, as it is now. */
function copyOf({ jobs, lines, records, results }: MemoryDocuments) {
  return structuredClone({ jobs, lines, records, results });
}

async function refuses(committing: Promise<Committed>, why: string): Promise<void> {
  const committed = await committing;
  assert.equal(committed.verdict === "refused" && committed.why, why);
}

test("submit writes the job, its place, its line and its record, and no result", async () => {
  const { documents, asked, commit, job, line } = setup({ line: lineWith(3, 2, 7) });
  const record = answer();
  const committed = await commit(ID, submit(), { record: async () => record });
  assert.equal(committed.verdict, "changed");
  assert.deepEqual(committed.verdict === "changed" && committed.effects, [{ type: "ring" }]);
  assert.deepEqual(job().place, { tag: 7, behindOwn: true });
  assert.deepEqual(job(), committed.verdict === "changed" && committed.job);
  assert.deepEqual(line(), lineWith(4, 3, 8));
  assert.deepEqual(documents.records.get("key")?.content, record.content);
  assert.equal(documents.results.size, 0);
  assert.deepEqual(asked, ["surroundings upload", "virtual time", "line", "commit"]);
});

test("a job that waits for its upload is counted as open and gets no place", async () => {
  const pending = upload({ state: "pending", received: null });
  const { asked, commit, job, line } = setup({ uploads: { upload: pending } });
  await commit(ID, submit());
  assert.equal(job().place, null);
  assert.deepEqual(line(), lineWith(1, 0, 0));
  assert.deepEqual(asked, ["surroundings upload", "line", "commit"]);
  await commit(ID, { type: "input_received", uploadId: "upload", received: RECEIVED });
  assert.deepEqual(job().place, { tag: 0, behindOwn: false });
  assert.deepEqual(line(), lineWith(1, 1, 1));
});

test("the place is counted from the virtual time of the job's own kind", async () => {
  const ofKind = (kind: string, tag: number) =>
    jobWith({ kind, spaceId: "other", state: "running", place: { tag, behindOwn: false } });
  const { commit, job } = setup({ jobs: { a: ofKind("avatar", 40), b: ofKind("scene", 7) } });
  await commit(ID, submit());
  assert.deepEqual(job().place, { tag: 7, behindOwn: false });
});

test("an upload for two roles is read once", async () => {
  const film = { contentTypes: ["video/mp4"], maxBytes: 1_000 };
  const kind = { ...scene, inputs: { video: film, sound: film } };
  const { asked, commit } = setup({ kind });
  await commit(ID, submit(10, "s", { video: "upload", sound: "upload" }));
  assert.equal(asked[0], "surroundings upload");
});

test("the record is made from the job as it is written, and not made for a refusal", async () => {
  const { documents, commit } = setup({ line: lineWith(3, 2, 7) });
  const seen: Job[] = [];
  const record = async (job: Job) => {
    seen.push(job);
    return undefined;
  };
  await commit(ID, submit(), { record });
  const submitted = documents.jobs.get(ID)?.content;
  await commit("other", submit(1), { record });
  await commit(ID, LEASE, { record });
  assert.deepEqual(seen, [submitted, documents.jobs.get(ID)?.content]);
});

for (const [what, uploads] of [
  ["isn't there", {}],
  ["is another space's", { upload: upload({ spaceId: "other" }) }],
  ["expires at this moment", { upload: upload({ expiresAt: NOW }) }],
] as const) {
  test(`an upload that ${what} is unknown to submit and retry; nothing is written`, async () => {
    const { documents, commit } = setup({ uploads, jobs: { old: jobWith({ state: "cancelled" }) } });
    const before = copyOf(documents);
    await refuses(commit(ID, submit()), "upload_unknown");
    await refuses(commit("old", retry()), "upload_unknown");
    assert.deepEqual(copyOf(documents), before);
  });
}

test("an erased space takes no new job, no retry and no result; nothing is written", async () => {
  const jobs = { old: jobWith({ state: "cancelled" }), [ID]: jobWith({ state: "running" }) };
  const { documents, commit } = setup({ jobs });
  documents.tombstones.add("s");
  const before = copyOf(documents);
  await refuses(commit("new", submit()), "space_erased");
  await refuses(commit("old", retry()), "space_erased");
  await refuses(commit(ID, completion("mine")), "space_erased");
  assert.deepEqual(copyOf(documents), before);
});

test("the tombstone of another space is of no concern", async () => {
  const { documents, commit, job } = setup();
  documents.tombstones.add("other");
  await commit(ID, submit());
  assert.equal(job().state, "queued");
});

test("an event of a job that isn't there is refused; nothing is written", async () => {
  const { documents, commit } = setup();
  for (const request of [CANCEL, retry(), completion("mine"), RELEASE]) {
    await refuses(commit(ID, request), "job_unknown");
  }
  assert.equal(documents.jobs.size, 0);
});

test("the limit of open jobs: the last is accepted, one more is refused, not counted", async () => {
  const { documents, commit, line } = setup({ line: lineWith(9, 9, 9) });
  await commit(ID, submit(10));
  const before = copyOf(documents);
  const committed = await commit("more", submit(10));
  assert.deepEqual(committed, {
    verdict: "refused",
    why: "too_many_open_jobs",
    message: "a space may have 10 open jobs at a time",
  });
  assert.deepEqual(copyOf(documents), before);
  assert.equal(line()?.open, 10);
});

test("the limit of open jobs holds for a retry too", async () => {
  const jobs = { [ID]: jobWith({ state: "cancelled" }) };
  const { commit, job } = setup({ jobs, line: lineWith(10, 10, 10) });
  await refuses(commit(ID, retry(10)), "too_many_open_jobs");
  assert.equal(job().state, "cancelled");
  await commit(ID, retry(11));
  assert.equal(job().state, "queued");
});

test("a kind's own limit of open jobs counts that kind only", async () => {
  const kind = { ...scene, maxOpenPerSpace: 2 };
  const line = { open: 5, kinds: { scene: { open: 1, placed: 1, finish: 1 } } };
  const { commit } = setup({ kind, line });
  assert.equal((await commit(ID, submit())).verdict, "changed");
  const committed = await commit("more", submit());
  const message = "a space may have 2 open jobs of the kind scene at a time";
  assert.deepEqual(committed, { verdict: "refused", why: "too_many_open_jobs", message });
});

test("a limit that was lowered refuses only what opens a job", async () => {
  const jobs = { [ID]: jobWith({ state: "running" }), [OTHER]: jobWith() };
  const { commit } = setup({ jobs, kind: { ...scene, maxOpenPerSpace: 0 }, line: lineWith(2, 2, 2) });
  assert.equal((await commit(ID, completion("mine"))).verdict, "changed");
  assert.equal((await commit(OTHER, CANCEL)).verdict, "changed");
});

test("the samples' space has no limit of open jobs", async () => {
  const { commit } = setup({ uploads: { upload: upload({ spaceId: "samples" }) } });
  assert.equal((await commit(ID, submit(0, "samples"))).verdict, "changed");
});

test("complete writes one result of the job's id, and takes the job out of its line", async () => {
  const running = jobWith({ state: "running", leaseNumber: 4, params: { location: "indoor" } });
  const { documents, asked, commit, job, line } = setup({ jobs: { [ID]: running }, line: lineWith(1, 1, 1) });
  const request = completion("mine");
  await commit(ID, request);
  assert.equal(job().state, "succeeded");
  assert.equal(job().place, null);
  assert.deepEqual(line(), lineWith(0, 0, 1));
  const { kind, spaceId, createdBy, trace, title, params } = running;
  const made = { jobId: ID, leaseNumber: 4, data: null, completedAt: NOW };
  const files = request.type === "complete" && request.files;
  assert.deepEqual(documents.results.get(ID), [
    { ...{ kind, spaceId, createdBy, trace, title, params }, ...made, files },
  ]);
  assert.deepEqual(asked, ["job", "surroundings", "line", "commit"]);
});

test("complete writes no second result, and none for a lease that was lost", async () => {
  const { documents, commit } = setup({ jobs: { [ID]: jobWith({ state: "running" }) } });
  await refuses(commit(ID, completion("other")), "lease_lost");
  assert.equal(documents.results.size, 0);
  await commit(ID, completion("mine"));
  const before = copyOf(documents);
  assert.equal((await commit(ID, completion("mine"))).verdict, "unchanged");
  await refuses(commit(ID, completion("other")), "lease_lost");
  assert.deepEqual(copyOf(documents), before);
  assert.equal(documents.results.get(ID)?.length, 1);
});

test("a failed job isn't counted, has a pending notification and no result", async () => {
  const { documents, commit, job, line } = setup({
    jobs: { [ID]: jobWith({ state: "running" }) },
    line: lineWith(1, 1, 1),
  });
  const fail = { type: "fail", hash: "mine", code: "gpu", message: "m", retryable: false } as const;
  const committed = await commit(ID, fail);
  assert.deepEqual(committed.verdict === "changed" && committed.effects, [{ type: "notification" }]);
  assert.equal(job().notificationPending, true);
  assert.deepEqual(line(), lineWith(0, 0, 1));
  assert.equal(documents.results.size, 0);
});

test("a change within line or lease reads and writes the job alone", async () => {
  const jobs = { [ID]: jobWith({ state: "running", place: { tag: 5, behindOwn: true } }) };
  const { documents, asked, commit, job } = setup({ jobs, line: lineWith(1, 1, 6) });
  await commit(ID, { type: "renew", hash: "mine", seconds: 90 });
  await commit(ID, RELEASE);
  assert.deepEqual(job().place, { tag: 5, behindOwn: true });
  assert.equal(documents.lines.get("s")?.version, OLD);
  assert.deepEqual(asked, ["job", "commit", "job", "commit"]);
});

test("a found job isn't read again; if it changed since, the claim is a conflict", async () => {
  const { documents, asked, commit, job } = setup({ jobs: { [ID]: jobWith() }, line: lineWith(1, 1, 1) });
  const found = documents.jobs.get(ID);
  await commit(ID, LEASE, { found });
  assert.deepEqual(asked, ["commit"]);
  assert.equal(job().lease?.hash, "mine");
  const before = copyOf(documents);
  await assert.rejects(commit(ID, { ...LEASE, hash: "other" }, { found }), isConflict);
  assert.deepEqual(copyOf(documents), before);
});

test("a claim commits its record with it and gives the record's new version", async () => {
  const { documents, commit, job } = setup({ jobs: { [ID]: jobWith() } });
  const record = answer();
  const committed = await commit(ID, LEASE, { record: async () => record });
  const version = documents.records.get("key")?.version;
  assert.ok(version);
  assert.equal(committed.verdict === "changed" && committed.recordVersion, version);
  documents.jobs.set("other", { content: jobWith(), version: OLD });
  await assert.rejects(commit("other", LEASE, { record: async () => record }), isConflict);
  assert.equal(job("other").state, "queued", "the record had changed, so nothing was written");
  await commit("other", LEASE, { record: async () => ({ ...record, version }) });
  assert.equal(job("other").state, "running");
});

test("a change of job, line, space or upload before the commit is a conflict", async () => {
  const meetings: readonly [what: string, request: JobRequest, meet: (documents: MemoryDocuments) => void][] =
    [
      ["the job was written", CANCEL, (documents) => touch(documents.jobs, ID)],
      ["the job was removed", CANCEL, (documents) => documents.jobs.delete(ID)],
      ["the line was written", CANCEL, (documents) => touch(documents.lines, "s")],
      ["the line was removed", CANCEL, (documents) => documents.lines.delete("s")],
      ["the job was written", completion("mine"), (documents) => touch(documents.jobs, ID)],
      ["the space was erased", completion("mine"), (documents) => documents.tombstones.add("s")],
      ["the space was erased", submit(), (documents) => documents.tombstones.add("s")],
      [
        "the upload was rejected",
        submit(),
        ({ uploads }) => uploads.set("upload", upload({ state: "rejected" })),
      ],
      ["the upload was removed", submit(), ({ uploads }) => uploads.delete("upload")],
    ];
  for (const [what, request, meet] of meetings) {
    const jobs = { [ID]: jobWith({ state: "running" }) };
    const { documents, commit } = setup({ jobs, line: lineWith(1, 1, 1) });
    let between = copyOf(documents);
    const committing = commit(request.type === "submit" ? "new" : ID, request, {}, async (write) => {
      meet(documents);
      between = copyOf(documents);
      return write();
    });
    await assert.rejects(committing, isConflict, `${request.type}: ${what}`);
    assert.deepEqual(copyOf(documents), between, `${request.type}: ${what}, and something was written`);
  }
});

test("of two new jobs with one id, the second is a conflict", async () => {
  const { documents, commit } = setup();
  await commit(ID, submit());
  const before = copyOf(documents);
  await assert.rejects(commit(ID, submit()), isConflict);
  assert.deepEqual(copyOf(documents), before);
});

test("a crash before the commit leaves nothing; a repeated event changes nothing", async () => {
  const jobs = { [ID]: jobWith({ state: "running" }) };
  const { documents, commit } = setup({ jobs, line: lineWith(1, 1, 1) });
  const before = copyOf(documents);
  const crash = new Error("the machine died");
  await assert.rejects(
    commit(ID, completion("mine"), {}, async () => Promise.reject(crash)),
    crash,
  );
  assert.deepEqual(copyOf(documents), before);
  const answerLost: Committing = async (write) => {
    write();
    throw crash;
  };
  await assert.rejects(commit(ID, completion("mine"), {}, answerLost), crash);
  const after = copyOf(documents);
  assert.equal(documents.results.get(ID)?.length, 1);
  assert.equal((await commit(ID, completion("mine"))).verdict, "unchanged");
  assert.deepEqual(copyOf(documents), after);
});

test("a timer that comes early is asked for again and writes nothing", async () => {
  const { asked, commit } = setup({ jobs: { [ID]: jobWith({ state: "running" }) } });
  const committed = await commit(ID, { type: "lease_ended", leaseNumber: 1 });
  assert.equal(committed.verdict, "unchanged");
  const timer = { type: "lease_timer", leaseNumber: 1, at: plusSeconds(NOW, 60) };
  assert.deepEqual(committed.verdict === "unchanged" && committed.effects, [timer]);
  assert.deepEqual(asked, ["job"]);
});

test("the back-off is the kind's, and no longer than the deployment's longest", async () => {
  const fail = { type: "fail", hash: "mine", code: "gpu", message: "m", retryable: true } as const;
  for (const [most, seconds] of [
    [undefined, 30],
    [1_000_000, 30],
    [100, 30],
    [3, 3],
    [0, 0],
  ] as const) {
    const { commit, job } = setup({
      jobs: { [ID]: jobWith({ state: "running" }) },
      ...(most === undefined ? {} : { backoffMaxSeconds: most }),
    });
    await commit(ID, fail);
    assert.deepEqual(job().availableAt, seconds === 0 ? null : plusSeconds(NOW, seconds));
  }
});

test("a job that ends is kept for the setting's days from then on", async () => {
  const ends: readonly JobRequest[] = [
    { type: "cancel" },
    { type: "complete", hash: "mine", files: [], data: {} },
    { type: "fail", hash: "mine", code: "gpu", message: "m", retryable: false },
  ];
  for (const request of ends) {
    for (const days of [1, 400]) {
      const now = plusSeconds(NOW, 30);
      const jobs = { [ID]: jobWith({ state: "running" }) };
      const { commit, job } = setup({ jobs, now, jobRetentionDays: days });
      assert.equal(job().expiresAt, null);
      await commit(ID, request);
      assert.deepEqual([job().finishedAt, job().expiresAt], [now, plusSeconds(now, days * 86_400)]);
    }
  }
});

test("the time is that of the clock, also for what has expired", async () => {
  const now = plusSeconds(NOW, 59);
  const { commit, job } = setup({ now });
  await commit(ID, submit());
  assert.deepEqual(job().createdAt, now);
  await commit(ID, LEASE);
  assert.deepEqual(job().lease?.until, plusSeconds(now, 60));
});

test("a job of a kind that was taken out: only notes are taken, all else is a fault", async () => {
  const jobs = { [ID]: jobWith({ kind: "gone", state: "failed", notificationPending: true }) };
  const { commit, job } = setup({ jobs });
  await assert.rejects(commit(ID, retry()), /kind gone/);
  await commit(ID, { type: "notification_sent", finishedAt: NOW });
  assert.equal(job().notificationPending, false);
  await commit(ID, { type: "creator_erased", creator: "u", replacement: "erased" });
  assert.equal(job().createdBy, "erased");
});

test("a submission of a kind that isn't there is a fault", async () => {
  const { documents, commit } = setup({ kind: { ...scene, name: "other" } });
  await assert.rejects(commit(ID, submit()), /kind scene/);
  assert.equal(documents.jobs.size, 0);
});

function answer(): { id: string; version: undefined; content: IdempotencyRecord } {
  const content = {
    type: "answer",
    caller: "u",
    bodyHash: "h",
    status: 202,
    headers: {},
    body: "{}",
  } as const;
  return { id: "key", version: undefined, content: { ...content, expiresAt: plusSeconds(NOW, 60) } };
}

/** Writes a document as it is, so that it has another version. */
function touch<Content>(documents: Map<string, Content>, id: string): void {
  const found = documents.get(id);
  if (found) documents.set(id, { ...found, version: { seconds: -2, nanoseconds: 0 } });
}
